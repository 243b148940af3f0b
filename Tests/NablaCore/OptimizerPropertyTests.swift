import NablaNetworks
import Testing

@testable import NablaCore

@Suite("What holds for optimizers")
struct OptimizerPropertyTests {
    /// One of each kind, with settings that make all of its state matter.
    static func optimizers() throws -> [Optimizer] {
        [
            .sgd(try SGD(learningRate: 0.05)),
            .sgd(try SGD(learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01)),
            .adam(try Adam(learningRate: 0.01, weightDecay: 0.01)),
            .adam(try Adam(learningRate: 0.01, amsgrad: true)),
            .adamW(try AdamW(learningRate: 0.01, amsgrad: true)),
            .rmsProp(try RMSProp(weightDecay: 0.01)),
            .rmsProp(try RMSProp(momentum: 0.5)),
            .rmsProp(try RMSProp(centered: true)),
            .rmsProp(try RMSProp(momentum: 0.5, centered: true)),
            .adagrad(try Adagrad(weightDecay: 0.01)),
            .nadam(try NAdam(learningRate: 0.01)),
            .lion(try Lion(learningRate: 0.001, weightDecay: 0.1)),
            .lbfgs(try LBFGS(learningRate: 0.5, maxIterations: 4, historySize: 3)),
        ]
    }

    private func training(
        _ optimizer: Optimizer, dtype: DType, samples count: Int = 900, batchSize: Int = 600,
        epochs: Int = 3, clipNorm: Double? = nil
    ) throws -> Training {
        var generator = Generator(seed: 5)
        return try Training(
            network: Network(
                inputShape: [5],
                layers: [
                    Layer(.dense(Dense(units: 16, activation: .tanh))),
                    Layer(.dense(Dense(units: 3, activation: .identity))),
                ]),
            loss: Loss(.meanSquaredError),
            samples: Samples(
                inputs: Tensor(generator.normals(count * 5), shape: [count, 5]),
                targets: Tensor(generator.normals(count * 3), shape: [count, 3])),
            settings: TrainingSettings(
                optimizer: optimizer, epochs: epochs,
                batchSize: optimizer.takesAllSamples ? nil : batchSize, dtype: dtype,
                clipNorm: clipNorm))
    }

    /// Runs a training to its end: its numbers and losses.
    private func finish(
        _ training: Training, slice: Int = 100, _ shards: ShardRunner = .serial
    ) throws -> [Double] {
        var (training, losses) = (training, [Double]())
        while !training.isFinished {
            if case .epochEnded(let summary) = try training.advance(
                maximumSteps: slice, shards: shards)
            {
                losses.append(summary.metrics[0].value)
            }
        }
        return training.network().flat + losses
    }

    @Test(
        "the bits don't depend on slices, workers or on going on from a copy",
        arguments: try optimizers(), DType.allCases)
    func determinism(_ optimizer: Optimizer, _ dtype: DType) throws {
        let start = try training(optimizer, dtype: dtype)
        let whole = try finish(start)
        #expect(try finish(start, slice: 1, .concurrent) == whole)
        #expect(try finish(start, slice: 2, .backwards) == whole)
        var copies = [start]
        while let last = copies.last, !last.isFinished {
            var next = last
            _ = try next.advance(maximumSteps: 1)
            copies.append(next)
        }
        // What goes on from a copy has all but the losses of the epochs before.
        let numbers = start.parameterCount
        for copy in copies {
            #expect(try finish(copy).prefix(numbers) == whole.prefix(numbers))
        }
    }

    @Test(
        "updating part by part on the way back gives the bits of updating all at once",
        arguments: try optimizers(), DType.allCases)
    func partByPart(_ optimizer: Optimizer, _ dtype: DType) throws {
        // A limit that is never reached keeps the gradients to the end of the pass.
        let (all, size) = (200, 64)
        let parts = try training(optimizer, dtype: dtype, samples: all, batchSize: size)
        let atOnce = try training(
            optimizer, dtype: dtype, samples: all, batchSize: size, clipNorm: 1e9)
        #expect(try finish(parts) == finish(atOnce))
    }

    @Test("the loss falls", arguments: try optimizers(), DType.allCases)
    func falls(_ optimizer: Optimizer, _ dtype: DType) throws {
        let end = try finish(training(optimizer, dtype: dtype, epochs: 10))
        #expect(end[end.count - 1] < end[end.count - 10])
    }

    @Test("AdamW without weight decay is Adam without", arguments: DType.allCases)
    func withoutDecay(_ dtype: DType) throws {
        for amsgrad in [false, true] {
            let adam = try training(
                .adam(Adam(learningRate: 0.01, amsgrad: amsgrad)), dtype: dtype)
            let adamW = try training(
                .adamW(AdamW(learningRate: 0.01, weightDecay: 0, amsgrad: amsgrad)), dtype: dtype)
            #expect(try finish(adam) == finish(adamW))
        }
    }

    @Test("each number moves by Lion's rate, and not at all where the gradient is 0")
    func lion() throws {
        let rate = 0x1p-10
        var training = try OptimizerNumbersTests.training(
            .lion(Lion(learningRate: rate)), epochs: 20)
        var before = training.network().flat
        while !training.isFinished {
            _ = try training.advance(maximumSteps: 1)
            let now = training.network().flat
            for (old, new) in zip(before, now) { #expect(abs(abs(new - old) - rate) < 1e-15) }
            before = now
        }
        #expect(updated(.lion(try Lion(learningRate: rate)), gradients: [0, 0]) == 1)
    }

    @Test("a centered RMSprop stays finite where rounding makes the variance negative")
    func centered() throws {
        let optimizer = Optimizer.rmsProp(try RMSProp(alpha: 0.5, centered: true))
        #expect(
            updated(optimizer, gradients: [Float](repeating: 0.3, count: 200)).isFinite)
    }

    /// One parameter from 1 on, after a step with each of the gradients.
    private func updated<S: FloatingReal>(_ optimizer: Optimizer, gradients: [S]) -> S {
        var parameter: S = 1
        var state = [S](repeating: 0, count: optimizer.stateBuffers(parameters: 1))
        var progress = OptimizerProgress()
        state.withUnsafeMutableBufferPointer { state in
            withUnsafeMutablePointer(to: &parameter) { parameter in
                for (index, gradient) in gradients.enumerated() {
                    ParameterUpdate(
                        optimizer, parameters: parameter, state: state.baseAddress, count: 1,
                        rate: optimizer.learningRate, step: index + 1, &progress
                    )?.run(0..<1, with: [gradient])
                }
            }
        }
        return parameter
    }
}

@Suite("L-BFGS")
struct LBFGSTests {
    @Test("reaches the minimum of a least-squares problem in few steps")
    func leastSquares() throws {
        var generator = Generator(seed: 8)
        let (count, width) = (60, 6)
        let inputs = generator.normals(count * width)
        let weights = generator.normals(width)
        // Targets that a network has no error at.
        let targets = (0..<count).map { row in
            0.5 + (0..<width).reduce(0) { $0 + inputs[row * width + $1] * weights[$1] }
        }
        var training = try Training(
            network: Network(layers: [
                dense([[Double](repeating: 0, count: width)], bias: [0], .identity)
            ]),
            loss: Loss(.meanSquaredError),
            samples: Samples(
                inputs: Tensor(inputs, shape: [count, width]), targets: Tensor(targets)),
            settings: TrainingSettings(
                optimizer: .lbfgs(LBFGS(toleranceGradient: 1e-12, toleranceChange: 0)), epochs: 3,
                dtype: .float64))
        while !training.isFinished { _ = try training.advance(maximumSteps: 10) }
        expectClose(training.network().flat, weights + [0.5], tolerance: 1e-10)
    }

    @Test("a step ends after its iterations, however the evaluations are cut into slices")
    func steps() throws {
        var training = try OptimizerNumbersTests.training(
            .lbfgs(LBFGS(maxIterations: 5)), epochs: 2)
        #expect(training.stepsPerEpoch == 1)
        for evaluation in 1...10 {
            let progress = try training.advance(maximumSteps: 1)
            #expect(training.step == evaluation / 5)
            switch progress {
            case .paused: #expect(evaluation % 5 != 0)
            case .epochEnded(let summary): #expect(summary.epoch == evaluation / 5)
            }
        }
        #expect(training.isFinished)
    }

    @Test("takes all samples: a smaller batch is refused, a larger one is all of them")
    func batchSize() throws {
        func training(_ batchSize: Int?) throws -> [Double] {
            var training = try OptimizerNumbersTests.training(
                .lbfgs(LBFGS(maxIterations: 3)), epochs: 2, batchSize: batchSize)
            while !training.isFinished { _ = try training.advance(maximumSteps: 10) }
            return training.network().flat
        }
        let all = try training(nil)
        #expect(try training(4) == all && training(100) == all)
        let error = computationError { _ = try training(3) }
        guard case .invalid(let value)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(value.reason == .inconsistent && value.pointer == "/batch_size")
    }

    @Test("a history that is too long for the memory is refused", arguments: [1 << 26, Int.max])
    func history(_ size: Int) throws {
        #expect(
            invalidPointer {
                _ = try OptimizerNumbersTests.training(
                    .lbfgs(LBFGS(historySize: size)), epochs: 1)
            } == "/optimizer")
    }

    @Test("where the gradient is 0, nothing moves")
    func atTheMinimum() throws {
        var training = try Training(
            network: Network(layers: [dense([[2]], .identity)]), loss: Loss(.meanSquaredError),
            samples: Samples(inputs: matrix([[1], [3]]), targets: Tensor([2.0, 6])),
            settings: TrainingSettings(optimizer: .lbfgs(LBFGS()), epochs: 2))
        while !training.isFinished { _ = try training.advance(maximumSteps: 10) }
        #expect(training.network().flat == [2] && training.step == 2)
    }
}
