import Foundation
import NablaAPI
import NablaClient
import NablaService
import Testing

/// Tokens and scopes over real connections, with tokens that another opening of the database makes.
@Suite struct TokenTests {
    /// A service that has a token of each kind.
    private struct Guarded {
        let server: TestServer
        let read: String
        let write: String

        /// The status of a call, with that token or none.
        func answer(
            _ method: String, _ target: String, _ token: String? = nil, body: String? = nil
        ) throws -> RawConnection.Answer {
            try ContractTests.send(
                method, target, body, fields: token.map { ["Authorization: Bearer \($0)"] } ?? [],
                until: RawConnection.Answer.isWholeOrStreamed, to: server)
        }

        func client(_ token: String?) -> Client {
            Client(
                ClientConfiguration(server: "http://127.0.0.1:\(server.port)", token: token))
        }
    }

    private func withTokens(
        _ configure: (inout Settings) -> Void = { _ in }, _ body: (Guarded) throws -> Void
    ) throws {
        let folder = TestServer.temporaryDirectory()
        let tokens = try Tokens(dataDirectory: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let read = try tokens.create(name: "reader", scopes: [.read])
        let write = try tokens.create(name: "writer", scopes: [.write])
        try tokens.close()
        let server = try TestServer(in: folder, configure)
        defer { server.stop() }
        try body(Guarded(server: server, read: read, write: write))
    }

    private func waitUntil(_ what: String, _ isSo: () throws -> Bool) throws {
        for _ in 0..<6000 {
            if try isSo() { return }
            usleep(10_000)
        }
        throw TestFailure("waited too long for \(what)")
    }

    private static let xor = """
        {"network": {"layers": [{"weights": [[1]]}]}, "loss": "mean_squared_error",
         "samples": {"inputs": [[1]], "targets": [1]}}
        """

    /// The scope of each call as the contract tells it: no token, or what else the call says.
    @Test func everyCallAsksForTheScopeThatTheContractNames() throws {
        try withTokens { guarded in
            let contract = try Contract(of: guarded.server, token: guarded.read)
            var found: [String: Int] = [:]
            for (operation, description) in contract.operations {
                let needs = description["security"]?.elements?.first?["token"]?.elements?.first?
                    .text
                let target = operation.path.replacing("{id}", with: "x")
                    .replacing("{name}", with: "x")
                let body = operation.method == "POST" ? "{}" : nil
                let answer = { token in
                    try guarded.answer(operation.method, target, token, body: body)
                }
                let (nobody, reader, writer) = (
                    try answer(nil), try answer(guarded.read), try answer(guarded.write)
                )
                for answer in [nobody, reader, writer] where [401, 403].contains(answer.status) {
                    let wrong = try contract.complaints(answer, to: operation)
                    #expect(wrong.isEmpty, "\(operation): \(wrong)")
                }
                let statuses = [nobody, reader, writer].map(\.status)
                    .map { [401, 403].contains($0) ? $0 : 0 }
                switch needs {
                case "read": #expect(statuses == [401, 0, 403], "\(operation)")
                case "write": #expect(statuses == [401, 403, 0], "\(operation)")
                default:
                    #expect(statuses == [0, 0, 0], "\(operation)")
                    #expect(description["security"]?.elements?.isEmpty == true)
                }
                found[needs ?? "nobody", default: 0] += 1
            }
            #expect(found["nobody"] == 3)
            #expect(found["write"] == 9 && (found["read"] ?? 0) >= 9)
        }
    }

    @Test func whatIsWrongIsToldAndSaysHow() throws {
        try withTokens { guarded in
            let none = try guarded.answer("GET", "/runs")
            #expect(none.status == 401)
            #expect(none.fields["www-authenticate"] == "Bearer realm=\"nabla\"")
            #expect(try Problem(parsing: Array(none.body.utf8)).kind == .unauthorized)
            let wrong = try guarded.answer("GET", "/runs", "nabla_wrong")
            #expect(wrong.status == 401)
            #expect(
                wrong.fields["www-authenticate"]
                    == "Bearer realm=\"nabla\", error=\"invalid_token\"")
            #expect(!wrong.body.contains("nabla_wrong"))
            let lacking = try guarded.answer("POST", "/train", guarded.read, body: Self.xor)
            #expect(lacking.status == 403)
            #expect(lacking.fields["www-authenticate"]?.hasSuffix("scope=\"write\"") == true)
            let problem = try Problem(parsing: Array(lacking.body.utf8))
            #expect(problem.kind == .forbidden && problem.detail.contains("reader"))
            // Nothing was begun.
            #expect(try guarded.client(guarded.read).runs().runs.isEmpty)
        }
    }

    /// Nobody is asked for a body that is going to be refused, and one that comes all the same is thrown away.
    @Test func aStrangersBodyIsNotKept() throws {
        try withTokens { guarded in
            for (method, path, status, token) in [
                ("POST", "/gradients", 401, nil), ("PUT", "/networks/a", 401, nil),
                ("PUT", "/datasets/a", 401, nil), ("POST", "/train", 403, guarded.read),
            ] as [(String, String, Int, String?)] {
                let head =
                    "\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 5000000\r\n"
                    + (token.map { "Authorization: Bearer \($0)\r\n" } ?? "")
                let waiting = try RawConnection(port: guarded.server.port)
                waiting.send(head + "Expect: 100-continue\r\n\r\n")
                let answer = try waiting.nextAnswer()
                #expect(answer.status == status && answer.fields["connection"] == "close")
                #expect(try waiting.isEnded())
                let sending = try RawConnection(port: guarded.server.port)
                sending.send(
                    Array((head + "\r\n").utf8) + [UInt8](repeating: 0x20, count: 5_000_000))
                #expect(try sending.nextAnswer().status == status)
                sending.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try sending.nextAnswer().status == 200)
            }
        }
    }

    /// The same key of two callers begins a run for each, and none learns of the other's.
    @Test func eachTokenHasIdempotencyKeysOfItsOwn() throws {
        let folder = TestServer.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tokens = try Tokens(dataDirectory: folder)
        let writers = try ["one", "two"].map {
            try tokens.create(name: $0, scopes: [.write, .read])
        }
        try tokens.close()
        let server = try TestServer(in: folder)
        defer { server.stop() }
        let request = try TrainingTests.request()
        var changed = request
        changed.name = "changed"
        let clients = writers.map {
            Client(ClientConfiguration(server: "http://127.0.0.1:\(server.port)", token: $0))
        }
        let first = try clients[0].train(request, waitSeconds: 30, idempotencyKey: "1")
        let second = try clients[1].train(request, waitSeconds: 30, idempotencyKey: "1")
        #expect(first.id != second.id)
        #expect(try clients[0].train(request, idempotencyKey: "1").id == first.id)
        #expect(try clients[1].train(request, idempotencyKey: "1").id == second.id)
        let refused = #expect(throws: ClientError.self) {
            try clients[1].train(changed, idempotencyKey: "1")
        }
        guard case .problem(let problem) = refused else {
            Issue.record("\(String(describing: refused))")
            return
        }
        #expect(problem.kind == .conflict && problem.detail.contains("Idempotency-Key 1 came"))
        #expect(problem.detail.contains(second.id))
    }

    @Test func whatIsNoCallNeedsNoToken() throws {
        try withTokens { guarded in
            #expect(try guarded.answer("GET", "/nothing").status == 404)
            #expect(try guarded.answer("DELETE", "/train").status == 405)
            #expect(try guarded.answer("OPTIONS", "/train").status == 204)
            // HEAD is GET.
            let connection = try RawConnection(port: guarded.server.port)
            connection.send("HEAD /runs HTTP/1.1\r\nHost: test\r\n\r\n")
            #expect(try connection.nextAnswer(toHead: true).status == 401)
        }
    }

    @Test func aStreamAsksToo() throws {
        try withTokens { guarded in
            let run = try guarded.client(guarded.write).train(ContractTests.endless())
            let path = Path.run(run.id, .events)
            #expect(try guarded.answer("GET", path).status == 401)
            let connection = try RawConnection(port: guarded.server.port)
            connection.send(
                "GET \(path) HTTP/1.1\r\nHost: test\r\n"
                    + "Authorization: Bearer \(guarded.read)\r\n\r\n")
            let begun = connection.receive { String(decoding: $0, as: UTF8.self).contains("data:") }
            let answer = try RawConnection.Answer(begun)
            #expect(answer.status == 200)
            #expect(answer.fields["x-content-type-options"] == "nosniff")
            #expect(throws: ClientError.self) {
                try guarded.client(guarded.read).cancel(run: run.id)
            }
            _ = try guarded.client(guarded.write).cancel(run: run.id)
        }
    }

    @Test func theClientShowsItsToken() async throws {
        let folder = TestServer.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tokens = try Tokens(dataDirectory: folder)
        let token = try tokens.create(name: "both", scopes: [.read, .write])
        try tokens.close()
        let server = try TestServer(in: folder)
        defer { server.stop() }
        let address = "http://127.0.0.1:\(server.port)"
        let client = Client(ClientConfiguration(server: address, token: token))
        let run = try await client.train(ContractTests.endless())
        var isFirst = true
        for try await _ in client.events(ofRun: run.id) {
            if isFirst { _ = try await client.cancel(run: run.id) }
            isFirst = false
        }
        #expect(!isFirst)
        // A line end must not make a field of its own, nor a space end the token.
        let odd = Client(ClientConfiguration(server: address, token: token + "\r\nX-A: b"))
        let error = await #expect(throws: ClientError.self) { try await odd.runs() }
        guard case .problem(let problem) = error else {
            throw TestFailure("\(String(describing: error))")
        }
        #expect(problem.kind == .unauthorized)
    }

    @Test func newAndRevokedTokensCountWhileTheServerRuns() throws {
        try withServer { server in
            let anybody = server.client
            #expect(try anybody.runs().runs.isEmpty)
            let tokens = try Tokens(dataDirectory: server.directory)
            let token = try tokens.create(name: "late", scopes: [.read])
            let status = { (token: String?) in
                try ContractTests.send(
                    "GET", "/runs", fields: token.map { ["Authorization: Bearer \($0)"] } ?? [],
                    to: server
                ).status
            }
            try waitUntil("the token to count") { try status(nil) == 401 }
            #expect(try status(token) == 200)
            #expect(try tokens.revoke(name: "late"))
            try waitUntil("the token to count no longer") { try status(token) == 401 }
            #expect(try status(nil) == 401)
            try tokens.close()
        }
    }

    @Test func theDatabaseNeverSeesAToken() throws {
        try withTokens { guarded in
            #expect(try guarded.answer("GET", "/runs", guarded.read).status == 200)
            let files = ["", "-wal"].map { guarded.server.directory + "/nabla.sqlite" + $0 }
            let bytes = try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
            #expect(bytes.contains { $0.range(of: Data("reader".utf8)) != nil })
            let secret = Data(guarded.read.dropFirst(6).utf8)
            #expect(bytes.allSatisfy { $0.range(of: secret) == nil })
        }
    }

    @Test func aTokenWithoutAnyRequestsLeftIsToldWhenToTryAgain() throws {
        try withTokens({ $0.rate = RateLimit(requestsPerSecond: 1, burst: 3) }) { guarded in
            let contract = try Contract(of: guarded.server, token: guarded.read)
            var answers: [RawConnection.Answer] = []
            for _ in 0..<40 {
                answers.append(try guarded.answer("GET", "/runs", guarded.read))
                if answers.last?.status == 429 { break }
            }
            let refused = try #require(answers.last)
            #expect(refused.status == 429)
            #expect(answers.count >= 3)
            #expect(refused.fields["retry-after"] == "1")
            #expect(try Problem(parsing: Array(refused.body.utf8)).kind == .tooManyRequests)
            let wrong = try contract.complaints(refused, to: .init(method: "GET", path: "/runs"))
            #expect(wrong.isEmpty, "\(wrong)")
            // Others have a rate of their own, and what asks nobody has none.
            #expect(try guarded.answer("POST", "/runs/x/cancel", guarded.write).status == 404)
            for _ in 0..<10 { #expect(try guarded.answer("GET", "/healthz").status == 200) }
        }
    }
}
