import Foundation
import NablaNetworks
import Testing

@testable import NablaCore

@Suite("The health of a training")
struct TrainingHealthTests {
    /// Trains and gives each epoch's metrics.
    private func course(_ training: Training, steps: Int = 1000) throws -> [[String: Double]] {
        var training = training
        var epochs: [[String: Double]] = []
        while !training.isFinished {
            let ended = try training.advance(maximumSteps: steps, maximumEpochs: 1000)
            for summary in ended {
                epochs.append(Dictionary(uniqueKeysWithValues: summary.metrics))
            }
        }
        return epochs
    }

    @Test("norms, dead and saturated units are those computed by hand", arguments: DType.allCases)
    func byHand(_ dtype: DType) throws {
        // Of the ReLU units the first is dead for both samples, the second for one of them only.
        // z of the sigmoid units: 0 and 2, then ±20, whose sigmoids are 2·10⁻⁹ from 0 and 1.
        let network = try Network(layers: [
            dense([[-1], [1]], bias: [-9, -1], .relu),
            dense([[0, 1], [0, 20]], bias: [0, -20], .sigmoid),
            dense([[1, 1]], .identity),
        ])
        let samples = try Samples(inputs: matrix([[1], [3]]), targets: Tensor([0.0, 0]))
        let training = try Training(
            network: network, loss: Loss(.meanSquaredError), samples: samples,
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0)), batchSize: 1, dtype: dtype))
        let epoch = try #require(try course(training).first)
        #expect(epoch["layers.0.dead_units"] == 0.5)
        #expect(epoch["layers.1.saturated_units"] == 0.5)
        #expect(epoch["layers.1.dead_units"] == nil && epoch["layers.2.saturated_units"] == nil)
        // Layer 2: outputs a = σ(0) + σ(−20), σ(2) + σ(20); ∂L/∂a = a, and the weights' gradient is
        // Σ a·(σ of either unit).
        func sigmoid(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
        let hidden = [[sigmoid(0), sigmoid(-20)], [sigmoid(2), sigmoid(20)]]
        let outputs = hidden.map { $0[0] + $0[1] }
        let weights = (0..<2).map { unit in
            outputs[0] * hidden[0][unit] + outputs[1] * hidden[1][unit]
        }
        let norm = (weights[0] * weights[0] + weights[1] * weights[1]).squareRoot()
        let tolerance = dtype == .float32 ? 1e-6 : 1e-12
        expectClose([try #require(epoch["layers.2.gradient_norm"])], [norm], tolerance: tolerance)
        let layers = try (0..<3).map { try #require(epoch["layers.\($0).gradient_norm"]) }
        let all = layers.reduce(0) { $0 + $1 * $1 }.squareRoot()
        expectClose([try #require(epoch["gradient_norm"])], [all], tolerance: tolerance)
    }

    @Test("norms are those of the trained network's gradients over the first 256 samples")
    func asGradients() throws {
        var generator = Generator(seed: 3)
        let inputs = generator.normals(600 * 20)
        let targets = (0..<600).map { _ in Double(generator.index(below: 5)) }
        var training = try Training(
            network: Network(
                inputShape: [20],
                layers: [
                    Layer(.dense(Dense(units: 40, activation: .relu))),
                    Layer(.dense(Dense(units: 5, activation: .softmax))),
                ]),
            loss: Loss(.crossEntropy(.plain)),
            samples: Samples(inputs: Tensor(inputs, shape: [600, 20]), targets: Tensor(targets)),
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0.1)), epochs: 2, seed: 2, dtype: .float64))
        var summary: EpochSummary?
        while !training.isFinished {
            if case .epochEnded(let ended) = try training.advance(maximumSteps: 1) {
                summary = ended
            }
        }
        let metrics = Dictionary(uniqueKeysWithValues: try #require(summary).metrics)
        let first = try Samples(
            inputs: Tensor(Array(inputs[..<(256 * 20)]), shape: [256, 20]),
            targets: Tensor(Array(targets[..<256])))
        let found = try gradients(
            .crossEntropy(.plain), of: training.network(), first,
            including: [.norms, .activations])
        let norms = try #require(found.norms)
        expectClose([try #require(metrics["gradient_norm"])], [norms.global])
        let hidden = try #require(found.activations)[0].doubles
        let dead = (0..<40).count { unit in (0..<256).allSatisfy { hidden[$0 * 40 + unit] == 0 } }
        #expect(metrics["layers.0.dead_units"] == Double(dead) / 40)
    }

    private func xor(epochs: Int, healthEvery: Int?) throws -> Training {
        try Training(
            network: Network(
                inputShape: [2],
                layers: [
                    Layer(.dense(Dense(units: 3, activation: .relu))),
                    Layer(.dense(Dense(units: 1, activation: .sigmoid))),
                ]),
            loss: Loss(.binaryCrossEntropy),
            samples: Samples(
                inputs: matrix([[0, 0], [0, 1], [1, 0], [1, 1]]), targets: Tensor([0.0, 1, 1, 0])),
            settings: TrainingSettings(
                optimizer: .adam(Adam(learningRate: 0.1)), epochs: epochs, seed: 1,
                healthEvery: healthEvery))
    }

    @Test("it is recorded after the first and the last epoch and as often as wanted in between")
    func interval() throws {
        func epochs(_ count: Int, _ every: Int?) throws -> [Int] {
            try course(xor(epochs: count, healthEvery: every)).enumerated()
                .filter { $1["gradient_norm"] != nil }.map { $0.offset + 1 }
        }
        #expect(try epochs(10, 4) == [1, 4, 8, 10])
        #expect(try epochs(3, 1) == [1, 2, 3])
        #expect(try epochs(3, 0) == [])
        #expect(try epochs(1, nil) == [1])
        // 8,192 samples lie between passes of so few: 2,048 epochs.
        #expect(try epochs(5000, nil) == [1, 2048, 4096, 5000])
    }

    @Test("the training goes on as if nobody had looked", arguments: [1, 3, 0])
    func unchanged(_ every: Int) throws {
        func parameters(_ every: Int) throws -> [Double] {
            var training = try xor(epochs: 50, healthEvery: every)
            while !training.isFinished {
                _ = try training.advance(maximumSteps: 7, maximumEpochs: 3)
            }
            return training.network().flat
        }
        #expect(try parameters(every) == parameters(50))
    }

    @Test("slices and workers don't change its bits, nor does it those of layers with a state")
    func determinism() throws {
        var generator = Generator(seed: 10)
        let network = try Network(
            inputShape: [6],
            layers: [
                Layer(.dense(Dense(units: 20, activation: .relu))),
                Layer(.batchNormalization(BatchNormalization())),
                Layer(.dropout(Dropout(rate: 0.3))),
                Layer(.dense(Dense(units: 3, activation: .softmax))),
            ])
        let samples = try Samples(
            inputs: Tensor(generator.normals(300 * 6), shape: [300, 6]),
            targets: Tensor((0..<300).map { _ in Double(generator.index(below: 3)) }))
        func run(every: Int, steps: Int, _ shards: ShardRunner) throws -> ([[Double]], [Double]) {
            var training = try Training(
                network: network, loss: Loss(.crossEntropy(.plain)), samples: samples,
                settings: TrainingSettings(
                    optimizer: .sgd(SGD(learningRate: 0.01)), epochs: 4, batchSize: 150, seed: 3,
                    healthEvery: every))
            var metrics: [[Double]] = []
            while !training.isFinished {
                for summary in try training.advance(
                    maximumSteps: steps, maximumEpochs: 9, shards: shards)
                {
                    metrics.append(summary.metrics.map { $0.value })
                }
            }
            return (metrics, training.network().flat)
        }
        let expected = try run(every: 1, steps: 100, .serial)
        #expect(expected.0.allSatisfy { $0.count > 3 })
        for (steps, shards) in [(1, ShardRunner.workers(2)), (3, .workers(8))] {
            let found = try run(every: 1, steps: steps, shards)
            #expect(found.0 == expected.0 && found.1 == expected.1)
        }
        #expect(try run(every: 0, steps: 100, .serial).1 == expected.1)
    }
}
