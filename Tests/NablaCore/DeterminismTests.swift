import Dispatch
import NablaNetworks
import Synchronization
import Testing

@testable import NablaCore

/// The same bits with 1, 2 and 8 workers, idle and while other threads keep the machine busy.
@Suite("The bits depend on the request alone")
struct DeterminismTests {
    /// Ways to run shards.
    private static let workers = [
        ShardRunner.workers(1), .workers(2), .workers(8),
    ]

    /// Runs `body` with all workers, then again on a busy machine, and compares what it gives.
    private func expectSame<Result: Equatable>(
        _ comment: Comment, _ body: (ShardRunner) throws -> Result
    ) throws {
        let expected = try body(.serial)
        for shards in Self.workers {
            #expect(try body(shards) == expected, comment)
        }
        let load = Load(threads: 3)
        defer { load.stop() }
        for shards in Self.workers.dropFirst() {
            #expect(try body(shards) == expected, "\(comment), on a busy machine")
        }
    }

    @Test("of gradients and what comes with them", arguments: DType.allCases, [false, true])
    func gradients(_ dtype: DType, isTraining: Bool) throws {
        var generator = Generator(seed: 9)
        let (network, samples) = try generator.mixedNetwork(samples: 600, normalizing: !isTraining)
        // Once is enough: in either type the product is computed in float64.
        let hasVector = dtype == .float64 && isTraining
        let vector = hasVector ? try generator.direction(for: network) : nil
        try expectSame("\(dtype), training: \(isTraining)") { shards in
            let result = try Gradients.compute(
                of: Loss(.crossEntropy(.plain)), network: network, samples: samples, dtype: dtype,
                including: [.inputGradients, .outputs, .norms],
                settings: GradientSettings(isTraining: isTraining, seed: 7, vector: vector),
                workspace: Workspace(), shards: shards)
            return [
                result.loss.doubles, result.flat, try #require(result.inputGradients).doubles,
                try #require(result.outputs).doubles, [try #require(result.norms).global],
                (result.hessianVectorProduct ?? []).flat,
            ]
        }
    }

    /// Every optimizer, those with a state of their own with all of it.
    static func optimizers() throws -> [Optimizer] {
        [
            .sgd(try SGD()), .sgd(try SGD(momentum: 0.9, nesterov: true, weightDecay: 0.01)),
            .adam(try Adam()), .adam(try Adam(weightDecay: 0.01, amsgrad: true)),
            .adamW(try AdamW()), .rmsProp(try RMSProp(momentum: 0.9, centered: true)),
            .adagrad(try Adagrad()), .nadam(try NAdam()), .lion(try Lion()),
            .lbfgs(try LBFGS()),
        ]
    }

    @Test(
        "of trainings with dropout and shuffling, by every optimizer, with and without batch norm")
    func trainings() throws {
        let optimizers = try Self.optimizers()
        #expect(Set(optimizers.map(\.name)) == Set(Optimizer.names))
        var generator = Generator(seed: 10)
        for normalizes in [false, true] {
            let (network, samples) = try generator.mixedNetwork(
                samples: normalizes ? 100 : 300, normalizing: normalizes)
            for optimizer in optimizers {
                try expectSame("\(optimizer), batch normalisation: \(normalizes)") { shards in
                    var training = try Training(
                        network: network, loss: Loss(.crossEntropy(.plain)), samples: samples,
                        settings: TrainingSettings(
                            optimizer: optimizer, epochs: 1,
                            batchSize: optimizer.name == "lbfgs" ? nil : 280, seed: 3))
                    while !training.isFinished {
                        _ = try training.advance(maximumSteps: 1, shards: shards)
                    }
                    return training.network()
                }
            }
        }
    }
}

/// Threads that keep the processors busy until they are stopped.
private final class Load: Sendable {
    private let isOver = Atomic(false)
    private let group = DispatchGroup()

    init(threads: Int) {
        for index in 0..<threads {
            DispatchQueue(label: "load \(index)").async(group: group) { [self] in
                var generator = Generator(seed: UInt64(index))
                while !isOver.load(ordering: .relaxed) { _ = generator.next() }
            }
        }
    }

    func stop() {
        isOver.store(true, ordering: .relaxed)
        group.wait()
    }
}

extension ShardRunner {
    /// Runs shards on so many threads, each of which takes the next one that is left.
    static func workers(_ count: Int) -> ShardRunner {
        // A serial queue has a thread of its own, however few processors there are.
        let queues = (0..<count).map { DispatchQueue(label: "worker \($0)") }
        return ShardRunner(threads: count) { shards, shard in
            let (counter, group) = (Counter(), DispatchGroup())
            withoutActuallyEscaping(shard) { shard in
                for queue in queues {
                    queue.async(group: group) {
                        while let index = counter.next(below: shards) { shard(index) }
                    }
                }
                group.wait()
            }
        }
    }
}

/// Gives each number once, to whichever thread asks.
private final class Counter: Sendable {
    private let given = Atomic(0)

    func next(below bound: Int) -> Int? {
        let index = given.wrappingAdd(1, ordering: .relaxed).oldValue
        return index < bound ? index : nil
    }
}

extension Generator {
    /// Images, a network that reads them through layers of many types, and classes.
    fileprivate mutating func mixedNetwork(
        samples count: Int, normalizing: Bool
    ) throws -> (Network, Samples) {
        func tensor(_ shape: Shape) throws -> Tensor {
            let numbers = normals(shape.size ?? 0)
            return try Tensor(numbers.map { $0 * 0.4 }, shape: shape)
        }
        let first = Layer(
            name: "first",
            .conv2d(
                try Convolution(
                    weights: tensor([3, 1, 3, 3]), bias: tensor([3]), activation: .gelu)))
        let normalized = Layer(
            name: "normalized",
            .batchNormalization(
                try BatchNormalization(
                    parameters: .given(weights: tensor([3]), bias: tensor([3])))))
        let layers: [Layer] = try [
            first, normalizing ? normalized : Layer(name: "normalized", .activation(.tanh)),
            Layer(name: "dropped", .dropout(Dropout(rate: 0.3))),
            Layer(name: "sum", inputs: ["dropped", "first"], .add), Layer(.flatten),
            Layer(
                .layerNormalization(
                    LayerNormalization(
                        parameters: .given(weights: tensor([27]), bias: tensor([27]))))),
            Layer(
                .dense(
                    Dense(weights: tensor([16, 27]), bias: tensor([16]), activation: .silu))),
            Layer(
                .dense(
                    Dense(weights: tensor([3, 16]), bias: tensor([3]), activation: .softmax))),
        ]
        let classes = (0..<count).map { _ in Double(index(below: 3)) }
        return (
            try Network(inputShape: [1, 5, 5], layers: layers),
            try Samples(
                inputs: Tensor(normals(count * 25), shape: [count, 1, 5, 5]),
                targets: Tensor(classes))
        )
    }
}
