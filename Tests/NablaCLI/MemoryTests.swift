import Foundation
import Glibc
import Testing

/// Memory that callers make the program keep: bounded by connections times limits, and by workers times the size
/// of an answer.
@Suite struct MemoryTests {
    private static let bytes = 1_000_000

    private func memory(of served: ServedProgram) throws -> Double {
        var memory: Double?
        // The seat of the one who asked before may not be free yet.
        try waitUntil("an answer") {
            memory = try served.metric("process_resident_memory_bytes")
            return memory != nil
        }
        return try #require(memory)
    }

    /// A client that has sent a body but for its last byte.
    private func holding(_ served: ServedProgram) throws -> PlainConnection {
        let connection = try PlainConnection(served.address)
        connection.send(
            "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.bytes)\r\n\r\n")
        connection.send([UInt8](repeating: 0x20, count: Self.bytes - 1))
        return connection
    }

    @Test func bodiesHeldOpenTakeWhatTheyAreLongAndNoMore() throws {
        let served = try ServedProgram(
            environment: ["NABLA_HTTP_CONNECTIONS": "101", "NABLA_LIMITS_BODY_BYTES": "1000000"])
        let before = try memory(of: served)
        var held: [PlainConnection] = []
        for _ in 0..<100 { held.append(try holding(served)) }
        try waitUntil("the bodies to arrive") {
            try served.metric("nabla_http_received_bytes_total") ?? 0
                >= Double(100 * Self.bytes)
        }
        let during = try memory(of: served)
        // A body's buffer grows by doubling, but never beyond the body.
        #expect(during - before > Double(90 * Self.bytes))
        #expect(during - before < Double(100 * Self.bytes) * 1.2 + 16e6)
        // One seat is left; whoever comes beyond it makes the server keep nothing.
        let last = try PlainConnection(served.address)
        last.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(last.receive(until: "}").hasPrefix("HTTP/1.1 200"))
        for _ in 0..<20 {
            #expect(try holding(served).receive().hasPrefix("HTTP/1.1 503"))
        }
        held.removeAll()
        withExtendedLifetime(last) {}
        try waitUntil("the clients to be gone") {
            try served.metric("nabla_http_connections") ?? .infinity <= 2
        }
        #expect(try memory(of: served) < during + 16e6)
        try served.expectGoodEnd()
    }

    /// Bodies without the token they need are thrown away while they arrive.
    @Test func aStrangersBodyTakesNothing() throws {
        let folder = try TemporaryFolder()
        let made = try Program.run(
            "token", "create", "--name", "one", "--scope", "read", "--data", folder.file("data"))
        let served = try ServedProgram(
            data: folder.file("data"), environment: ["NABLA_KEPT_BYTES": "0"])
        let token = String(made.output.dropLast())
        let before = try peak(of: served)
        var held: [PlainConnection] = []
        for _ in 0..<50 { held.append(try holding(served)) }
        // Who is served after them has seen them read.
        for connection in held {
            connection.send([0x20])
            #expect(connection.receive(until: "}").hasPrefix("HTTP/1.1 401"))
        }
        #expect(try peak(of: served) - before < 16 << 20)
        // With the token a body is kept, and read.
        let known = try PlainConnection(served.address)
        known.send(
            "POST /predict HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n"
                + "Content-Length: \(Self.bytes)\r\n\r\n")
        known.send([UInt8](repeating: 0x20, count: Self.bytes))
        #expect(known.receive(until: "}").hasPrefix("HTTP/1.1 400"))
        try served.expectGoodEnd()
    }

    /// A heap's end is given back by itself; what lies free below something small is, too.
    @Test func whatBodiesTookIsGivenBack() throws {
        let served = try ServedProgram(environment: ["NABLA_KEPT_BYTES": "2000000"])
        let before = try memory(of: served)
        var held: [PlainConnection] = []
        for _ in 0..<200 { held.append(try holding(served)) }
        try waitUntil("the bodies to arrive") {
            try served.metric("nabla_http_received_bytes_total") ?? 0
                >= Double(200 * Self.bytes)
        }
        #expect(try memory(of: served) > before + 150e6)
        held.removeAll()
        try waitUntil("the memory to be given back") {
            try memory(of: served) < before + 80e6
        }
        try served.expectGoodEnd()
    }

    /// The most memory that a process ever had, in bytes.
    private func peak(of served: ServedProgram) throws -> Int {
        let status = try String(
            contentsOfFile: "/proc/\(served.process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let words = line.split(whereSeparator: { " \t".contains($0) })
        return try #require(words.dropFirst().first.flatMap { Int($0) }) * 1024
    }

    private func post(
        _ body: String, to path: String, at served: ServedProgram
    ) throws -> PlainConnection {
        let connection = try PlainConnection(served.address)
        connection.send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return connection
    }

    /// Small requests for answers of 3 GB each and more as numbers, or of 200 MB as text.
    private static let hostile: [(path: String, body: String)] = {
        func list(_ element: String, _ count: Int) -> String {
            "[" + [String](repeating: element, count: count).joined(separator: ",") + "]"
        }
        let (column, row) = (list("[0]", 20_000), list("0", 20_000))
        let wide = list("0", 50_000)
        return [
            (
                "/predict",
                #"{"network": {"layers": [{"weights": \#(column)}]}, "inputs": \#(column)}"#
            ),
            (
                "/gradients",
                """
                {"network": {"layers": [{"weights": \(column)}, {"weights": [\(row)]}]},
                 "loss": "mean_squared_error", "include": ["activations", "per_sample_gradients"],
                 "samples": {"inputs": \(column), "targets": \(column)}}
                """
            ),
            (
                "/gradients/batch",
                """
                {"defaults": {"network": {"layers": [{"weights": [\(wide)]}]},
                              "loss": "mean_squared_error",
                              "samples": {"inputs": [\(wide)], "targets": [0]}},
                 "requests": \(list("{}", 2000))}
                """
            ),
        ]
    }()

    @Test func answersThatSmallRequestsAskForTakeNoMoreThanTheirBound() throws {
        let (numbers, workers) = (1_000_000, 2)
        let served = try ServedProgram(environment: [
            "NABLA_LIMITS_RESULT_NUMBERS": "\(numbers)", "NABLA_POOL_WORKERS": "\(workers)",
        ])
        // So that what any answer takes is there before.
        #expect(try post("{}", to: "/predict", at: served).receive().hasPrefix("HTTP/1.1 400"))
        let before = try peak(of: served)
        let sent = try (0..<2).flatMap { _ in
            try Self.hostile.map { ($0.path, try post($0.body, to: $0.path, at: served)) }
        }
        for (path, connection) in sent {
            let answer = connection.receive()
            #expect(answer.hasPrefix("HTTP/1.1 400"), "\(path): \(answer.prefix(300))")
            #expect(answer.contains("out-of-range"), "\(path): \(answer.prefix(300))")
        }
        // Of each worker one answer, as numbers and as the text of a batch, which is put together of its parts;
        // beside that what the requests themselves are.
        let answer = numbers * (8 + 2 * 32)
        let grown = try peak(of: served) - before
        #expect(grown < workers * answer + 48 << 20, "\(grown >> 20) MiB")
        #expect(try served.metric("nabla_http_connections") != nil)
        try served.expectGoodEnd()
    }
}
