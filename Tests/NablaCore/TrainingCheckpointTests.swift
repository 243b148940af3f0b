import NablaNetworks
import Testing

@testable import NablaCore

/// A training cut off and taken up again against one that was never disturbed, bit by bit.
@Suite("A training taken up from a checkpoint")
struct TrainingCheckpointTests {
    private static let epochs = 7

    /// Networks that between them have all that a training may keep: weights in panels, dropout and
    /// running statistics; and a chain small enough for steps of its own.
    enum Kind: CaseIterable {
        case panels, layers, small
    }

    private static func network(_ kind: Kind) throws -> Network {
        let last = Layer(.dense(try Dense(units: 2, activation: .identity)))
        switch kind {
        case .panels:
            return try Network(
                inputShape: [19],
                layers: [Layer(.dense(Dense(units: 50, activation: .tanh))), last])
        case .layers:
            return try Network(
                inputShape: [6],
                layers: [
                    Layer(.dense(Dense(units: 8, activation: .relu))),
                    Layer(.batchNormalization(BatchNormalization())),
                    Layer(.dropout(Dropout(rate: 0.3))), last,
                ])
        case .small:
            return try Network(
                inputShape: [3], layers: [Layer(.dense(Dense(units: 4, activation: .tanh))), last])
        }
    }

    private static func training(
        _ optimizer: Optimizer, _ kind: Kind, _ dtype: DType, network: Network? = nil,
        schedule: Schedule = .constant, epochs: Int = TrainingCheckpointTests.epochs,
        earlyStopping: EarlyStopping? = nil, healthEvery: Int? = nil
    ) throws -> Training {
        var generator = Generator(seed: 11)
        let (drawn, count) = (try Self.network(kind), kind == .small ? 10 : 45)
        let width = drawn.inputShape[0]
        return try Training(
            network: network ?? drawn, loss: Loss(.meanSquaredError),
            samples: Samples(
                inputs: Tensor(generator.normals(count * width), shape: [count, width]),
                targets: Tensor(generator.normals(count * 2), shape: [count, 2])),
            validation: Samples(
                inputs: Tensor(generator.normals(5 * width), shape: [5, width]),
                targets: Tensor(generator.normals(10), shape: [5, 2])),
            settings: TrainingSettings(
                optimizer: optimizer, schedule: schedule, epochs: epochs,
                batchSize: optimizer.takesAllSamples ? nil : 8, shuffle: true, seed: 3,
                dtype: dtype, metrics: kind == .small ? [] : [.meanAbsoluteError],
                earlyStopping: earlyStopping, healthEvery: healthEvery))
    }

    /// What is seen of a training from here to its end.
    private func course(_ start: Training) throws -> (values: [[Double]], network: Network) {
        var (training, values) = (start, [[Double]]())
        while !training.isFinished {
            for summary in try training.advance(maximumSteps: 100, maximumEpochs: 1) {
                values.append(summary.metrics.map(\.value) + [Double(summary.epoch)])
            }
        }
        return (values, training.network())
    }

    /// The training with its first epochs done, as bytes and a network that were stored have it.
    private func resumed(
        _ start: Training, after epochs: Int, into make: (Network) throws -> Training
    ) throws -> Training {
        var training = start
        while training.epoch < epochs { _ = try training.advance(maximumSteps: 1) }
        let checkpoint = try #require(training.checkpoint())
        let read = try TrainingCheckpoint(bytes: checkpoint.bytes)
        #expect(read == checkpoint)
        var resumed = try make(training.network())
        try resumed.resume(from: read)
        #expect(resumed.epoch == epochs && resumed.step == training.step)
        return resumed
    }

    @Test(
        "goes on to the same bits", arguments: try OptimizerPropertyTests.optimizers(),
        Kind.allCases)
    func same(_ optimizer: Optimizer, _ kind: Kind) throws {
        for dtype in DType.allCases {
            let start = try Self.training(optimizer, kind, dtype)
            let whole = try course(start)
            #expect(whole.values.count == Self.epochs)
            for epochs in [0, 1, 4, Self.epochs] {
                let resumed = try resumed(start, after: epochs) {
                    try Self.training(optimizer, kind, dtype, network: $0)
                }
                let rest = try course(resumed)
                #expect(rest.values == Array(whole.values.dropFirst(epochs)), "\(dtype) \(epochs)")
                #expect(rest.network == whole.network, "\(dtype), after \(epochs)")
            }
        }
    }

    @Test(
        "goes on at the same learning rate",
        arguments: [
            try Schedule(.step(stepSize: 2, gamma: 0.5), warmupEpochs: 3),
            try Schedule(.exponential(gamma: 0.9)), try Schedule(.cosine(tMax: 7, etaMin: 0)),
            try Schedule(.reduceOnPlateau(factor: 0.5, patience: 0)),
        ])
    func schedules(_ schedule: Schedule) throws {
        // Too large a rate, so that the loss goes up and down.
        let optimizer = Optimizer.sgd(try SGD(learningRate: 0.9, momentum: 0.9))
        let start = try Self.training(optimizer, .small, .float64, schedule: schedule)
        let whole = try course(start)
        for epochs in 1..<Self.epochs {
            let resumed = try resumed(start, after: epochs) {
                try Self.training(optimizer, .small, .float64, network: $0, schedule: schedule)
            }
            let rest = try course(resumed)
            #expect(rest.values == Array(whole.values.dropFirst(epochs)))
            #expect(rest.network == whole.network)
        }
    }

    @Test("stops at the same epoch with the same network", arguments: Kind.allCases, [false, true])
    func stopping(_ kind: Kind, _ restoresBest: Bool) throws {
        let stopping = try EarlyStopping(
            monitor: "loss", patience: 3, minDelta: 0.02, restoreBest: restoresBest)
        func make(_ dtype: DType, _ network: Network? = nil) throws -> Training {
            // Large rates, so that the loss goes up and down.
            try Self.training(
                .sgd(SGD(learningRate: kind == .layers ? 0.03 : 0.3, momentum: 0.9)), kind, dtype,
                network: network,
                epochs: 60, earlyStopping: stopping, healthEvery: 2)
        }
        for dtype in DType.allCases {
            let start = try make(dtype)
            let whole = try course(start)
            let count = whole.values.count
            #expect(count > 3 && count < 60, "\(dtype)")
            for epochs in 0...count {
                let resumed = try resumed(start, after: epochs) { try make(dtype, $0) }
                let rest = try course(resumed)
                #expect(rest.values == Array(whole.values.dropFirst(epochs)), "\(dtype) \(epochs)")
                #expect(rest.network == whole.network, "\(dtype), after \(epochs)")
            }
        }
    }

    @Test("may have more epochs, and is then the longer training")
    func longer() throws {
        let optimizer = Optimizer.adam(try Adam())
        let whole = try course(Self.training(optimizer, .layers, .float32, epochs: 12))
        let short = try Self.training(optimizer, .layers, .float32)
        let resumed = try resumed(short, after: Self.epochs) {
            try Self.training(optimizer, .layers, .float32, network: $0, epochs: 12)
        }
        let rest = try course(resumed)
        #expect(rest.values == Array(whole.values.dropFirst(Self.epochs)))
        #expect(rest.network == whole.network)
    }

    @Test("has none within an epoch, or within a step of L-BFGS")
    func within() throws {
        var training = try Self.training(.sgd(SGD()), .small, .float32)
        _ = try training.advance(maximumSteps: 1)
        #expect(training.checkpoint() == nil)
        _ = try training.advance(maximumSteps: 1)
        #expect(training.epoch == 1 && training.checkpoint() != nil)
        var lbfgs = try Self.training(.lbfgs(LBFGS(maxIterations: 4)), .small, .float32)
        _ = try lbfgs.advance(maximumSteps: 1)
        #expect(lbfgs.checkpoint() == nil)
    }

    @Test("refuses bytes that are none, and those of another training")
    func refuses() throws {
        var training = try Self.training(.adam(Adam()), .small, .float32)
        _ = try training.advance(maximumSteps: 2)
        let checkpoint = try #require(training.checkpoint())
        let bytes = checkpoint.bytes
        #expect(throws: ComputationError.self) { try TrainingCheckpoint(bytes: []) }
        #expect(throws: ComputationError.self) {
            try TrainingCheckpoint(bytes: Array(bytes[..<160]))
        }
        #expect(throws: ComputationError.self) {
            try TrainingCheckpoint(bytes: [1] + bytes.dropFirst())
        }
        for (optimizer, kind, dtype) in [
            (Optimizer.sgd(try SGD()), Kind.small, DType.float32),
            (.adam(try Adam()), .layers, .float32), (.adam(try Adam()), .small, .float64),
        ] {
            var other = try Self.training(optimizer, kind, dtype)
            #expect(throws: ComputationError.self) { try other.resume(from: checkpoint) }
            #expect(other.epoch == 0)
        }
        // Cut short.
        var same = try Self.training(.adam(Adam()), .small, .float32)
        let short = try TrainingCheckpoint(bytes: bytes.dropLast(4))
        #expect(throws: ComputationError.self) { try same.resume(from: short) }
        try same.resume(from: checkpoint)
    }
}
