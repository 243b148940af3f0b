import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Validation")
struct ValidationTests {
    /// More samples than are seen at once, with a part left over.
    private static let count = 10_000

    /// A training whose rate of 0 leaves the network a = 2x, for one epoch of one step.
    private func training(epochs: Int = 1) throws -> Training {
        let inputs = (0..<Self.count).map { Double($0 % 97) / 16 }
        let targets = inputs.enumerated().map { 2 * $1 + Double($0 % 3) / 8 }
        return try Training(
            network: Network(layers: [dense([[2]], .identity)]), loss: Loss(.meanSquaredError),
            samples: Samples(inputs: matrix([[1]]), targets: Tensor([2.0])),
            validation: Samples(
                inputs: Tensor(inputs, shape: [Self.count, 1]), targets: Tensor(targets),
                weights: Tensor((0..<Self.count).map { Double($0 % 5) })),
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0)), epochs: epochs, batchSize: 1,
                metrics: [.meanAbsoluteError]))
    }

    /// The values of the epochs, and in how many pieces they were made.
    private func finish(
        _ training: Training, _ shards: ShardRunner = .serial
    ) throws -> (values: [[Double]], pieces: Int) {
        var (training, values, pieces) = (training, [[Double]](), 0)
        while !training.isFinished {
            let ended = try training.advance(
                maximumSteps: 100, maximumEpochs: 100, shards: shards)
            values += ended.map { $0.metrics.map(\.value) }
            pieces += 1
            guard !training.isFinished else { continue }
            #expect(!training.isBetweenEpochs && training.checkpoint() == nil)
        }
        return (values, pieces)
    }

    @Test("many samples are seen piece by piece, and counted as if at once")
    func pieces() throws {
        let (values, pieces) = try finish(training(epochs: 2))
        // Of each epoch three; what is behind the last goes on at once.
        #expect(pieces == 2 * 2 + 1)
        #expect(values.count == 2)
        // The error of sample i is (i mod 3)/8, and its weight i mod 5.
        let errors = (0..<Self.count).map { Double($0 % 3) / 8 }
        let weights = (0..<Self.count).map { Double($0 % 5) }
        let squares = zip(errors, weights).map { $0 * $0 * $1 }.reduce(0, +)
        let loss = squares / weights.reduce(0, +)
        let distance = errors.reduce(0, +) / Double(Self.count)
        for epoch in values { expectClose(Array(epoch[2...3]), [loss, distance]) }
    }

    @Test("the workers don't change a bit of it")
    func deterministic() throws {
        let alone = try finish(training()).values
        #expect(try finish(training(), .workers(2)).values == alone)
        #expect(try finish(training(), .workers(8)).values == alone)
    }
}
