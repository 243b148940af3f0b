import NablaNetworks
import Testing

@testable import NablaCore

/// The numbers that are drawn when training begins.
@Suite("Drawn layers")
struct InitializerTests {
    /// The weights and bias of a layer as a training begins with them.
    private func drawn(
        _ operation: Layer.Operation, reading input: Shape, seed: UInt64 = 1
    ) throws -> (weights: [Double], bias: [Double]?) {
        let network = try Network(inputShape: input, layers: [Layer(operation)])
        let training = try Training(
            network: network, loss: Loss(.meanSquaredError),
            samples: Samples(
                inputs: Tensor(
                    [Double](repeating: 0, count: input.size ?? 0), shape: Shape([1] + input)),
                targets: Tensor(
                    [Double](repeating: 0, count: network.outputShape.size ?? 0),
                    shape: Shape([1] + network.outputShape))),
            settings: TrainingSettings(optimizer: .sgd(SGD()), seed: seed, dtype: .float64))
        guard case .given(let weights, let bias) = training.network().layers[0].parameters else {
            return ([], nil)
        }
        return (weights.doubles, bias?.doubles)
    }

    @Test("a convolution's fans count the window: as far as its numbers go")
    func convolution() throws {
        let window = try Window(
            kernelSize: Size(height: 3, width: 5), stride: Size(1), padding: Size(0))
        // fan_in is 8·3·5, fan_out 40·3·5.
        for (initializer, limit) in [
            (Initializer.heUniform, (6.0 / 120).squareRoot()),
            (.glorotUniform, (6.0 / 720).squareRoot()), (.uniform, 0.05),
        ] {
            let found = try drawn(
                .conv2d(Convolution(filters: 40, window: window, initializer: initializer)),
                reading: [8, 5, 5])
            let largest = found.weights.map(abs).max() ?? 0
            #expect(found.weights.count == 4800)
            #expect(largest <= limit && largest > 0.99 * limit, "\(initializer)")
            #expect(found.bias == [Double](repeating: 0, count: 40))
        }
    }

    @Test("an embedding is drawn from N(0, 1) unless it says otherwise")
    func embeddings() throws {
        let table = try drawn(.embedding(Embedding(vocabulary: 90, dimension: 30)), reading: [2])
        let within = Double(table.weights.count { abs($0) < 1 }) / 2700
        #expect(abs(within - 0.6827) < 0.03 && table.bias == nil)
        let ones = try drawn(
            .embedding(Embedding(vocabulary: 3, dimension: 2, initializer: .ones)), reading: [2])
        #expect(ones.weights == [1, 1, 1, 1, 1, 1])
    }

    @Test("normalisations begin with γ = 1, β = 0, means of 0 and variances of 1")
    func normalizations() throws {
        let batch = try drawn(.batchNormalization(BatchNormalization(momentum: 0)), reading: [3])
        #expect(batch.weights == [1, 1, 1] && batch.bias == [0, 0, 0])
        let layer = try drawn(.layerNormalization(LayerNormalization()), reading: [2, 2])
        #expect(layer.weights == [1, 1, 1, 1] && layer.bias == [0, 0, 0, 0])
        let none = try drawn(
            .layerNormalization(
                LayerNormalization(parameters: .drawn(by: .ones, usesBias: false))), reading: [2])
        #expect(none.weights == [1, 1] && none.bias == nil)
        let network = try Network(
            inputShape: [2], layers: [Layer(.batchNormalization(BatchNormalization()))])
        let training = try Training(
            network: network, loss: Loss(.meanSquaredError),
            samples: Samples(inputs: matrix([[3, 4]]), targets: matrix([[0, 0]])),
            settings: TrainingSettings(optimizer: .sgd(SGD())))
        let statistics = try #require(training.network().layers[0].statistics)
        #expect(statistics.mean.doubles == [0, 0] && statistics.variance.doubles == [1, 1])
    }

    @Test("a convolution's seed decides its filters")
    func seeds() throws {
        let window = try Window(kernelSize: Size(2), stride: Size(1), padding: Size(0))
        let layer = Layer.Operation.conv2d(try Convolution(filters: 2, window: window))
        let first = try drawn(layer, reading: [1, 3, 3], seed: 1).weights
        #expect(try drawn(layer, reading: [1, 3, 3], seed: 1).weights == first)
        #expect(try drawn(layer, reading: [1, 3, 3], seed: 2).weights != first)
    }
}
