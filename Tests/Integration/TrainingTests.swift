import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// Runs from their acknowledgement to their end, through the client library over real HTTP.
@Suite struct TrainingTests {
    /// XOR with a hidden layer of 4, drawn from the seed.
    static func request(epochs: Int = 50, seed: UInt64 = 3, steps: Int = 1) throws -> TrainRequest {
        TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [2],
                    layers: [
                        Layer(.dense(try Dense(units: 4, activation: .tanh))),
                        Layer(.dense(try Dense(units: 1, activation: .sigmoid))),
                    ])),
            loss: try Loss(.binaryCrossEntropy),
            samples: try Samples(
                inputs: Tensor(
                    (0..<steps).flatMap { _ in [0.0, 0, 0, 1, 1, 0, 1, 1] }, shape: [4 * steps, 2]),
                targets: Tensor((0..<steps).flatMap { _ in [0.0, 1, 1, 0] })),
            settings: try TrainingSettings(
                optimizer: .adam(Adam(learningRate: 0.05)), epochs: epochs, batchSize: 4,
                seed: seed, metrics: [.accuracy]),
            name: "xor", tags: ["team": "search"])
    }

    @Test func aRunSucceedsAndIsKept() throws {
        try withServer { server in
            let client = server.client
            let run = try client.train(Self.request(epochs: 300), waitSeconds: 30)
            #expect(run.status == .succeeded)
            #expect(run.name == "xor")
            #expect(run.parameters == 17)
            #expect(run.progress.epoch == 300)
            #expect(run.latest["accuracy"] == 1)
            #expect(try #require(run.latest["loss"]) < 0.2)
            #expect(run.best["loss"] == run.latest["loss"])
            #expect(run.startedAt != nil && run.finishedAt != nil)
            let stored = try client.run(run.id)
            #expect(stored.status == .succeeded && stored.latest == run.latest)
            #expect(try client.runs().runs.map(\.id) == [run.id])
            let history = try client.metrics(ofRun: run.id)
            #expect(history["loss"].map(\.epoch) == Array(1...300))
            #expect(history["loss"].last?.value == run.latest["loss"])
            #expect(history["loss"].last?.step == 300)
        }
    }

    @Test func theTrainedNetworkAnswersAsItWasTrained() throws {
        try withServer { server in
            let client = server.client
            let run = try client.train(Self.request(epochs: 300), waitSeconds: 30)
            let inputs = try Tensor([0.0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2])
            let byName = try client.predict(
                PredictRequest(network: .run(id: run.id), inputs: inputs, dtype: .float32))
            let classes = byName.outputs.values(as: Double.self).map { $0 > 0.5 }
            #expect(classes == [false, true, true, false])
            let network = try client.network(ofRun: run.id, as: .float32)
            let inline = try client.predict(
                PredictRequest(network: .inline(network), inputs: inputs, dtype: .float32))
            #expect(inline == byName)
            #expect(try client.network(ofRun: run.id, epoch: 300, as: .float32) == network)
            #expect(throws: ClientError.self) {
                try client.network(ofRun: run.id, epoch: 301, as: .float32)
            }
        }
    }

    @Test func theAcknowledgementSaysWhereTheRunIs() throws {
        try withServer { server in
            let body = String(decoding: try Self.request().json(), as: UTF8.self)
            let answer = try RawConnection.post(body, to: Path.train, port: server.port)
            #expect(answer.status == 202)
            let run = try Run(parsing: Array(answer.body.utf8))
            #expect(answer.fields["location"] == Path.run(run.id))
            #expect(!run.status.isEnded)
        }
    }

    @Test func theSameSeedGivesTheSameBits() throws {
        try withServer { server in
            let client = server.client
            let runs = try (0..<2).map { _ in
                try client.train(Self.request(), waitSeconds: 30).id
            }
            let networks = try runs.map { try client.network(ofRun: $0, as: .float32) }
            #expect(networks[0] == networks[1])
            let other = try client.train(Self.request(seed: 4), waitSeconds: 30)
            #expect(try client.network(ofRun: other.id, as: .float32) != networks[0])
        }
    }

    @Test func everyEpochReachesTheEventStreamOnceAndInOrder() async throws {
        try await withServer { server in
            let client = server.client
            let run = try await client.train(Self.request(epochs: 200))
            var epochs: [Int] = []
            var end: Run?
            for try await event in client.events(ofRun: run.id) {
                switch event.content {
                case .metrics(let epoch, _, let values):
                    epochs.append(epoch)
                    #expect(values["loss"] != nil)
                case .end(let run): end = run
                default: break
                }
            }
            #expect(epochs == Array(1...200))
            #expect(end?.status == .succeeded)
            var replayed: [Int] = []
            for try await event in client.events(ofRun: run.id, after: 150) {
                if let id = event.id { replayed.append(id) }
            }
            #expect(replayed == Array(151...200))
        }
    }

    @Test func aLongRunIsCancelled() async throws {
        try await withServer { server in
            let client = server.client
            let run = try await client.train(Self.request(epochs: 100_000_000))
            var isCancelled = false
            for try await event in client.events(ofRun: run.id) {
                if event.id != nil, !isCancelled {
                    isCancelled = true
                    _ = try await client.cancel(run: run.id)
                }
                if case .end(let ended) = event.content { #expect(ended.status == .cancelled) }
            }
            #expect(try await client.run(run.id).status == .cancelled)
            let error = await #expect(throws: ClientError.self) {
                try await client.cancel(run: run.id)
            }
            guard case .problem(let problem) = error else { return #expect(Bool(false)) }
            #expect(problem.kind == .conflict)
        }
    }

    @Test func aWaitingRunIsCancelledBeforeItStarts() throws {
        try withServer { settings in
            settings.training.concurrentRuns = 1
        } _: { server in
            let client = server.client
            let first = try client.train(Self.request(epochs: 100_000_000))
            let second = try client.train(Self.request())
            _ = try client.cancel(run: second.id)
            _ = try client.cancel(run: first.id)
            let ended = try (0..<200).lazy.map { _ in
                usleep(20_000)
                return try client.run(second.id)
            }.first { $0.status.isEnded }
            #expect(ended?.status == .cancelled)
            #expect(ended?.startedAt == nil)
        }
    }

    @Test func tooManyWaitingRunsAreRefused() throws {
        try withServer { settings in
            settings.training.concurrentRuns = 1
            settings.training.queuedRuns = 1
        } _: { server in
            let body = String(decoding: try Self.request(epochs: 100_000_000).json(), as: UTF8.self)
            let answers = try (0..<4).map { _ in
                try RawConnection.post(body, to: Path.train, port: server.port)
            }
            #expect(answers.prefix(2).map(\.status) == [202, 202])
            #expect(answers.last?.status == 503)
            #expect(answers.last?.fields["retry-after"] != nil)
        }
    }

    @Test func aRunThatDivergesFailsWithThePlace() throws {
        try withServer { server in
            var request = try Self.request(epochs: 200)
            request.loss = try Loss(.meanSquaredError)
            request.network = .inline(
                try Network(
                    inputShape: [2],
                    layers: [Layer(.dense(try Dense(units: 1, activation: .identity)))]))
            request.settings = try TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 1e6)), epochs: 200, batchSize: 4)
            let run = try server.client.train(request, waitSeconds: 30)
            #expect(run.status == .failed)
            #expect(run.error?.kind == .nonFinite)
            let detail = try #require(run.error?.detail)
            #expect(
                detail.contains(/first in (loss|.* of layer 0).* in epoch \d+, step \d+/),
                "\(detail)")
            let losses = try server.client.metrics(ofRun: run.id)["loss"].map(\.value)
            #expect(!losses.isEmpty && losses.allSatisfy(\.isFinite))
            #expect(try server.client.run(run.id).error == run.error)
        }
    }

    /// However long before the last checkpoint was: a training that ends with that epoch has the same network.
    @Test func aRunThatDivergesKeepsItsLastGoodEpoch() throws {
        try withServer({ $0.training.checkpointSeconds = 3600 }) { server in
            var request = try Self.request()
            request.loss = try Loss(.meanSquaredError)
            request.network = .inline(
                try Network(
                    inputShape: [2],
                    layers: [Layer(.dense(try Dense(units: 1, activation: .identity)))]))
            func trained(epochs: Int) throws -> Run {
                request.settings = try TrainingSettings(
                    optimizer: .sgd(SGD(learningRate: 1.5)), epochs: epochs, batchSize: 3, seed: 8)
                return try server.client.train(request, waitSeconds: 60)
            }
            let run = try trained(epochs: 10_000)
            #expect(run.error?.kind == .nonFinite)
            let last = run.progress.epoch
            #expect(last > 10)
            #expect(run.error?.detail.contains("in epoch \(last + 1)") == true)
            let losses = try server.client.metrics(ofRun: run.id)["loss"]
            #expect(losses.map(\.epoch) == Array(1...last))
            let short = try trained(epochs: last)
            #expect(short.status == .succeeded)
            let kept = try server.client.network(ofRun: run.id, as: .float32)
            #expect(try server.client.network(ofRun: short.id, as: .float32) == kept)
            let others = try server.client.metrics(ofRun: short.id)["loss"]
            #expect(others.map(\.value) == losses.map(\.value))
        }
    }

    @Test func theHistoryOutlivesTheProcessAndACutOffRunGoesOn() throws {
        let first = try TestServer()
        let done = try first.client.train(Self.request(), waitSeconds: 30)
        let cutOff = try first.client.train(Self.request(epochs: 100_000_000))
        first.stop()
        let second = try TestServer(in: first.directory)
        defer {
            second.stop()
            try? FileManager.default.removeItem(atPath: first.directory)
        }
        let runs = try second.client.runs().runs
        #expect(runs.map(\.id) == [cutOff.id, done.id])
        #expect(!runs[0].status.isEnded && runs[1].status == .succeeded)
        #expect(try second.client.metrics(ofRun: done.id)["loss"].count == 50)
    }

    @Test func ofRunsThatWaitThoseOfHigherPriorityAreTrainedFirst() throws {
        try withServer({ $0.training.concurrentRuns = 1 }) { server in
            let first = try server.client.train(ContractTests.endless())
            let runs = try [0, 9, 0].map { priority in
                var request = try Self.request(epochs: 20_000)
                request.priority = priority
                return try server.client.train(request)
            }
            _ = try server.client.cancel(run: first.id)
            let ended = try runs.map { run in
                while try !server.client.run(run.id).status.isEnded { usleep(10_000) }
                return try server.client.run(run.id)
            }
            let times = try ended.map { run in
                (start: try #require(run.startedAt), end: try #require(run.finishedAt))
            }
            #expect(times[1].start < times[1].end && times[1].end <= times[0].start)
            #expect(times[0].start < times[0].end && times[0].end <= times[2].start)
        }
    }

    @Test func validationIsMeasuredEachEpoch() throws {
        try withServer { server in
            var request = try Self.request(epochs: 5)
            request.validation = .samples(request.samples)
            let run = try server.client.train(request, waitSeconds: 30)
            #expect(
                run.latest.keys.sorted() == [
                    "accuracy", "gradient_norm", "layers.0.gradient_norm",
                    "layers.1.gradient_norm", "layers.1.saturated_units", "learning_rate", "loss",
                    "validation_accuracy", "validation_loss",
                ])
            request.validation = .split(0.5)
            let split = try server.client.train(request, waitSeconds: 30)
            #expect(split.request.contains(#""samples":{"count":2},"validation":{"count":2}"#))
        }
    }

    @Test func aRunThatGetsNoBetterStopsEarlyWithItsBestNetwork() throws {
        try withServer { server in
            var request = try Self.request()
            // Nothing is better than the first epoch by so much.
            let stopping = try EarlyStopping(patience: 4, minDelta: 100, restoreBest: true)
            func settings(epochs: Int, _ stopping: EarlyStopping?) throws -> TrainingSettings {
                try TrainingSettings(
                    optimizer: .adam(Adam(learningRate: 0.05)), epochs: epochs, batchSize: 4,
                    seed: 3, earlyStopping: stopping, healthEvery: 2)
            }
            request.settings = try settings(epochs: 50, stopping)
            let run = try server.client.train(request, waitSeconds: 30)
            #expect(run.status == .succeeded && run.progress.epoch == 5)
            #expect(run.progress.epochs == 50)
            request.settings = try settings(epochs: 1, nil)
            let first = try server.client.train(request, waitSeconds: 30)
            let networks = try [run, first].map {
                try server.client.network(ofRun: $0.id, as: .float32)
            }
            #expect(networks[0] == networks[1])
            let history = try server.client.metrics(ofRun: run.id)
            #expect(history["gradient_norm"].map(\.epoch) == [1, 2, 4, 5])
            #expect(history["layers.1.saturated_units"].map(\.value) == [0, 0, 0, 0])
            #expect(history["loss"].count == 5)
        }
    }
}
