import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Schedules of the learning rate")
struct LearningRateTests {
    /// The rates of the first epochs, from 0.1 on.
    private func rates(
        _ kind: Schedule.Kind, warmup: Int = 0, epochs: Int, losses: [Double]? = nil
    ) throws -> [Double] {
        var rate = LearningRate(try Schedule(kind, warmupEpochs: warmup), initial: 0.1)
        return (0..<epochs).map { epoch in
            defer { rate.endEpoch(loss: losses?[epoch] ?? 1) }
            return rate.value
        }
    }

    @Test("PyTorch's StepLR, ExponentialLR and CosineAnnealingLR")
    func formulas() throws {
        #expect(try rates(.constant, epochs: 3) == [0.1, 0.1, 0.1])
        expectClose(
            try rates(.step(stepSize: 3, gamma: 0.5), epochs: 8),
            [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025])
        expectClose(
            try rates(.exponential(gamma: 0.9), epochs: 5), [0.1, 0.09, 0.081, 0.0729, 0.06561])
        expectClose(
            try rates(.cosine(tMax: 5, etaMin: 0.01), epochs: 12),
            [
                0.1, 0.09140576474687263, 0.06890576474687263, 0.04109423525312736,
                0.018594235253127367, 0.01, 0.018594235253127367, 0.04109423525312739,
                0.06890576474687267, 0.09140576474687269, 0.1, 0.09140576474687272,
            ])
    }

    @Test("PyTorch's ReduceLROnPlateau: 0.89999 isn't better than 0.9")
    func plateau() throws {
        expectClose(
            try rates(
                .reduceOnPlateau(factor: 0.5, patience: 1), epochs: 10,
                losses: [1, 0.9, 0.89999, 0.9, 0.95, 0.8, 0.81, 0.82, 0.83, 0.84]),
            [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025])
    }

    @Test("a warm-up rises linearly from 0, and the schedule begins after it")
    func warmup() throws {
        expectClose(
            try rates(.exponential(gamma: 0.5), warmup: 4, epochs: 7),
            [0, 0.025, 0.05, 0.075, 0.1, 0.05, 0.025])
    }

    @Test("a plateau is watched in the validation loss, or in the loss where there is none")
    func watched() throws {
        let samples = try Samples(inputs: matrix([[1]]), targets: Tensor([2.0]))
        // What is learned from the samples makes the validation loss worse.
        let opposite = try Samples(inputs: matrix([[1]]), targets: Tensor([-2.0]))
        func lastRate(validation: Samples?) throws -> Double? {
            var training = try Training(
                network: Network(layers: [dense([[0]], .identity)]),
                loss: Loss(.meanSquaredError), samples: samples, validation: validation,
                settings: TrainingSettings(
                    optimizer: .sgd(SGD(learningRate: 0.1)),
                    schedule: Schedule(.reduceOnPlateau(factor: 0.1, patience: 0)), epochs: 3))
            var rates: [Double] = []
            while !training.isFinished {
                if case .epochEnded(let summary) = try training.advance(maximumSteps: 1) {
                    let rate = summary.metrics.first { $0.key == "learning_rate" }
                    rates.append(try #require(rate).value)
                }
            }
            return rates.last
        }
        expectClose([try #require(try lastRate(validation: nil))], [0.1])
        expectClose([try #require(try lastRate(validation: opposite))], [0.01])
    }
}
