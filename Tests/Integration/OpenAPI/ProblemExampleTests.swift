import Foundation
import NablaAPI
import NablaService
import Testing

/// The examples of problems in the OpenAPI document: each is what a real service tells.
@Suite struct ProblemExampleTests {
    private static let mismatch = """
        {"network": {"layers": [{"weights": [[1, 2], [3, 4]]}, {"weights": [[1, 2, 3]]}]},
         "loss": "mean_squared_error", "samples": {"inputs": [[1, 2]], "targets": [1]}}
        """

    /// What a service with the settings that there are by default tells, by the example's name.
    private static func told(_ server: TestServer) throws -> [String: RawConnection.Answer] {
        let send = { try ContractTests.send($0, $1, $2, type: $3, to: server) }
        let contract = try Contract(of: server)
        let run = try ExampleRuns.train("xor", contract, server)
        let json = "application/json"
        return [
            "malformed_json": try send("POST", Path.gradients, "{\"network\": ", json),
            "not_found": try send(
                "GET", "/runs/0190a0a0-0000-7000-8000-000000000000", nil, json),
            "conflict": try send("POST", "/runs/\(run.id)/cancel", nil, json),
            "unsupported_media_type": try send("POST", Path.gradients, "{}", "text/plain"),
            "method_not_allowed": try send("DELETE", Path.gradients, nil, json),
            "shape_mismatch": try send("POST", Path.gradients, mismatch, json),
            // It is refused for what it says it will be.
            "content_too_large": try ContractTests.send(
                "POST", Path.gradients,
                fields: ["Content-Type: \(json)", "Content-Length: 67108865"], to: server),
        ]
    }

    /// What a service with tokens tells those who lack one, or its scope.
    private static func toldWithoutToken() throws -> [String: RawConnection.Answer] {
        let folder = TestServer.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tokens = try Tokens(dataDirectory: folder)
        let reader = try tokens.create(name: "reader", scopes: [.read])
        try tokens.close()
        let server = try TestServer(in: folder)
        defer { server.stop() }
        return [
            "unauthorized": try ContractTests.send("GET", Path.runs, to: server),
            "forbidden": try ContractTests.send(
                "POST", Path.train, "{}", fields: ["Authorization: Bearer \(reader)"], to: server),
        ]
    }

    /// What a service tells that is asked for more than it is set to do.
    private static func toldOfTooMuch() throws -> [String: RawConnection.Answer] {
        var told: [String: RawConnection.Answer] = [:]
        try withServer {
            $0.rate = RateLimit(requestsPerSecond: 1, burst: 1)
        } _: { server in
            for _ in 0..<1000 where told["too_many_requests"]?.status != 429 {
                told["too_many_requests"] = try ContractTests.send("GET", Path.runs, to: server)
            }
        }
        try withServer {
            $0.training.concurrentRuns = 1
            $0.training.queuedRuns = 2
        } _: { server in
            let contract = try Contract(of: server)
            let busy = try ExampleRuns.occupy(server)
            let waiting = try (0..<2).map { _ in
                try ExampleRuns.train("xor", contract, server, waits: false).id
            }
            let operation = Contract.Operation(method: "POST", path: Path.train)
            told["queue_full"] = try ContractTests.send(
                "POST", Path.train, contract.requestExample("xor", of: operation)?.text, to: server)
            for id in waiting + [busy] { _ = try server.client.cancel(run: id) }
        }
        return told
    }

    @Test func everyExampleOfAProblemIsOneThatIsTold() throws {
        try withServer { server in
            let contract = try Contract(of: server)
            var shown: [String: JSON] = [:]
            for (status, response) in contract.document["components"]?["responses"]?.members ?? [:]
            {
                let content = response["content"]?["application/problem+json"]
                let examples = content?["examples"]?.members ?? [:]
                #expect(!examples.isEmpty, "\(status) has no example")
                shown.merge(examples.compactMapValues { $0["value"] }) { $1 }
            }
            let told = try Self.told(server).merging(Self.toldWithoutToken()) { $1 }
                .merging(Self.toldOfTooMuch()) { $1 }
            #expect(Set(shown.keys) == Set(told.keys))
            for (name, answer) in told {
                let problem = try JSON(answer.body)
                #expect(answer.status == Int(problem["status"]?.number ?? 0))
                for member in ["type", "title", "status", "detail", "pointer"] {
                    #expect(shown[name]?[member] == problem[member], "\(name): \(answer.body)")
                }
            }
        }
    }
}
