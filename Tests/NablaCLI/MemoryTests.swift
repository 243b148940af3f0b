import Glibc
import Testing

/// Memory that callers make the program keep: bounded by connections times limits.
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
        #expect(try served.end().code == 0)
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
        #expect(try served.end().code == 0)
    }
}
