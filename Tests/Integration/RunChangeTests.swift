import NablaAPI
import NablaClient
import NablaNetworks
import NablaService
import Testing

/// What callers do with runs that exist, and how they find them again, over real HTTP.
@Suite struct RunChangeTests {
    private func problem<Value>(_ body: () throws -> Value) -> Problem? {
        let error = #expect(throws: ClientError.self) { try body() }
        guard case .problem(let problem) = error else { return nil }
        return problem
    }

    @Test func aRunIsNamedTaggedAndNoted() throws {
        try withServer { server in
            let client = server.client
            let run = try client.train(TrainingTests.request(), waitSeconds: 30)
            let change = RunChange(
                name: "renamed", tags: ["team": nil, "stage": "done"], notes: "ü, \"quoted\"\n")
            let changed = try client.change(run: run.id, change)
            #expect(changed.name == "renamed" && changed.tags == ["stage": "done"])
            #expect(changed.notes == "ü, \"quoted\"\n")
            #expect(try client.run(run.id) == changed)
            #expect(try client.change(run: run.id, RunChange()) == changed)
            let bare = try client.change(
                run: run.id, RunChange(name: .some(nil), notes: .some(nil)))
            #expect(bare.name == nil && bare.notes == nil && bare.tags == ["stage": "done"])
            // What it was asked for is as it was.
            #expect(bare.request == run.request)
        }
    }

    @Test func aRunThatTrainsIsChangedAndNotDeleted() throws {
        try withServer { server in
            let client = server.client
            let run = try client.train(ContractTests.endless())
            #expect(try client.change(run: run.id, RunChange(notes: "now")).notes == "now")
            #expect(try client.run(run.id).notes == "now")
            #expect(problem { try client.delete(run: run.id) }?.kind == .conflict)
            _ = try client.cancel(run: run.id)
            let merge = try ContractTests.send(
                "PATCH", Path.run(run.id), #"{"notes": null}"#,
                type: "application/merge-patch+json", to: server)
            #expect(merge.status == 200 && !merge.body.contains("notes"), "\(merge.body)")
        }
    }

    @Test func aDeletedRunIsGoneWithAllThatIsItsOwn() throws {
        try withServer { server in
            let client = server.client
            let (run, other) = (
                try client.train(TrainingTests.request(), waitSeconds: 30),
                try client.train(TrainingTests.request(), waitSeconds: 30)
            )
            try client.delete(run: run.id)
            #expect(problem { try client.run(run.id) }?.kind == .notFound)
            #expect(problem { try client.metrics(ofRun: run.id) }?.kind == .notFound)
            #expect(problem { try client.network(ofRun: run.id, as: .float32) }?.kind == .notFound)
            #expect(problem { try client.delete(run: run.id) }?.kind == .notFound)
            #expect(try client.runs().runs.map(\.id) == [other.id])
            let answer = try ContractTests.send("DELETE", Path.run(other.id), to: server)
            #expect(answer.status == 204 && answer.body.isEmpty)
        }
    }

    @Test func aRequestSentAgainBeginsNoSecondRun() throws {
        try withServer { server in
            let client = server.client
            let request = try TrainingTests.request()
            let first = try client.train(request, waitSeconds: 30, idempotencyKey: "a key")
            let again = try client.train(request, idempotencyKey: "a key")
            #expect(again == first && first.status == .succeeded)
            #expect(try client.train(request, waitSeconds: 5, idempotencyKey: "a key") == first)
            let other = try client.train(request, waitSeconds: 30, idempotencyKey: "another")
            #expect(other.id != first.id)
            var changed = request
            changed.name = "changed"
            let refused = problem { try client.train(changed, idempotencyKey: "a key") }
            #expect(refused?.kind == .conflict && refused?.detail.contains(first.id) == true)
            #expect(try client.runs().runs.count == 2)
            // With its run, a key is forgotten.
            try client.delete(run: first.id)
            let fresh = try client.train(changed, waitSeconds: 30, idempotencyKey: "a key")
            #expect(fresh.id != first.id && fresh.name == "changed")
        }
    }

    @Test func requestsSentAtOnceWithOneKeyBeginOneRun() async throws {
        try await withServer { server in
            let client = server.client
            let request = try TrainingTests.request(epochs: 2000)
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        try await client.train(request, waitSeconds: 1, idempotencyKey: "one").id
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await client.runs().runs.map(\.id) == Array(ids))
        }
    }

    @Test func aKeyOutlivesTheProcess() throws {
        let first = try TestServer()
        let request = try TrainingTests.request()
        let run = try first.client.train(request, waitSeconds: 30, idempotencyKey: "kept")
        first.stop()
        let second = try TestServer(in: first.directory)
        defer { second.stop() }
        #expect(try second.client.train(request, idempotencyKey: "kept").id == run.id)
    }

    @Test func runsAreFoundByWhatTheyAreAndOrderedByWhatCameOut() throws {
        try withServer { server in
            let client = server.client
            var ids: [String] = []
            for (index, rate) in [0.05, 0.001, 0.01].enumerated() {
                var request = try TrainingTests.request(epochs: 20)
                request.settings = try TrainingSettings(
                    optimizer: index == 1
                        ? .sgd(SGD(learningRate: rate))
                        : .adam(Adam(learningRate: rate)),
                    epochs: 20, batchSize: 4, seed: 3)
                request.tags = ["index": "\(index)"]
                ids.append(try client.train(request, waitSeconds: 30).id)
            }
            func found(_ filter: String, _ order: String? = nil) throws -> [String] {
                try client.runs(RunsQuery(filter: filter, orderBy: order)).runs.map(\.id)
            }
            #expect(try found("params.optimizer = 'adam'") == [ids[2], ids[0]])
            #expect(try found("params.optimizer.learning_rate > 0.005") == [ids[2], ids[0]])
            #expect(
                try found("tags.index in ('0', '1') and status = 'FINISHED'") == [ids[1], ids[0]])
            let best = try found("", "metrics.loss")
            let losses = try best.map { try client.run($0).latest["loss"] ?? 0 }
            #expect(losses == losses.sorted() && losses.count == 3 && best[0] == ids[0])
            let bound = losses[1]
            #expect(try found("metrics.loss < \(bound)") == [best[0]])
            #expect(
                try found("metrics.loss <= \(bound)", "metrics.loss desc") == [best[1], best[0]])
            // By the health of the training, too, whose layers are part of the names.
            let norms = try ids.map { id in
                let latest = try client.run(id).latest
                return try #require(latest["layers.0.gradient_norm"])
            }
            let least = try #require(norms.min())
            #expect(try found("metrics.layers.0.gradient_norm <= \(least)").count == 1)
            #expect(
                try found("metrics.gradient_norm > 0", "metrics.layers.0.gradient_norm")
                    == ids.indices.sorted { norms[$0] < norms[$1] }.map { ids[$0] })
            let refused = problem { try found("metrics.loss <") }
            #expect(refused?.kind == .invalidParameter)
            #expect(refused?.detail.contains("filter, at byte 14") == true)
        }
    }
}
