import NablaNetworks
import Testing

@testable import NablaCore

/// The first two layers are computed panel by panel where threads may share them; nobody outside
/// sees it but in the last bits.
@Suite("A first pair of layers")
struct FirstPairTests {
    private func layer(
        _ inputs: Int, _ units: Int, _ activation: Activation, scale: Double = 0.2,
        _ generator: inout Generator
    ) throws -> Layer {
        let weights = generator.normals(units * inputs).map { $0 * scale }
        return try Layer(
            .dense(
                Dense(
                    weights: Tensor(weights, shape: [units, inputs]),
                    bias: Tensor(generator.normals(units).map { $0 * 0.2 }),
                    activation: activation)))
    }

    /// 300-150-`units`-3: the first layer has five panels of which the last is short.
    private func problem(
        units: Int = 20, samples: Int = 200, _ change: (inout [Double]) -> Void = { _ in }
    ) throws -> (network: Network, samples: Samples) {
        var generator = Generator(seed: 11)
        let network = try Network(layers: [
            layer(300, 150, .softplus, &generator), layer(150, units, .tanh, &generator),
            layer(units, 3, .identity, &generator),
        ])
        var inputs = generator.normals(samples * 300)
        change(&inputs)
        return (
            network,
            try Samples(
                inputs: Tensor(inputs, shape: [samples, 300]),
                targets: Tensor(generator.normals(samples * 3), shape: [samples, 3]))
        )
    }

    private func gradients(
        _ problem: (network: Network, samples: Samples), _ including: Inclusions = [],
        layers: [Int]? = nil, _ shards: ShardRunner = .serial
    ) throws -> Gradients {
        try Gradients.compute(
            of: Loss(.meanSquaredError), network: problem.network, samples: problem.samples,
            dtype: .float64, including: including, settings: GradientSettings(layers: layers),
            workspace: Workspace(), shards: shards)
    }

    @Test("is there for a second layer of few units that reads the first alone")
    func conditions() throws {
        var generator = Generator(seed: 1)
        func isThere(_ layers: [Layer], rows: Int = 32) throws -> Bool {
            try Plan<Float>(Network(layers: layers), samples: rows, keepsPanels: true).pair != nil
        }
        func layers(_ activation: Activation, _ units: Int) throws -> [Layer] {
            [
                try layer(64, 48, activation, &generator),
                try layer(48, units, .identity, &generator),
            ]
        }
        #expect(try isThere(layers(.relu, 1)))
        #expect(try isThere(layers(.gelu, 32)))
        #expect(try !isThere(layers(.relu, 33)))
        #expect(try !isThere(layers(.softmax, 10)))
        #expect(try !isThere(layers(.relu, 10), rows: 3))
        #expect(try !isThere([layer(64, 48, .relu, &generator)]))
        let plan = try Plan<Float>(Network(layers: layers(.relu, 10)), samples: 32)
        #expect(plan.pair == nil)
    }

    /// Input gradients want rows; with 40 units there are panels and no pair.
    @Test("gives the activations and gradients that others give", arguments: [20, 40])
    func values(units: Int) throws {
        let problem = try problem(units: units)
        let rows = try gradients(problem, [.inputGradients, .activations])
        let panels = try gradients(problem, [.activations])
        #expect(panels.flat != rows.flat)
        let worst = zip(rows.flat, panels.flat).map { abs($0 - $1) }.max()
        #expect(try #require(worst) < 1e-13)
        let activations = try zip(
            #require(rows.activations), #require(panels.activations)
        ).map { rows, panels in
            #expect(rows.shape == panels.shape)
            return zip(rows.doubles, panels.doubles).map { abs($0 - $1) }.max() ?? .nan
        }
        #expect(activations.count == 3 && activations.allSatisfy { $0 < 1e-13 })
    }

    @Test(
        "leaves out the gradients of layers that aren't wanted",
        arguments: [[0], [1], [2], [0, 2]])
    func wanted(layers: [Int]) throws {
        let problem = try problem()
        let all = try gradients(problem).layers
        for shards in [ShardRunner.serial, .workers(2)] {
            let some = try gradients(problem, layers: layers, shards).layers
            for index in all.indices {
                #expect(some[index].weights == (layers.contains(index) ? all[index].weights : nil))
                #expect(some[index].bias == (layers.contains(index) ? all[index].bias : nil))
            }
        }
    }

    @Test("names the sample whose number isn't finite", arguments: [0, 17, 199])
    func nonFinite(sample: Int) throws {
        let problem = try problem { inputs in
            for input in 0..<300 { inputs[sample * 300 + input] *= 3e307 }
        }
        for shards in [ShardRunner.serial, .workers(2)] {
            let error = #expect(throws: ComputationError.self) {
                try gradients(problem, [], shards)
            }
            guard case .nonFinite(let place) = error else {
                Issue.record("not nonFinite: \(String(describing: error))")
                continue
            }
            #expect(place.layer == 0 && place.tensor == "pre_activations", "\(place)")
            #expect(place.sample == sample)
        }
    }

    @Test("is trained to the same bits with every number of workers", arguments: [7, 32, 200])
    func determinism(batch: Int) throws {
        let (network, samples) = try problem()
        func trained(_ shards: ShardRunner) throws -> Network {
            var training = try Training(
                network: network, loss: Loss(.meanSquaredError), samples: samples,
                settings: TrainingSettings(
                    optimizer: .adam(Adam()), epochs: 4, batchSize: batch, seed: 3))
            while !training.isFinished {
                _ = try training.advance(maximumSteps: 1000, shards: shards)
            }
            return training.network()
        }
        let expected = try trained(.serial)
        for shards in [ShardRunner.workers(2), .workers(8), .backwards] {
            #expect(try trained(shards) == expected)
        }
    }
}
