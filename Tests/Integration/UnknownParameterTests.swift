import NablaAPI
import NablaNetworks
import Testing

/// Parameters that a call doesn't have: refused, so that a mistyped one isn't taken for obeyed.
@Suite struct UnknownParameterTests {
    @Test func noCallPassesOverThem() throws {
        try withServer { server in
            let run = try server.client.train(TrainingTests.request(), waitSeconds: 30)
            let rows = try Samples(
                inputs: Tensor([1.0, 2], shape: [2, 1]), targets: Tensor([1.0, 2]))
            try server.client.put(dataset: rows, named: "rows")
            let calls: [(String, String, String?)] = [
                ("POST", "/gradients", "{}"), ("POST", "/gradients/batch", "{}"),
                ("POST", "/check", "{}"), ("POST", "/predict", "{}"), ("POST", "/train", "{}"),
                ("GET", "/runs", nil), ("GET", "/runs/compare", nil), ("GET", "/runs/export", nil),
                ("GET", "/runs/\(run.id)", nil), ("PATCH", "/runs/\(run.id)", #"{"name": "x"}"#),
                ("DELETE", "/runs/\(run.id)", nil), ("GET", "/runs/\(run.id)/metrics", nil),
                ("GET", "/runs/\(run.id)/network", nil), ("GET", "/runs/\(run.id)/events", nil),
                ("POST", "/runs/\(run.id)/cancel", nil),
                ("POST", "/runs/\(run.id)/resume", #"{"epochs": 1}"#), ("GET", "/events", nil),
                ("GET", "/datasets", nil), ("GET", "/datasets/rows", nil),
                ("PUT", "/datasets/more", "{}"), ("DELETE", "/datasets/rows", nil),
                ("GET", "/networks", nil), ("GET", "/networks/none", nil),
                ("PUT", "/networks/none", "{}"), ("DELETE", "/networks/none", nil),
            ]
            for (method, path, body) in calls {
                let answer = try ContractTests.send(
                    method, path + "?mistyped=1", body,
                    until: RawConnection.Answer.isWholeOrStreamed, to: server)
                #expect(answer.status == 400, "\(method) \(path): \(answer.status)")
                let problem = try? Problem(parsing: answer.content)
                #expect(problem?.kind == .invalidParameter, "\(method) \(path)")
                #expect(problem?.detail.contains("\"mistyped\"") == true)
            }
            // Nothing was done.
            #expect(try server.client.run(run.id) == run)
            #expect(try server.client.datasets().datasets.map(\.name) == ["rows"])
        }
    }

    /// Whoever watches a service may add to its address what they like.
    @Test func whatOperatorsAskPassesOverThem() throws {
        try withServer { server in
            for path in ["/healthz", "/readyz", "/version", "/metrics", "/openapi.json"] {
                let answer = try RawConnection.get(path + "?at=1", port: server.port)
                #expect(answer.status == 200)
            }
        }
    }
}
