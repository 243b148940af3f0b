import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Early stopping")
struct EarlyStoppingTests {
    /// The epochs after which something that takes those values stops; nil where it doesn't.
    private func end(
        _ values: [Double], _ settings: EarlyStopping, _ direction: MetricDirection = .down
    ) -> (epoch: Int?, best: Int) {
        var (progress, best) = (StoppingProgress(), 0)
        for (index, value) in values.enumerated() {
            if progress.observe(value, settings, direction) { best = index + 1 }
            if progress.isStopped { return (index + 1, best) }
        }
        return (nil, best)
    }

    @Test("patience counts epochs in a row without a better value")
    func patience() throws {
        let values = [5.0, 4, 4, 3, 3.5, 3.2, 3.1, 2]
        #expect(try end(values, EarlyStopping()) == (3, 2))
        #expect(try end(values, EarlyStopping(patience: 1)) == (3, 2))
        #expect(try end(values, EarlyStopping(patience: 2)) == (6, 4))
        #expect(try end(values, EarlyStopping(patience: 3)) == (7, 4))
        #expect(try end(values, EarlyStopping(patience: 4)) == (nil, 8))
        #expect(try end(values.map { -$0 }, EarlyStopping(patience: 2), .up) == (6, 4))
    }

    @Test("a value is better by more than min_delta")
    func minDelta() throws {
        #expect(try end([4, 3, 2.5, 2], EarlyStopping(minDelta: 1)) == (2, 1))
        #expect(try end([4, 2.5, 2, 1], EarlyStopping(patience: 2, minDelta: 1)) == (nil, 4))
    }

    @Test("settings out of range are refused where they stand")
    func ranges() {
        #expect(throws: InvalidValue.self) { try EarlyStopping(patience: -1) }
        #expect(throws: InvalidValue.self) { try EarlyStopping(minDelta: -0.1) }
        #expect(throws: InvalidValue.self) { try EarlyStopping(minDelta: .infinity) }
    }

    /// A single weight w, from 0, whose training loss (w − 4)² falls towards 4 and whose validation loss
    /// (w − 1)² is least near 1.
    private func training(
        _ stopping: EarlyStopping?, epochs: Int = 40, batchNormalization: Bool = false
    ) throws -> Training {
        try Training(
            network: Network(layers: [dense([[0]], .identity)]), loss: Loss(.meanSquaredError),
            samples: Samples(inputs: matrix([[1]]), targets: Tensor([4.0])),
            validation: Samples(inputs: matrix([[1]]), targets: Tensor([1.0])),
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0.05)), epochs: epochs, batchSize: 1,
                dtype: .float64, earlyStopping: stopping))
    }

    /// Trains to the end: the epochs' validation losses and w after each of them.
    private func course(
        _ training: Training, many: Bool
    ) throws -> (losses: [Double], last: Double, hasHealth: Bool) {
        var (training, losses, hasHealth) = (training, [Double](), false)
        while !training.isFinished {
            let ended = try training.advance(
                maximumSteps: many ? 100 : 1, maximumEpochs: many ? 100 : 1)
            for summary in ended {
                let metrics = Dictionary(uniqueKeysWithValues: summary.metrics)
                losses.append(try #require(metrics["validation_loss"]))
                hasHealth = metrics["gradient_norm"] != nil
            }
        }
        #expect(training.isBetweenEpochs)
        #expect(try training.advance(maximumSteps: 1).isPaused)
        return (losses, training.network().flat[0], hasHealth)
    }

    @Test("ends the training, with the last network or the best one", arguments: [false, true])
    func restores(many: Bool) throws {
        // wₖ = 4 − 4·0.9ᵏ: 1.084 after 3 epochs, which is best, 1.376 after 4.
        let weights = (1...40).map { epoch in
            4 - 4 * (0..<epoch).reduce(1.0) { power, _ in power * 0.9 }
        }
        let last = try course(training(EarlyStopping(patience: 2)), many: many)
        #expect(last.losses.count == 5)
        expectClose([last.last], [weights[4]])
        let best = try course(
            training(EarlyStopping(patience: 2, restoreBest: true)), many: many)
        #expect(best.losses == last.losses)
        expectClose([best.last], [weights[2]])
        // An epoch's health is looked at after the last one, though it wasn't known to be that.
        #expect(best.hasHealth)
        // Also where the epochs are used up first.
        let short = try course(
            training(EarlyStopping(patience: 9, restoreBest: true), epochs: 6), many: many)
        #expect(short.losses.count == 6)
        expectClose([short.last], [weights[2]])
    }

    @Test("watches what it is told to, and refuses what isn't recorded")
    func monitor() throws {
        let loss = try course(
            training(EarlyStopping(monitor: "loss"), epochs: 9), many: true)
        #expect(loss.losses.count == 9)
        for key in ["accuracy", "learning_rate", "gradient_norm", ""] {
            let error = #expect(throws: ComputationError.self) {
                try training(EarlyStopping(monitor: key))
            }
            guard case .invalid(let value) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(value.pointer == "/early_stopping/monitor")
            #expect(value.detail.contains("loss, validation_loss"))
        }
    }

    @Test("brings the running statistics of the best epoch back with its parameters")
    func statistics() throws {
        func training(_ epochs: Int, _ stopping: EarlyStopping?) throws -> Network {
            var generator = Generator(seed: 4)
            var training = try Training(
                network: Network(
                    inputShape: [3],
                    layers: [
                        Layer(.batchNormalization(BatchNormalization())),
                        Layer(.dense(Dense(units: 1, activation: .identity))),
                    ]),
                loss: Loss(.meanSquaredError),
                samples: Samples(
                    inputs: Tensor(generator.normals(60), shape: [20, 3]),
                    targets: Tensor(generator.normals(20))),
                settings: TrainingSettings(
                    optimizer: .sgd(SGD(learningRate: 0.01)), epochs: epochs, batchSize: 20,
                    shuffle: false, earlyStopping: stopping))
            while !training.isFinished { _ = try training.advance(maximumSteps: 100) }
            return training.network()
        }
        // Nothing is better than the first epoch by so much.
        let found = try training(
            9, EarlyStopping(patience: 3, minDelta: 1e6, restoreBest: true))
        #expect(try found == training(1, nil))
        #expect(try found != training(4, nil))
    }
}
