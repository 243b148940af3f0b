import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Metrics")
struct MetricTests {
    private func value(
        _ metric: Metric, outputs: [[Double]], targets: [[Double]], isClass: Bool = false,
        thresholds: (output: Double, target: Double) = (0.5, 0.5)
    ) -> Double {
        var accumulator = MetricAccumulator(
            metric, width: outputs[0].count, thresholds: thresholds)
        for (a, y) in zip(outputs, targets) {
            accumulator.add(outputs: a, target: y, width: a.count, isClass: isClass)
        }
        return accumulator.value
    }

    @Test("accuracy: the largest output, or one half and more")
    func accuracy() {
        let outputs = [[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.4, 0.3, 0.3]]
        #expect(
            value(.accuracy, outputs: outputs, targets: [[1], [0], [1], [0]], isClass: true) == 0.75
        )
        let shares = [[0.0, 1, 0], [0.2, 0.5, 0.3], [0, 0, 1], [1, 0, 0]]
        #expect(value(.accuracy, outputs: outputs, targets: shares) == 0.75)
        let single = [[0.5], [0.49], [0.9], [0.1]]
        #expect(value(.accuracy, outputs: single, targets: [[1], [0], [0], [0]]) == 0.75)
        // Logits: from 0 on.
        let logits = [[0.0], [-0.1], [0.2], [-3]]
        #expect(
            value(
                .accuracy, outputs: logits, targets: [[1], [0], [1], [1]], thresholds: (0, 0.5))
                == 0.75)
    }

    @Test("mean absolute error over all elements")
    func meanAbsoluteError() {
        #expect(
            value(.meanAbsoluteError, outputs: [[1, 2], [3, 4]], targets: [[1, 0], [6, 3]]) == 1.5)
    }

    @Test("r2: 1 − Σ(y − a)²/Σ(y − ȳ)², the mean over outputs; far from 0 as well")
    func r2() {
        // Output 0: errors 1, 0, 1 around a spread of 8; output 1: exact.
        let targets = [[1.0, 5], [3, 6], [5, 10]]
        expectClose([value(.r2, outputs: [[2, 5], [3, 6], [4, 10]], targets: targets)], [0.875])
        let far = targets.map { $0.map { $0 + 1e9 } }
        let outputs = [[2.0, 5], [3, 6], [4, 10]].map { $0.map { $0 + 1e9 } }
        expectClose([value(.r2, outputs: outputs, targets: far)], [0.875])
        #expect(value(.r2, outputs: [[1], [2]], targets: [[3], [3]]) == 0)
        #expect(value(.r2, outputs: [[3], [3]], targets: [[3], [3]]) == 1)
    }

    @Test("a training records loss, metrics, their validation twins and the rate, in this order")
    func order() throws {
        let samples = try Samples(
            inputs: matrix([[1], [2], [3], [4]]), targets: Tensor([2.0, 4, 6, 9]))
        let validation = try Samples(inputs: matrix([[1], [5]]), targets: Tensor([2.0, 9]))
        var training = try Training(
            network: Network(layers: [dense([[2]], .identity)]), loss: Loss(.meanSquaredError),
            samples: samples, validation: validation,
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0)), epochs: 2, batchSize: 3,
                metrics: [.meanAbsoluteError, .r2]))
        for epoch in 1...2 {
            #expect(try training.advance(maximumSteps: 1).isPaused)
            guard case .epochEnded(let summary) = try training.advance(maximumSteps: 5) else {
                Issue.record("the epoch didn't end")
                return
            }
            #expect(summary.epoch == epoch && summary.step == 2 * epoch)
            #expect(
                summary.metrics.map(\.key) == [
                    "loss", "mean_absolute_error", "r2", "validation_loss",
                    "validation_mean_absolute_error", "validation_r2", "learning_rate",
                    "gradient_norm", "layers.0.gradient_norm",
                ])
            // With a rate of 0 the network stays a = 2x: one sample of four is wrong, by 1, and
            // ∂L/∂w = 2/4·(8 − 9)·4.
            expectClose(
                summary.metrics.map(\.value),
                [0.25, 0.25, 1 - 1 / 26.75, 0.5, 0.5, 1 - 1 / 24.5, 0, 2, 2])
        }
        #expect(training.isFinished)
        #expect(try training.advance(maximumSteps: 1).isPaused)
    }
}

extension Training.Progress {
    /// Whether no epoch ended.
    var isPaused: Bool { if case .paused = self { true } else { false } }
}
