import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Training")
struct TrainingTests {
    /// A training with shuffled batches of several shards, a smaller last batch, metrics and
    /// validation.
    private func training(
        dtype: DType = .float32, epochs: Int = 3, batchSize: Int = 700, seed: UInt64 = 4,
        optimizer: Optimizer? = nil
    ) throws -> Training {
        var generator = Generator(seed: 11)
        let count = 1500
        func samples(_ count: Int) throws -> Samples {
            try Samples(
                inputs: Tensor(generator.normals(count * 6), shape: [count, 6]),
                targets: Tensor((0..<count).map { _ in Double(generator.index(below: 3)) }),
                weights: Tensor((0..<count).map { _ in generator.uniform() }))
        }
        return try Training(
            network: Network(
                inputShape: [6],
                layers: [
                    Layer(name: "hidden", .dense(Dense(units: 12, activation: .gelu))),
                    Layer(.dense(Dense(units: 3, activation: .softmax))),
                ]),
            loss: Loss(.crossEntropy(.plain)), samples: samples(count), validation: samples(300),
            settings: TrainingSettings(
                optimizer: optimizer ?? .adam(Adam(learningRate: 0.01)), epochs: epochs,
                batchSize: batchSize, seed: seed, dtype: dtype, clipNorm: 1, metrics: [.accuracy]))
    }

    /// Runs a training to its end.
    private func finish(
        _ training: Training, slice: Int, _ shards: ShardRunner = .serial
    ) throws -> (network: Network, metrics: [[Double]]) {
        var (training, metrics) = (training, [[Double]]())
        while !training.isFinished {
            if case .epochEnded(let summary) = try training.advance(
                maximumSteps: slice, shards: shards)
            {
                metrics.append(summary.metrics.map(\.value))
            }
        }
        return (training.network(), metrics)
    }

    @Test("the bits don't depend on slices or on what runs the shards", arguments: DType.allCases)
    func determinism(_ dtype: DType) throws {
        let training = try training(dtype: dtype)
        #expect(training.stepsPerEpoch == 3)
        #expect(training.parameterCount == 6 * 12 + 12 + 12 * 3 + 3)
        let whole = try finish(training, slice: 1000)
        for (slice, shards) in [
            (1, ShardRunner.serial), (2, .concurrent), (1000, .concurrent), (1, .backwards),
        ] {
            let other = try finish(training, slice: slice, shards)
            #expect(other.network == whole.network)
            #expect(other.metrics == whole.metrics)
        }
    }

    @Test("the seed decides weights and order")
    func seed() throws {
        let first = try finish(training(seed: 1), slice: 10).network
        #expect(try finish(training(seed: 1), slice: 10).network == first)
        #expect(try finish(training(seed: 2), slice: 10).network != first)
    }

    @Test("a copy goes its own way")
    func valueSemantics() throws {
        var original = try training()
        _ = try original.advance(maximumSteps: 1)
        var copy = original
        let before = original.network()
        _ = try copy.advance(maximumSteps: 2)
        #expect(original.network() == before && original.step == 1)
        _ = try original.advance(maximumSteps: 2)
        #expect(original.network() == copy.network() && original.epoch == 1)
    }

    @Test("it may move between threads")
    func movesBetweenThreads() async throws {
        let whole = try finish(training(), slice: 1)
        let start = try training()
        let moved = try await Task.detached {
            var training = start
            _ = try training.advance(maximumSteps: 2)
            return training
        }.value
        #expect(try finish(moved, slice: 3).network == whole.network)
    }

    @Test("each epoch sees each sample once, in an order of its own")
    func shuffling() throws {
        // One weight a sample, gradients that add up: after an epoch each weight has moved once.
        let count = 50
        var inputs = [Double](repeating: 0, count: count * count)
        for row in 0..<count { inputs[row * count + row] = 1 }
        var training = try Training(
            network: Network(layers: [
                dense([[Double](repeating: 0, count: count)], .identity)
            ]),
            loss: Loss(.meanSquaredError, reduction: .sum),
            samples: Samples(
                inputs: Tensor(inputs, shape: [count, count]),
                targets: Tensor([Double](repeating: 1, count: count))),
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0.25)), epochs: 2, batchSize: 1, dtype: .float64))
        var orders: [[Int]] = []
        for epoch in 1...2 {
            var (order, before) = ([Int](), training.network().flat)
            for _ in 0..<count {
                _ = try training.advance(maximumSteps: 1)
                let after = training.network().flat
                order += after.indices.filter { after[$0] != before[$0] }
                before = after
            }
            #expect(order.sorted() == Array(0..<count))
            expectClose(
                before, [Double](repeating: 1 - (epoch == 1 ? 0.5 : 0.25), count: count))
            orders.append(order)
        }
        #expect(orders[0] != orders[1] && orders[0] != orders[0].sorted())
    }

    @Test("shuffling moves inputs, targets and weights of a sample together")
    func shufflingKeepsSamplesWhole() throws {
        // On the whole batch the order decides nothing but rounding.
        func trained(shuffle: Bool) throws -> [Double] {
            var generator = Generator(seed: 21)
            let network = try generator.network(
                inputs: 3, hidden: [4], outputs: 2, .tanh, last: .sigmoid)
            let samples = try generator.samples(
                40, inputs: 3, outputs: 2, for: .binaryCrossEntropy)
            var training = try Training(
                network: network, loss: Loss(.binaryCrossEntropy), samples: samples,
                settings: TrainingSettings(
                    optimizer: .sgd(SGD(learningRate: 0.5)), epochs: 5, batchSize: 40,
                    shuffle: shuffle, dtype: .float64))
            while !training.isFinished { _ = try training.advance(maximumSteps: 1) }
            return training.network().flat
        }
        expectClose(try trained(shuffle: true), try trained(shuffle: false), tolerance: 1e-13)
    }

    @Test("the loss of an epoch is the weighted mean over its batches, the smaller last one too")
    func epochLoss() throws {
        let (inputs, targets): ([[Double]], [Double]) = ([[1], [2], [3]], [0, 0, 0])
        for (reduction, weights, loss) in [
            (Reduction.mean, [1.0, 1, 1], 14.0 / 3), (.mean, [1, 0, 2], 19.0 / 3),
            (.sum, [1, 1, 1], 14.0 / 3), (.none, [1, 1, 1], 14.0 / 3),
        ] {
            var training = try Training(
                network: Network(layers: [dense([[1]], .identity)]),
                loss: Loss(.meanSquaredError, reduction: reduction),
                samples: Samples(
                    inputs: matrix(inputs), targets: Tensor(targets), weights: Tensor(weights)),
                settings: TrainingSettings(
                    optimizer: .sgd(SGD(learningRate: 0)), batchSize: 2, shuffle: false))
            guard case .epochEnded(let summary) = try training.advance(maximumSteps: 2) else {
                Issue.record("the epoch didn't end")
                return
            }
            expectClose([summary.metrics[0].value], [loss], tolerance: 1e-6)
        }
    }

    @Test("a batch in which no sample counts changes nothing")
    func weightlessBatch() throws {
        var training = try Training(
            network: Network(layers: [dense([[1]], .identity)]), loss: Loss(.meanSquaredError),
            samples: Samples(
                inputs: matrix([[1], [2]]), targets: Tensor([0.0, 0]), weights: Tensor([0.0, 1])),
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0.125)), batchSize: 1, shuffle: false))
        _ = try training.advance(maximumSteps: 1)
        #expect(training.network().flat == [1])
        _ = try training.advance(maximumSteps: 1)
        #expect(training.network().flat == [0])
    }

    @Test("drop_last leaves out the batch that isn't full")
    func dropLast() throws {
        var training = try Training(
            network: Network(layers: [dense([[0]], .identity)]),
            loss: Loss(.meanSquaredError, reduction: .sum),
            samples: Samples(inputs: matrix([[1], [1], [1]]), targets: Tensor([1.0, 1, 100])),
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0.25)), batchSize: 2, shuffle: false,
                dropLast: true))
        #expect(training.stepsPerEpoch == 1)
        _ = try training.advance(maximumSteps: 10)
        #expect(training.isFinished && training.step == 1)
        #expect(training.network().flat == [1])
    }

    @Test("XOR is learned")
    func xor() throws {
        var training = try Training(
            network: Network(
                inputShape: [2],
                layers: [
                    Layer(.dense(Dense(units: 4, activation: .tanh))),
                    Layer(.dense(Dense(units: 1, activation: .sigmoid))),
                ]),
            loss: Loss(.binaryCrossEntropy),
            samples: Samples(
                inputs: matrix([[0, 0], [0, 1], [1, 0], [1, 1]]), targets: Tensor([0.0, 1, 1, 0])),
            settings: TrainingSettings(
                optimizer: .adam(Adam(learningRate: 0.05)), epochs: 500, batchSize: 4, seed: 3,
                metrics: [.accuracy]))
        var last: EpochSummary?
        while !training.isFinished {
            if case .epochEnded(let summary) = try training.advance(maximumSteps: 1) {
                last = summary
            }
        }
        #expect(last?.metrics[1].value == 1)
        let outputs = try predict(
            network: training.network(), inputs: matrix([[0, 0], [0, 1], [1, 0], [1, 1]]),
            dtype: .float32, workspace: Workspace())
        #expect(outputs.doubles.map { $0.rounded() } == [0, 1, 1, 0])
    }

    @Test("the trained network keeps names, shapes and activations, in the training's type")
    func trainedNetwork() throws {
        let network = try training(dtype: .float32).network()
        #expect(network.layers[0].name == "hidden")
        #expect(network.outputShapes == [[12], [3]] && network.firstLayerWithoutNumbers == nil)
        guard case .dense(let dense) = network.layers[0].operation,
            case .given(let weights, let bias) = dense.parameters
        else { return }
        #expect(weights.dtype == .float32 && dense.activation == .gelu)
        #expect(bias?.doubles == [Double](repeating: 0, count: 12))
    }
}
