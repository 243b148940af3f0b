import NablaAPI
import NablaGzip
import NablaHTTP
import Testing

/// Bodies in gzip, of requests and of answers.
@Suite struct CompressionTests {
    private static let prediction =
        #"{"network": {"layers": [{"weights": [[2]]}]}, "inputs": [[3]]}"#
    private static let predicted = #"{"outputs":[[6.0]]}"#

    private func gzip(_ text: String) throws -> [UInt8] {
        try #require(Gzip.compressed(Array(text.utf8)))
    }

    private func post(
        _ body: [UInt8], to path: String = Path.predict, coding: String = "gzip",
        _ server: TestServer
    ) throws -> RawConnection.Answer {
        try RawConnection.post(
            body, to: path, port: server.port, fields: ["Content-Encoding: \(coding)"])
    }

    private func expect(
        _ kind: Problem.Kind, says words: String, from answer: RawConnection.Answer
    ) throws {
        let problem = try Problem(parsing: answer.content)
        #expect(problem.kind == kind && answer.status == kind.status, "\(answer.body)")
        #expect(problem.detail.contains(words), "\(problem.detail)")
    }

    @Test(arguments: ["gzip", "x-gzip", "GZip", "identity, gzip"])
    func aCompressedBodyIsRead(_ coding: String) throws {
        try withServer { server in
            let answer = try post(gzip(Self.prediction), coding: coding, server)
            #expect(answer.status == 200)
            #expect(answer.body == Self.predicted)
        }
    }

    @Test func aCompressedBodyInChunksOfSeveralMembersIsRead() throws {
        try withServer { server in
            let half = Self.prediction.index(Self.prediction.startIndex, offsetBy: 20)
            let body =
                try gzip(String(Self.prediction[..<half])) + gzip(String(Self.prediction[half...]))
            let head = """
                POST \(Path.predict) HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r
                Transfer-Encoding: chunked\r\n\r\n
                """
            let connection = try RawConnection(port: server.port)
            connection.send(head)
            for byte in body { connection.send(Array("1\r\n".utf8) + [byte] + [0x0D, 0x0A]) }
            connection.send("0\r\n\r\n")
            let answer = try connection.nextAnswer()
            #expect(answer.body == Self.predicted)
        }
    }

    /// Every call that reads a body reads a compressed one.
    @Test(arguments: [Path.gradients, Path.gradientsBatch, Path.check, Path.predict, Path.train])
    func everyCallReadsThem(_ path: String) throws {
        try withServer { server in
            let answer = try post(gzip(#"{"x": 1}"#), to: path, server)
            try expect(.unknownField, says: "x", from: answer)
        }
    }

    @Test func whatIsNoGzipIsRefused() throws {
        try withServer { server in
            let body = try gzip(Self.prediction)
            try expect(.malformedRequest, says: "gzip", from: post(Array("{}".utf8), server))
            try expect(.malformedRequest, says: "cut short", from: post(body.dropLast(), server))
            var damaged = body
            damaged[body.count - 8] ^= 1
            try expect(.malformedRequest, says: "gzip", from: post(damaged, server))
            #expect(try post(body, server).status == 200)
        }
    }

    @Test func whatWouldBeTooLongInflatedIsRefused() throws {
        let length = Self.prediction.utf8.count
        try withServer {
            $0.compression.inflatedBytes = length
        } _: { server in
            #expect(try post(gzip(Self.prediction), server).body == Self.predicted)
            // Not even whether the rest is gzip is looked at.
            for body in try [gzip(Self.prediction + " "), gzip(Self.prediction + "  ") + [0]] {
                try expect(.contentTooLarge, says: "\(length) bytes", from: post(body, server))
            }
            let bomb = try #require(Gzip.compressed([UInt8](repeating: 0x20, count: 32 << 20)))
            try expect(.contentTooLarge, says: "inflated", from: post(bomb, server))
            // What isn't compressed has a bound of its own.
            let plain = try RawConnection.post(
                Self.prediction + " ", to: Path.predict, port: server.port)
            #expect(plain.status == 200)
        }
    }

    // MARK: Answers

    private func get(
        _ accepted: String?, _ server: TestServer, method: String = "GET",
        path: String = Path.openAPI
    ) throws -> RawConnection.Answer {
        let fields = accepted.map { ["Accept-Encoding: \($0)"] } ?? []
        return try RawConnection.get(path, port: server.port, fields: fields, method: method)
    }

    @Test func anAnswerIsCompressedForThoseWhoAskForIt() throws {
        try withServer { server in
            let plain = try get(nil, server)
            #expect(plain.fields["content-encoding"] == nil)
            #expect(plain.fields["vary"] == "Accept-Encoding")
            let compressed = try get("gzip", server)
            #expect(compressed.fields["content-encoding"] == "gzip")
            #expect(compressed.fields["vary"] == "Accept-Encoding")
            #expect(compressed.fields["content-type"] == plain.fields["content-type"])
            #expect(compressed.content.count * 3 < plain.content.count)
            #expect(compressed.fields["content-length"] == "\(compressed.content.count)")
            #expect(try Gzip.inflated(compressed.content, limit: .max) == plain.content)
        }
    }

    @Test func theHeadOfACompressedAnswerIsTheSameWithoutIt() throws {
        try withServer { server in
            let whole = try get("gzip", server)
            let head = try get("gzip", server, method: "HEAD")
            #expect(head.content.isEmpty)
            let changing: Set = ["date", "x-request-id", "server-timing"]
            #expect(
                head.fields.filter { !changing.contains($0.key) }
                    == whole.fields.filter { !changing.contains($0.key) })
        }
    }

    @Test func anAnswerIsCompressedFromItsLeastLengthOn() throws {
        for least in [Self.predicted.utf8.count, Self.predicted.utf8.count + 1] {
            try withServer {
                $0.compression.gzipBytes = least
            } _: { server in
                // One number often: shorter compressed, and answered on the loop.
                let answer = try RawConnection.post(
                    Self.prediction, to: Path.predict, port: server.port,
                    fields: ["Accept-Encoding: gzip"])
                #expect((answer.fields["vary"] != nil) == (least == Self.predicted.utf8.count))
                // It would be longer in gzip.
                #expect(answer.fields["content-encoding"] == nil)
                #expect(answer.body == Self.predicted)
            }
        }
    }

    /// Those of a worker as those of the loop, and those that a problem is told with.
    @Test func answersOfEverySizeAreCompressed() throws {
        try withServer {
            $0.compression.gzipBytes = 100
        } _: { server in
            for count in [20, 1000, 100_000] {
                let inputs = [String](repeating: "[3]", count: count).joined(separator: ",")
                let body = #"{"network": {"layers": [{"weights": [[2]]}]}, "inputs": [\#(inputs)]}"#
                let answer = try RawConnection.post(
                    body, to: Path.predict, port: server.port, fields: ["Accept-Encoding: gzip"])
                #expect(answer.fields["content-encoding"] == "gzip")
                let text = String(
                    decoding: try Gzip.inflated(answer.content, limit: .max), as: UTF8.self)
                #expect(text.components(separatedBy: "[6.0]").count == count + 1)
            }
            let missing = try get("gzip", server, path: "/" + String(repeating: "x", count: 300))
            #expect(missing.status == 404)
            #expect(missing.fields["content-encoding"] == "gzip")
            let problem = try Problem(parsing: Gzip.inflated(missing.content, limit: .max))
            #expect(problem.kind == .notFound)
        }
    }

    @Test func anEventStreamIsNotCompressed() throws {
        try withServer {
            $0.compression.gzipBytes = 0
        } _: { server in
            let run = try server.client.train(TrainingTests.request(), waitSeconds: 30)
            let answer = try get("gzip", server, path: Path.run(run.id, .events))
            #expect(answer.status == 200)
            #expect(answer.fields["content-encoding"] == nil)
            #expect(answer.body.contains("event: end"))
        }
    }
}
