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
        panels.arrange(weights, into: &inPanels)
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
        for shards in [ShardRunner.workers(2), .workers(8), .backwards] {
            #expect(try gradients(shards).flat == panels.flat)
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
