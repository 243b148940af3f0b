import Glibc
import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// Runs whose server is killed while they train.
@Suite struct TakenUpRunTests {
    private static let environment = [
        "NABLA_TRAINING_CHECKPOINT_SECONDS": "0", "NABLA_TRAINING_SLICE_MILLISECONDS": "1",
        "NABLA_TRAINING_CONCURRENT_RUNS": "16",
    ]

    static func optimizers() throws -> [Optimizer] {
        [
            .sgd(try SGD(learningRate: 0.05)), .sgd(try SGD(learningRate: 0.05, momentum: 0.9)),
            .adam(try Adam(amsgrad: true)), .adamW(try AdamW()),
            .rmsProp(try RMSProp(momentum: 0.5, centered: true)), .adagrad(try Adagrad()),
            .nadam(try NAdam()), .lion(try Lion(learningRate: 0.001)),
            .lbfgs(try LBFGS(learningRate: 0.1, maxIterations: 3, historySize: 3)),
        ]
    }

    @Test func theyEndWithTheSameBitsWhateverTheOptimizer() throws {
        let optimizers = try Self.optimizers()
        #expect(Set(optimizers.map(\.name)) == Set(Optimizer.names))
        let requests = try optimizers.map { try TrainRequest.restorable($0, epochs: 1500) }
        let folder = try TemporaryFolder()
        let whole = try ServedProgram(data: folder.file("whole"), environment: Self.environment)
        let undisturbed = try requests.map { try whole.client.train($0).id }
        for id in undisturbed {
            try waitUntil("the end of \(id)") { try whole.client.run(id).status.isEnded }
        }
        try whole.expectGoodEnd()

        let data = folder.file("killed")
        var served = try ServedProgram(data: data, environment: Self.environment)
        let runs = try requests.map { try served.client.train($0).id }
        var cut: Set<String> = []
        for kills in 1...4 {
            // Until each has done more than it had, or ended.
            for id in runs {
                try waitUntil("the run to get on") {
                    let run = try served.client.run(id)
                    return run.status.isEnded || run.progress.epoch >= kills * 50
                }
            }
            for id in runs where try served.client.run(id).status == .running { cut.insert(id) }
            served.signal(SIGKILL)
            _ = try served.wait()
            served = try ServedProgram(data: data, environment: Self.environment)
        }
        #expect(cut.count == runs.count)
        for id in runs {
            try waitUntil("the end of \(id)") { try served.client.run(id).status.isEnded }
        }
        try served.expectGoodEnd()
        let expected = try LeftDatabase(of: whole.data, in: folder, named: "a")
        let left = try LeftDatabase(of: data, in: folder, named: "b")
        #expect(try left.complaints() == [])
        for ((optimizer, id), other) in zip(zip(optimizers, runs), undisturbed) {
            let (status, outcome) = try left.outcome(of: id)
            #expect(status == "succeeded", "\(optimizer.name)")
            let same = try outcome == expected.outcome(of: other).outcome
            #expect(same, "\(optimizer.name)")
        }
    }
}
