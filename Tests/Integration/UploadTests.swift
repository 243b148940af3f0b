import Foundation
import NablaAPI
import NablaGzip
import NablaNetworks
import NablaService
import Testing

/// Datasets, which go to the disk as they arrive, over real sockets.
@Suite struct UploadTests {
    private static let rows = 5000
    /// Three numbers a row, of which the first needs float64.
    private static let values: [Double] = (0..<rows * 3).map { index in
        let tail: Double = index % 3 == 0 ? 0.1 : 0
        return Double(index % 1000) / 8 + tail
    }
    private static let csv: String = {
        var text = "a,b,t\n"
        for row in 0..<rows {
            let (a, b, t) = (values[row * 3], values[row * 3 + 1], values[row * 3 + 2])
            text += "\(a),\(b),\(t)\n"
        }
        return text
    }()

    private static func samples() throws -> Samples {
        var (inputs, targets): ([Double], [Double]) = ([], [])
        for row in 0..<rows {
            inputs += values[row * 3..<row * 3 + 2]
            targets.append(values[row * 3 + 2])
        }
        return try Samples(inputs: Tensor(inputs, shape: [rows, 2]), targets: Tensor(targets))
    }

    /// How a body is framed.
    private enum Framing: CaseIterable {
        case length, chunked

        func field(_ count: Int) -> String {
            self == .length ? "Content-Length: \(count)" : "Transfer-Encoding: chunked"
        }

        func framed(_ body: [UInt8], in size: Int = 30_000) -> [UInt8] {
            guard self == .chunked else { return body }
            var bytes: [UInt8] = []
            for start in stride(from: 0, to: body.count, by: size) {
                let chunk = body[start..<min(start + size, body.count)]
                bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10]
            }
            return bytes + Array("0\r\n\r\n".utf8)
        }
    }

    private func head(
        _ path: String, _ type: String, _ framing: String, _ fields: [String] = []
    ) -> [UInt8] {
        let lines =
            ["PUT \(path) HTTP/1.1", "Host: test", "Content-Type: \(type)", framing] + fields
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
    }

    private func put(
        _ body: [UInt8], to path: String, as type: String, _ framing: Framing = .length,
        fields: [String] = [], _ server: TestServer
    ) throws -> RawConnection.Answer {
        let connection = try RawConnection(port: server.port)
        connection.send(head(path, type, framing.field(body.count), fields))
        connection.send(framing.framed(body))
        return try connection.nextFinalAnswer()
    }

    @Test func theSameSamplesAreTheSameDatasetHoweverTheyCome() throws {
        let csv = Array(Self.csv.utf8)
        let samples = try Self.samples()
        let bodies = [
            ("text/csv", csv), ("Text/CSV; charset=utf-8", csv),
            ("application/json", samples.json()),
            (Safetensors.mediaType, samples.safetensors().bytes()),
        ]
        try withServer { server in
            let sent = try server.client.put(dataset: samples, named: "sent")
            for (type, body) in bodies {
                let query = type.lowercased().hasPrefix("text/csv") ? "?target=t" : ""
                let zipped = try #require(Gzip.compressed(body))
                for framing in Framing.allCases {
                    for (bytes, fields) in [
                        (body, []), (zipped, ["Content-Encoding: gzip"]),
                        (body, ["Expect: 100-continue"]),
                    ] {
                        let answer = try put(
                            bytes, to: "/datasets/other" + query, as: type, framing,
                            fields: fields, server)
                        #expect([200, 201].contains(answer.status), "\(answer.body.prefix(300))")
                        #expect(try Dataset(parsing: answer.content).sha256 == sent.sha256)
                    }
                }
            }
            let read = try server.client.dataset("other", withSamples: true).content
            #expect(
                read?.inputs.values(as: Double.self) == samples.inputs.values(as: Double.self))
            let left = try FileManager.default.contentsOfDirectory(atPath: server.directory)
            #expect(!left.contains { $0.hasPrefix("upload") })
        }
    }

    @Test("a small upload is the same dataset wherever it is cut")
    func cutAtEveryByte() throws {
        let csv = Array("a,t\r\n1,2\n\"3\",4".utf8)
        let zipped = try #require(Gzip.compressed(csv))
        try withServer { server in
            let sent = try server.client.put(csv: csv, targets: ["t"], named: "sent")
            for (body, fields) in [(csv, []), (zipped, ["Content-Encoding: gzip"])] {
                for framing in Framing.allCases {
                    let path = "/datasets/cut?target=t"
                    let message =
                        head(path, "text/csv", framing.field(body.count), fields)
                        + framing.framed(body, in: 3)
                    let connection = try RawConnection(port: server.port)
                    for cut in 1..<message.count {
                        connection.send(Array(message[..<cut]))
                        // The server gets it in a turn of its own.
                        usleep(200)
                        connection.send(Array(message[cut...]))
                        let answer = try connection.nextAnswer()
                        #expect(try Dataset(parsing: answer.content).sha256 == sent.sha256)
                    }
                }
            }
        }
    }

    @Test func whatIsWrongIsTold() throws {
        let csv = Self.csv
        let cases: [(String, String, String, Int, String)] = [
            (csv + "1,x,3\n", "?target=t", "text/csv", 400, "line \(Self.rows + 2) of the CSV"),
            (csv + "1,2\n", "?target=t", "text/csv", 422, "has 2 cells"),
            (csv, "?target=z", "text/csv", 400, "column \"z\""),
            (csv, "", "text/csv", 400, "target must name"),
            (csv, "?target=", "text/csv", 400, "target must name"),
            (csv, "?target=,", "text/csv", 400, "target must name"),
            (csv + "\"", "?target=t", "text/csv", 400, "never closed"),
            ("a,t\n", "?target=t", "text/csv", 422, "no samples"),
            ("a,t,w\n1,2,1\n3,4,-1\n", "?target=t&weight=w", "text/csv", 400, "weight is -1.0"),
            (csv, "", "text/plain", 415, "text/plain"),
            (csv, "", "application/json", 400, "at byte 0"),
            (csv, "?target=t", "application/json", 400, "target"),
        ]
        try withServer { server in
            for (body, query, type, status, says) in cases {
                for framing in Framing.allCases {
                    let answer = try put(
                        Array(body.utf8), to: "/datasets/bad" + query, as: type, framing, server)
                    #expect(answer.status == status, "\(answer.body.prefix(300))")
                    let problem = try Problem(parsing: answer.content)
                    #expect(problem.detail.contains(says), "\(problem.detail)")
                }
            }
            // Without any body.
            let none = try put([], to: "/datasets/bad?target=t", as: "text/csv", .length, server)
            #expect(none.status == 400 && none.body.contains("no header row"))
            let coded = try put(
                Array(csv.utf8), to: "/datasets/bad?target=t", as: "text/csv",
                fields: ["Content-Encoding: br"], server)
            #expect(coded.status == 415 && coded.fields["accept-encoding"] == "gzip, identity")
            let plain = try put(
                Array(csv.utf8), to: "/datasets/bad?target=t", as: "text/csv",
                fields: ["Content-Encoding: gzip"], server)
            #expect(plain.status == 400 && plain.body.contains("gzip"))
            #expect(try server.client.datasets().datasets.isEmpty)
        }
    }

    @Test("what a body inflates to is bounded on its way to the disk, too")
    func inflated() throws {
        let csv = Array("a,t\n1,2\n".utf8) + [UInt8](repeating: 10, count: 1 << 20)
        let zipped = try #require(Gzip.compressed(csv))
        for (limit, status) in [(csv.count, 201), (csv.count - 1, 413)] {
            try withServer {
                $0.compression.inflatedBytes = limit
            } _: { server in
                let answer = try put(
                    zipped, to: "/datasets/zeros?target=t", as: "text/csv",
                    fields: ["Content-Encoding: gzip"], server)
                #expect(answer.status == status, "\(answer.body)")
            }
        }
    }

    @Test func aCallerMayKeepTheConnectionAndSendOneUploadBehindTheOther() throws {
        let csv = Array(Self.csv.utf8)
        try withServer { server in
            let connection = try RawConnection(port: server.port)
            let message =
                head("/datasets/a?target=t", "text/csv", Framing.length.field(csv.count)) + csv
            let health = Array("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            for _ in 0..<3 { connection.send(message + health) }
            var statuses: [Int] = []
            for _ in 0..<6 { statuses.append(try connection.nextAnswer().status) }
            #expect(statuses == [201, 200, 200, 200, 200, 200])
        }
    }

    @Test func whoMayNotStoreIsToldSoAndTheDiskKeepsNothing() throws {
        let csv = Array(Self.csv.utf8)
        let folder = TestServer.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tokens = try Tokens(dataDirectory: folder)
        let read = try tokens.create(name: "reader", scopes: [.read])
        let write = try tokens.create(name: "writer", scopes: [.write])
        try tokens.close()
        // No room at all, so that whatever is kept would be refused with 503.
        for (room, stored) in [(0, 503), (1 << 20, 201)] {
            let server = try TestServer(in: folder, { $0.scratchBytes = room })
            defer { server.stop() }
            for (token, status) in [("none", 401), (read, 403), (write, stored)] {
                for framing in Framing.allCases.prefix(status == 201 ? 1 : 2) {
                    let answer = try put(
                        csv, to: "/datasets/table?target=t", as: "text/csv", framing,
                        fields: ["Authorization: Bearer \(token)"], server)
                    #expect(answer.status == status, "\(answer.body.prefix(300))")
                }
            }
        }
    }

    @Test func aCallerBeyondItsRateIsToldSo() throws {
        try withServer {
            $0.rate.requestsPerSecond = 1
            $0.rate.burst = 1
        } _: { server in
            let csv = Array("a,t\n1,2\n".utf8)
            let path = "/datasets/a?target=t"
            #expect(try put(csv, to: path, as: "text/csv", .length, server).status == 201)
            let answer = try put(csv, to: path, as: "text/csv", .length, server)
            #expect(answer.status == 429 && answer.fields["retry-after"] != nil)
        }
    }
}
