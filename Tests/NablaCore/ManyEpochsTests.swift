import NablaNetworks
import Synchronization
import Testing

@testable import NablaCore

/// Epochs made many at a time against the same ones made alone, bit by bit.
@Suite("Many epochs at a time")
struct ManyEpochsTests {
    /// What a training did.
    private struct Course: Equatable {
        var parameters: [Double] = []
        var epochs: [Int] = []
        var steps: [Int] = []
        var keys: Set<[String]> = []
        var values: [[Double]] = []
        var error: ComputationError?

        mutating func note(_ summary: EpochSummary) {
            epochs.append(summary.epoch)
            steps.append(summary.step)
            keys.insert(summary.metrics.map(\.key))
            values.append(summary.metrics.map(\.value))
        }
    }

    /// What varies beside the optimizer.
    enum Variant: CaseIterable {
        case fullBatch, batches, shuffled, validated, measured, clipped, weighted, classes, wide
    }

    private static func training(
        _ optimizer: Optimizer, _ variant: Variant, dtype: DType, schedule: Schedule = .constant
    ) throws -> Training {
        var generator = Generator(seed: 5)
        let (count, outputs) = (7, variant == .classes ? 3 : 2)
        func samples(_ count: Int) throws -> Samples {
            try Samples(
                inputs: Tensor(generator.normals(count * 3), shape: [count, 3]),
                targets: variant == .classes
                    ? Tensor((0..<count).map { Double($0 % 3) })
                    : Tensor(
                        (0..<count * 2).map { _ in generator.uniform() }, shape: [count, 2]),
                weights: variant == .weighted
                    ? Tensor((0..<count).map { _ in generator.uniform() }) : nil)
        }
        let hidden = variant == .wide ? 40 : 4
        return try Training(
            network: Network(
                inputShape: [3],
                layers: [
                    Layer(.dense(Dense(units: hidden, activation: .tanh))),
                    Layer(
                        .dense(
                            Dense(
                                units: outputs,
                                activation: variant == .classes ? .softmax : .sigmoid))),
                ]),
            loss: Loss(variant == .classes ? .crossEntropy(.plain) : .binaryCrossEntropy),
            samples: samples(count),
            validation: variant == .validated ? samples(5) : nil,
            settings: TrainingSettings(
                optimizer: optimizer, schedule: schedule, epochs: 23,
                batchSize: optimizer.takesAllSamples
                    ? nil : [.batches, .shuffled].contains(variant) ? 3 : 7,
                shuffle: variant == .shuffled, seed: 9, dtype: dtype,
                clipNorm: variant == .clipped ? 0.01 : nil,
                metrics: [.measured, .validated].contains(variant)
                    ? [.accuracy, .meanAbsoluteError] : []))
    }

    /// Makes one epoch at a time.
    private func alone(_ start: Training, steps: Int = 1) -> Course {
        var (training, course) = (start, Course())
        do throws(ComputationError) {
            while !training.isFinished {
                if case .epochEnded(let summary) = try training.advance(maximumSteps: steps) {
                    course.note(summary)
                }
            }
        } catch {
            course.error = error
        }
        course.parameters = training.network().flat
        return course
    }

    private func together(_ start: Training, steps: Int, epochs: Int) -> Course {
        var (training, course) = (start, Course())
        do throws(ComputationError) {
            while !training.isFinished {
                let ended = try training.advance(maximumSteps: steps, maximumEpochs: epochs)
                #expect(ended.count <= epochs)
                if !ended.isEmpty {
                    #expect(ended[ended.count - 1].epoch == training.epoch)
                    #expect(ended.firstEpoch == course.epochs.count + 1)
                }
                for summary in ended { course.note(summary) }
            }
        } catch {
            course.error = error
        }
        course.parameters = training.network().flat
        return course
    }

    @Test(
        "are the same epochs", arguments: try OptimizerPropertyTests.optimizers(),
        Variant.allCases)
    func same(_ optimizer: Optimizer, _ variant: Variant) throws {
        for dtype in DType.allCases {
            let training = try ManyEpochsTests.training(optimizer, variant, dtype: dtype)
            let expected = alone(training)
            #expect(expected.epochs == Array(1...23) && expected.error == nil)
            for (steps, epochs) in [(1000, 1000), (1000, 5), (13, 100), (1, 4), (2, 1)] {
                #expect(together(training, steps: steps, epochs: epochs) == expected)
            }
        }
    }

    /// Small chains have a loop of their own, but where metrics are taken.
    @Test(
        "of small chains have the bits of the general way",
        arguments: try OptimizerPropertyTests.optimizers(), DType.allCases)
    func general(_ optimizer: Optimizer, _ dtype: DType) throws {
        for (last, kind): (Activation, Loss.Kind) in [
            (.sigmoid, .binaryCrossEntropy), (.softmax, .crossEntropy(.plain)),
            (.identity, .huber(delta: 0.5)), (.softplus, .poisson),
        ] {
            for count in [1, 4, 7, 16] {
                var generator = Generator(seed: UInt64(count))
                let network = try generator.network(
                    inputs: 3, hidden: [5, 4], outputs: 2, .gelu, last: last)
                let samples = try Samples(
                    inputs: Tensor(generator.normals(count * 3), shape: [count, 3]),
                    targets: Tensor(
                        (0..<count * 2).map { _ in generator.uniform() }, shape: [count, 2]),
                    weights: Tensor((0..<count).map { _ in generator.uniform() }))
                let courses = try [[], [Metric.meanAbsoluteError]].map { metrics in
                    let settings = try TrainingSettings(
                        optimizer: optimizer, epochs: 9,
                        batchSize: optimizer.takesAllSamples ? nil : 6, seed: 2, dtype: dtype,
                        metrics: metrics)
                    let training = try Training(
                        network: network, loss: Loss(kind), samples: samples, settings: settings)
                    return together(training, steps: 1000, epochs: 1000)
                }
                #expect(courses[0].error == nil && courses[0].values.count == 9)
                #expect(courses[0].parameters == courses[1].parameters)
                #expect(courses[0].values.map(\.[0]) == courses[1].values.map(\.[0]))
            }
        }
    }

    @Test("have the rates of their schedule")
    func schedules() throws {
        for kind: Schedule.Kind in [
            .step(stepSize: 3, gamma: 0.5), .exponential(gamma: 0.9),
            .cosine(tMax: 10, etaMin: 0.001), .reduceOnPlateau(factor: 0.5, patience: 0),
        ] {
            let schedule = try Schedule(kind, warmupEpochs: 2)
            for variant in [Variant.fullBatch, .validated, .shuffled] {
                let training = try ManyEpochsTests.training(
                    .sgd(SGD(learningRate: 3)), variant, dtype: .float32, schedule: schedule)
                let expected = alone(training)
                #expect(Set(expected.values.map { $0[$0.count - 1] }).count > 2)
                #expect(together(training, steps: 1000, epochs: 1000) == expected)
            }
        }
    }

    @Test("are given back before NaN or infinity is told", arguments: DType.allCases)
    func nonFinite(_ dtype: DType) throws {
        // Weights grow by about the same factor each step until they overflow.
        let growth = dtype == .float32 ? 1e6 : 1e30
        for variant in Variant.allCases {
            let training = try ManyEpochsTests.training(
                .sgd(SGD(learningRate: 1, weightDecay: growth)), variant, dtype: dtype)
            // Steps cut otherwise look at other times.
            let expected = alone(training, steps: 1000)
            #expect(expected.error != nil && expected.epochs.count > 1, "\(variant)")
            for (steps, epochs) in [(1000, 1000), (1000, 3), (7, 100)] {
                let found = together(training, steps: steps, epochs: epochs)
                #expect(found.error == expected.error, "\(variant)")
                #expect(found.epochs == expected.epochs && found.values == expected.values)
            }
        }
    }

    @Test(
        "give way after so many steps", arguments: [Variant.fullBatch, .batches, .shuffled, .wide],
        [1, 4])
    func giveWay(_ variant: Variant, stepsAtATime: Int) throws {
        let times = Mutex(0)
        let shards = ShardRunner(threads: 1, giveWay: { times.withLock { $0 += 1 } }) {
            count, shard in (0..<count).forEach(shard)
        }
        var training = try ManyEpochsTests.training(
            .sgd(SGD(learningRate: 0.1)), variant, dtype: .float32)
        let expected = alone(training)
        _ = try training.advance(
            maximumSteps: 1000, maximumEpochs: 1000, stepsAtATime: stepsAtATime, shards: shards)
        #expect(training.isFinished && training.network().flat == expected.parameters)
        // A new order of samples is drawn between some of them, which makes no difference.
        #expect(times.withLock { $0 } == training.step / stepsAtATime)
    }

    @Test("stop between epochs, or within the first")
    func stops() throws {
        var training = try ManyEpochsTests.training(
            .sgd(SGD(learningRate: 0.1)), .batches, dtype: .float32)
        #expect(training.stepsPerEpoch == 3 && training.isBetweenEpochs)
        #expect(try training.advance(maximumSteps: 2, maximumEpochs: 9).isEmpty)
        #expect(training.step == 2 && !training.isBetweenEpochs)
        // One step ends the epoch, three more are another one, and the last alone is none.
        #expect(try training.advance(maximumSteps: 5, maximumEpochs: 9).count == 2)
        #expect(training.step == 6 && training.isBetweenEpochs)
        #expect(try training.advance(maximumSteps: 1000, maximumEpochs: 1000).count == 21)
        #expect(training.isFinished && training.isBetweenEpochs)
        #expect(try training.advance(maximumSteps: 9, maximumEpochs: 9).isEmpty)
    }

    @Test("a training that can't go on says so again, and stands where it stood")
    func failsAgain() throws {
        var training = try ManyEpochsTests.training(
            .sgd(SGD(learningRate: 1, weightDecay: 1e6)), .fullBatch, dtype: .float32)
        let ended = try training.advance(maximumSteps: 1000, maximumEpochs: 1000)
        #expect(ended.count == training.epoch && !training.isFinished)
        #expect(!training.isBetweenEpochs)
        let errors = (0..<2).map { _ in
            computationError { _ = try training.advance(maximumSteps: 1000, maximumEpochs: 9) }
        }
        #expect(errors[0] != nil && errors[0] == errors[1])
        #expect(ended.count == training.epoch)
    }
}
