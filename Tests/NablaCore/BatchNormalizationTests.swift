import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Batch normalisation")
struct BatchNormalizationTests {
    /// A batch normalisation of two features or channels with γ = 2, 3 and β = 0.5, −1, without its
    /// running statistics.
    private func layer(
        momentum: Double = 0.1, _ statistics: RunningStatistics? = nil
    ) throws -> Layer {
        try Layer(
            .batchNormalization(
                BatchNormalization(
                    momentum: momentum,
                    parameters: .given(weights: Tensor([2.0, 3]), bias: Tensor([0.5, -1])),
                    statistics: statistics)))
    }

    /// Trains with a learning rate of 0 on two batches, and gives the running statistics.
    private func statistics(
        afterTrainingOn inputs: Tensor, momentum: Double = 0.1
    ) throws -> RunningStatistics {
        let network = try Network(
            inputShape: Shape(Array(inputs.shape.dropFirst())), layers: [layer(momentum: momentum)])
        var training = try Training(
            network: network, loss: Loss(.meanSquaredError),
            samples: Samples(inputs: inputs, targets: inputs),
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0)), epochs: 1, batchSize: inputs.shape[0] / 2,
                shuffle: false, dtype: .float64))
        while !training.isFinished { _ = try training.advance(maximumSteps: 1) }
        return try #require(training.network().layers[0].statistics)
    }

    /// The mean and the unbiased variance.
    private func moments(_ numbers: [Double]) -> (mean: Double, variance: Double) {
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, squares / Double(numbers.count - 1))
    }

    @Test(
        "running statistics move towards the batch's mean and unbiased variance",
        arguments: [0.1, 0.4, 1])
    func runningStatistics(_ momentum: Double) throws {
        var generator = Generator(seed: 2)
        let numbers = generator.normals(12).map { 3 + 2 * $0 }
        let found = try statistics(
            afterTrainingOn: Tensor(numbers, shape: [6, 2]), momentum: momentum)
        for feature in 0..<2 {
            var (mean, variance) = (0.0, 1.0)
            for batch in 0..<2 {
                let own = (0..<3).map { numbers[(batch * 3 + $0) * 2 + feature] }
                mean += momentum * (moments(own).mean - mean)
                variance += momentum * (moments(own).variance - variance)
            }
            expectClose(
                [found.mean.doubles[feature], found.variance.doubles[feature]], [mean, variance],
                tolerance: 1e-14)
        }
    }

    @Test("channels of images: over samples, height and width")
    func channels() throws {
        var generator = Generator(seed: 3)
        let numbers = generator.normals(4 * 2 * 6)
        let found = try statistics(
            afterTrainingOn: Tensor(numbers, shape: [4, 2, 2, 3]), momentum: 1)
        for channel in 0..<2 {
            // With a momentum of 1 the last batch's own: samples 2 and 3.
            let lines = [4, 6].map { line in (line + channel) * 6 }
            let own = lines.flatMap { first in Array(numbers[first..<first + 6]) }
            let (mean, variance) = moments(own)
            expectClose(
                [found.mean.doubles[channel], found.variance.doubles[channel]], [mean, variance],
                tolerance: 1e-14)
        }
    }

    @Test("inference uses the running statistics, training the batch's and leaves them")
    func inference() throws {
        let running = try RunningStatistics(
            mean: Tensor([1.0, -2]), variance: Tensor([4.0, 0.25]))
        let network = try Network(inputShape: [2], layers: [layer(running)])
        let inputs = try matrix([[1, 2], [3, -4], [8, 5]])
        let outputs = try predict(
            network: network, inputs: inputs, dtype: .float64, workspace: Workspace())
        func column(_ tensor: Tensor, _ index: Int) -> [Double] {
            (0..<3).map { tensor.doubles[$0 * 2 + index] }
        }
        func normalized(_ index: Int, _ mean: Double, _ variance: Double) -> [Double] {
            let (weight, bias) = (index == 0 ? 2.0 : 3, index == 0 ? 0.5 : -1)
            let scale = weight / (variance + 1e-5).squareRoot()
            return column(inputs, index).map { ($0 - mean) * scale + bias }
        }
        let samples = try Samples(inputs: inputs, targets: inputs)
        let result = try Gradients.compute(
            of: Loss(.meanSquaredError), network: network, samples: samples, dtype: .float64,
            including: .outputs, settings: GradientSettings(isTraining: true),
            workspace: Workspace())
        for index in 0..<2 {
            let (mean, variance) = ([1.0, -2][index], [4, 0.25][index])
            expectClose(
                column(outputs, index), normalized(index, mean, variance), tolerance: 1e-14)
            let own = moments(column(inputs, index))
            expectClose(
                column(try #require(result.outputs), index),
                normalized(index, own.mean, own.variance * 2 / 3), tolerance: 1e-14)
        }
        #expect(network.layers[0].statistics == running)
    }

    @Test("a training's batch stays whole: its statistics are those of all its samples")
    func wholeBatch() throws {
        var generator = Generator(seed: 4)
        let numbers = generator.normals(2 * 1400)
        let found = try statistics(
            afterTrainingOn: Tensor(numbers, shape: [1400, 2]), momentum: 1)
        for feature in 0..<2 {
            let (mean, variance) = moments((700..<1400).map { numbers[$0 * 2 + feature] })
            expectClose(
                [found.mean.doubles[feature], found.variance.doubles[feature]], [mean, variance],
                tolerance: 1e-13)
        }
    }
}
