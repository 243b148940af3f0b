import NablaNetworks
import Testing

@testable import NablaCore

/// Training keeps the weights of a first layer in panels; nobody outside sees it.
@Suite("Weights in panels")
struct PanelTests {
    /// Networks whose first layer has panels: one, two of which the last is short, whole ones.
    static let sizes = [(inputs: 16, units: 16), (19, 50), (300, 64)]

    private func problem(
        _ size: (inputs: Int, units: Int), samples: Int
    ) throws -> (network: Network, samples: Samples) {
        var generator = Generator(seed: UInt64(size.inputs * 1000 + samples))
        func tensor(_ shape: Shape, scale: Double) throws -> Tensor {
            try Tensor(generator.normals(shape.size ?? 0).map { $0 * scale }, shape: shape)
        }
        let network = try Network(layers: [
            Layer(
                .dense(
                    Dense(
                        weights: tensor([size.units, size.inputs], scale: 0.2),
                        bias: tensor([size.units], scale: 0.2), activation: .tanh))),
            Layer(
                .dense(
                    Dense(
                        weights: tensor([3, size.units], scale: 0.2), bias: tensor([3], scale: 0.2),
                        activation: .identity))),
        ])
        return (
            network,
            try Samples(
                inputs: tensor([samples, size.inputs], scale: 1),
                targets: tensor([samples, 3], scale: 1))
        )
    }

    @Test("are the same weights", arguments: sizes)
    func roundTrip(size: (inputs: Int, units: Int)) {
        let panels = DensePanels(inputs: size.inputs, units: size.units)
        let weights = (0..<size.inputs * size.units).map(Double.init)
        var inPanels = [Double](repeating: -1, count: weights.count)
        #expect(panels.arrange(weights, into: &inPanels, nil))
        #expect(panels.rows(of: inPanels[...]) == weights)
        // Panel after panel, input after input, the weights of a panel's units.
        var expected: [Double] = []
        for panel in 0..<panels.count {
            for input in 0..<size.inputs {
                for unit in panels.units(of: panel) {
                    expected.append(weights[unit * size.inputs + input])
                }
            }
        }
        #expect(inPanels == expected)
    }

    @Test("are what a training without steps gives back", arguments: sizes)
    func untrained(size: (inputs: Int, units: Int)) throws {
        let (network, samples) = try problem(size, samples: 40)
        let training = try Training(
            network: network, loss: Loss(.meanSquaredError), samples: samples,
            settings: TrainingSettings(optimizer: .sgd(SGD()), epochs: 1, dtype: .float64))
        #expect(training.network() == network)
    }

    /// Batches of whole tiles, of every kind of rest, and beyond a block.
    @Test("step where the gradients lead", arguments: sizes, [7, 39, 167, 300])
    func steps(size: (inputs: Int, units: Int), count: Int) throws {
        let (network, samples) = try problem(size, samples: count)
        let rate = 0.25
        for dtype in DType.allCases {
            var training = try Training(
                network: network, loss: Loss(.meanSquaredError), samples: samples,
                settings: TrainingSettings(
                    optimizer: .sgd(SGD(learningRate: rate)), epochs: 1, batchSize: count,
                    dtype: dtype))
            _ = try training.advance(maximumSteps: 1, shards: .workers(2))
            let gradients = try Gradients.compute(
                of: Loss(.meanSquaredError), network: network, samples: samples, dtype: .float64,
                workspace: Workspace())
            let tolerance = dtype == .float64 ? 1e-13 : 1e-5
            let expected = zip(network.flat, gradients.flat).map { $0 - rate * $1 }
            let worst = zip(training.network().flat, expected).map { abs($0 - $1) }.max()
            #expect(try #require(worst) < tolerance, "\(dtype)")
        }
    }

    @Test("give large requests the gradients that small ones have, whoever computes them")
    func gradients() throws {
        let (network, samples) = try problem((300, 150), samples: 200)
        func gradients(_ shards: ShardRunner, _ including: Inclusions = []) throws -> Gradients {
            try Gradients.compute(
                of: Loss(.meanSquaredError), network: network, samples: samples, dtype: .float64,
                including: including, workspace: Workspace(), shards: shards)
        }
        // Input gradients want rows.
        let rows = try gradients(.serial, [.inputGradients, .norms])
        let panels = try gradients(.serial, [.norms])
        let worst = zip(rows.flat, panels.flat).map { abs($0 - $1) }.max()
        #expect(try #require(worst) < 1e-14 && panels.flat != rows.flat)
        #expect(abs(try #require(rows.norms).global - (try #require(panels.norms).global)) < 1e-13)
        for shards in [ShardRunner.serial, .workers(2), .workers(8), .backwards] {
            #expect(try gradients(shards).flat == panels.flat)
            #expect(try gradients(shards, [.outputs]).flat == panels.flat)
        }
    }

    /// Gradients that are written row by row while they are computed, of one layer, of two and of those
    /// that are wanted, against those that are brought into rows afterwards.
    @Test(
        "give each layer that reads the inputs its gradients", arguments: DType.allCases,
        [200, 600])
    func branches(dtype: DType, samples count: Int) throws {
        var generator = Generator(seed: 21)
        func dense(_ units: Int, _ inputs: Int) throws -> Dense {
            try Dense(
                weights: Tensor(
                    generator.normals(units * inputs).map { $0 * 0.1 }, shape: [units, inputs]),
                bias: Tensor(generator.normals(units)), activation: .tanh)
        }
        let network = try Network(
            inputShape: [150],
            layers: [
                Layer(name: "left", .dense(dense(100, 150))),
                Layer(name: "right", inputs: ["input"], .dense(dense(60, 150))),
                Layer(inputs: ["left", "right"], .concatenate), Layer(.dense(dense(3, 160))),
            ])
        let samples = try Samples(
            inputs: Tensor(generator.normals(count * 150), shape: [count, 150]),
            targets: Tensor(generator.normals(count * 3), shape: [count, 3]))
        for wanted in [[], [0, 1, 3], [1], [3]] {
            var settings = GradientSettings()
            if !wanted.isEmpty { settings.layers = wanted }
            func gradients(
                _ shards: ShardRunner, _ including: Inclusions = []
            ) throws -> Gradients {
                try Gradients.compute(
                    of: Loss(.meanSquaredError), network: network, samples: samples, dtype: dtype,
                    including: including, settings: settings, workspace: Workspace(),
                    shards: shards)
            }
            let expected = try gradients(.serial, [.norms])
            #expect(
                expected.layers.map { $0.weights != nil }
                    == [0, 1, 2, 3].map { $0 != 2 && (wanted.isEmpty || wanted.contains($0)) })
            for shards in [ShardRunner.serial, .workers(2), .workers(8), .backwards] {
                let found = try gradients(shards)
                #expect(found.layers == expected.layers && found.loss == expected.loss)
            }
        }
    }

    @Test("have the same bits with every number of workers", arguments: [32, 100, 250])
    func determinism(batch: Int) throws {
        let (network, samples) = try problem((300, 150), samples: 500)
        for optimizer in [Optimizer.sgd(try SGD(momentum: 0.9)), .adam(try Adam())] {
            func trained(_ shards: ShardRunner, steps: Int) throws -> Network {
                var training = try Training(
                    network: network, loss: Loss(.meanSquaredError), samples: samples,
                    settings: TrainingSettings(
                        optimizer: optimizer, epochs: 3, batchSize: batch, seed: 5))
                while !training.isFinished {
                    _ = try training.advance(maximumSteps: steps, shards: shards)
                }
                return training.network()
            }
            let expected = try trained(.serial, steps: 1000)
            for (shards, steps) in [
                (ShardRunner.workers(2), 1000), (.workers(3), 2), (.workers(8), 1000),
                (.backwards, 1000), (.serial, 1),
            ] {
                #expect(try trained(shards, steps: steps) == expected)
            }
        }
    }

    @Test(
        "leave it to the inputs, the weights or the gradients to be named that aren't finite",
        arguments: [200, 600])
    func places(count: Int) throws {
        let (network, samples) = try problem((300, 150), samples: count)
        func place(
            weight: Double = 0.1, input: Double = 1
        ) throws -> NonFinite? {
            guard case .given(let weights, let bias) = network.layers[0].parameters
            else { return nil }
            var (first, inputs) = (weights.doubles, samples.inputs.doubles)
            (first[200 * 150 - 1], inputs[150 * 300 + 7]) = (weight, input)
            let changed = try Network(layers: [
                network.layers[0].with(
                    weights: Tensor(first, shape: weights.shape), bias: bias, statistics: nil),
                network.layers[1],
            ])
            let changedSamples = try Samples(
                inputs: Tensor(inputs, shape: samples.inputs.shape), targets: samples.targets)
            let error = computationError {
                _ = try Gradients.compute(
                    of: Loss(.meanAbsoluteError, reduction: .sum), network: changed,
                    samples: changedSamples, dtype: .float32, workspace: Workspace(),
                    shards: .workers(2))
            }
            guard case .nonFinite(let place) = error else { return nil }
            return place
        }
        #expect(try place() == nil)
        // Finite in float64, infinite in float32.
        #expect(try place(input: 1e39) == NonFinite(tensor: "inputs", sample: 150))
        #expect(try place(weight: 1e39, input: 1e39) == NonFinite(tensor: "inputs", sample: 150))
        #expect(try place(weight: -1e39) == NonFinite(layer: 0, tensor: "weights"))
        // Inputs whose units are all but asleep: pre-activations and losses are finite, 256 terms of
        // a gradient together aren't.
        let inputs = samples.inputs.doubles.indices.map { $0 % 300 == 0 ? 3e38 : 0.0 }
        let error = computationError {
            _ = try Gradients.compute(
                of: Loss(.meanAbsoluteError, reduction: .sum),
                network: Network(layers: [
                    dense(
                        [[Double]](repeating: [Double](repeating: 0, count: 300), count: 150),
                        .identity),
                    dense(
                        [[Double]](repeating: [Double](repeating: 1, count: 150), count: 3),
                        .identity),
                ]),
                samples: Samples(
                    inputs: Tensor(inputs, shape: samples.inputs.shape),
                    targets: Tensor([Double](repeating: 1, count: count * 3), shape: [count, 3])),
                dtype: .float32, workspace: Workspace(), shards: .workers(2))
        }
        #expect(error == .nonFinite(NonFinite(layer: 0, tensor: "weights_gradient")))
    }

    /// A last batch that is one block, or shards of more samples than those of a full batch.
    @Test(
        "see a last batch whole that is cut into fewer shards", arguments: [(300, 200), (520, 500)])
    func lastBatch(batch: Int, rest: Int) throws {
        let (network, samples) = try problem((300, 64), samples: batch + rest)
        func part(_ range: Range<Int>) throws -> Samples {
            try Samples(
                inputs: Tensor(
                    Array(samples.inputs.doubles[range.lowerBound * 300..<range.upperBound * 300]),
                    shape: [range.count, 300]),
                targets: Tensor(
                    Array(samples.targets.doubles[range.lowerBound * 3..<range.upperBound * 3]),
                    shape: [range.count, 3]))
        }
        func trained(
            _ network: Network, _ samples: Samples, shuffles: Bool, _ shards: ShardRunner
        ) throws -> Network {
            var training = try Training(
                network: network, loss: Loss(.meanSquaredError), samples: samples,
                settings: TrainingSettings(
                    optimizer: .sgd(SGD()), epochs: 1, batchSize: batch, shuffle: shuffles,
                    seed: 3, dtype: .float64))
            while !training.isFinished {
                _ = try training.advance(maximumSteps: 100, shards: shards)
            }
            return training.network()
        }
        let first = try trained(network, part(0..<batch), shuffles: false, .serial)
        let expected = try trained(first, part(batch..<batch + rest), shuffles: false, .serial)
        for shards in [ShardRunner.serial, .workers(2), .workers(8)] {
            #expect(try trained(network, samples, shuffles: false, shards) == expected)
            #expect(
                try trained(network, samples, shuffles: true, shards)
                    == trained(network, samples, shuffles: true, .serial))
        }
    }

    /// The sums of shards, which a team updates the parameters from, and which clipping wants to see
    /// before.
    @Test("are updated from several shards as after clipping that changes nothing")
    func shards() throws {
        let (network, samples) = try problem((300, 64), samples: 1000)
        for optimizer in [Optimizer.sgd(try SGD()), .adam(try Adam())] {
            func trained(clipValue: Double?, _ shards: ShardRunner) throws -> Network {
                var training = try Training(
                    network: network, loss: Loss(.meanSquaredError), samples: samples,
                    settings: TrainingSettings(
                        optimizer: optimizer, epochs: 3, batchSize: 700, seed: 5, dtype: .float32,
                        clipValue: clipValue))
                while !training.isFinished {
                    _ = try training.advance(maximumSteps: 1000, shards: shards)
                }
                return training.network()
            }
            let expected = try trained(clipValue: 1e30, .serial)
            #expect(expected != network)
            for shards in [ShardRunner.serial, .workers(2), .workers(8), .backwards] {
                #expect(try trained(clipValue: nil, shards) == expected)
            }
        }
    }

    @Test("name themselves where a gradient isn't finite")
    func nonFinite() throws {
        let (network, samples) = try problem((300, 64), samples: 32)
        var inputs = samples.inputs.doubles
        inputs[0] = 1e300
        let large = try Samples(
            inputs: Tensor(inputs, shape: samples.inputs.shape),
            targets: Tensor(samples.targets.doubles.map { $0 * 1e300 }, shape: [32, 3]))
        var training = try Training(
            network: network, loss: Loss(.meanAbsoluteError, reduction: .sum), samples: large,
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 1e10)), epochs: 2, dtype: .float64))
        let error = #expect(throws: ComputationError.self) {
            while !training.isFinished {
                _ = try training.advance(maximumSteps: 1, shards: .workers(2))
            }
        }
        guard case .nonFinite(let place) = error else {
            Issue.record("not nonFinite: \(String(describing: error))")
            return
        }
        #expect(place.layer == 0 && place.epoch == 2, "\(place)")
    }
}
