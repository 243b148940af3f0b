import NablaNetworks
import Testing

/// The shapes that layers give, and those that they refuse.
@Suite struct LayerShapeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let input: Shape
        let operation: @Sendable () throws -> Layer.Operation
        /// What it gives; nil where it refuses the input.
        var output: Shape?
        /// The shapes of its weights and its bias, where it has any.
        var parameters: [Shape] = []
        var fans: [Int] = []
        /// Where it refuses the input.
        var pointer = ""
    }

    private static func window(_ kernel: Int, _ stride: Int, _ padding: Int) throws -> Window {
        try Window(kernelSize: Size(kernel), stride: Size(stride), padding: Size(padding))
    }

    private static func zeros(_ shape: Shape) throws -> Tensor {
        try Tensor([Float](repeating: 0, count: shape.size ?? 0), shape: shape)
    }

    private static func parameters(_ shape: Shape) throws -> LayerParameters {
        .given(weights: try zeros(shape), bias: try zeros(shape))
    }

    static let fitting = [
        Case(
            testDescription: "dense", input: [3],
            operation: { .dense(try Dense(units: 5, activation: .tanh)) }, output: [5],
            parameters: [[5, 3], [5]], fans: [3, 5]),
        Case(
            testDescription: "conv2d", input: [2, 7, 6],
            operation: { .conv2d(try Convolution(filters: 4, window: window(3, 2, 1))) },
            output: [4, 4, 3], parameters: [[4, 2, 3, 3], [4]], fans: [18, 36]),
        Case(
            testDescription: "conv2d, not square", input: [1, 5, 9],
            operation: {
                let window = try Window(
                    kernelSize: Size(height: 5, width: 2), stride: Size(height: 1, width: 3),
                    padding: Size(height: 0, width: 1))
                return .conv2d(try Convolution(filters: 2, window: window))
            }, output: [2, 1, 4], parameters: [[2, 1, 5, 2], [2]], fans: [10, 20]),
        Case(
            testDescription: "max_pool2d", input: [3, 5, 8],
            operation: { .maxPool2d(try Pooling(window: window(2, 2, 0))) }, output: [3, 2, 4]),
        Case(
            testDescription: "average_pool2d with padding", input: [1, 5, 8],
            operation: { .averagePool2d(try Pooling(window: window(3, 2, 1))) },
            output: [1, 3, 4]),
        Case(
            testDescription: "embedding", input: [6],
            operation: { .embedding(try Embedding(vocabulary: 10, dimension: 4)) },
            output: [6, 4], parameters: [[10, 4], [0]], fans: [10, 4]),
        Case(
            testDescription: "batch_normalization of features", input: [6],
            operation: { .batchNormalization(try BatchNormalization()) }, output: [6],
            parameters: [[6], [6]], fans: [6, 6]),
        Case(
            testDescription: "batch_normalization of channels", input: [2, 3, 4],
            operation: { .batchNormalization(try BatchNormalization()) }, output: [2, 3, 4],
            parameters: [[2], [2]], fans: [2, 2]),
        Case(
            testDescription: "layer_normalization", input: [2, 3],
            operation: { .layerNormalization(try LayerNormalization()) }, output: [2, 3],
            parameters: [[2, 3], [2, 3]], fans: [6, 6]),
        Case(
            testDescription: "activation", input: [2, 3], operation: { .activation(.softmax) },
            output: [2, 3]),
        Case(
            testDescription: "dropout", input: [2, 3], operation: { .dropout(try Dropout()) },
            output: [2, 3]),
        Case(
            testDescription: "flatten", input: [2, 3, 4], operation: { .flatten }, output: [24]),
        Case(
            testDescription: "reshape", input: [2, 3, 4], operation: { .reshape([4, 6]) },
            output: [4, 6]),
        Case(
            testDescription: "concatenate", input: [2, 3], operation: { .concatenate },
            output: [4, 3]),
        Case(testDescription: "add", input: [2, 3], operation: { .add }, output: [2, 3]),
        Case(
            testDescription: "multiply", input: [2, 3], operation: { .multiply }, output: [2, 3]),
    ]

    @Test(arguments: fitting) func aLayerGivesItsShape(_ test: Case) throws {
        let layer = Layer(try test.operation())
        let network = try Network(
            inputShape: test.input,
            layers: [
                Layer(inputs: layer.merges ? ["input", "input"] : nil, layer.operation)
            ])
        #expect(network.outputShape == test.output)
        let shapes = network.parameterShapes(ofLayer: 0)
        #expect([shapes?.weights, shapes?.bias].compactMap(\.self) == test.parameters)
        #expect([shapes?.fanIn, shapes?.fanOut].compactMap(\.self) == test.fans)
        let count = test.parameters.reduce(0) { $0 + ($1.size ?? 0) }
        #expect(network.parameterCount == count)
        #expect(network.firstLayerWithoutNumbers == (layer.needsNumbers ? 0 : nil))
    }

    static let refused = [
        Case(
            testDescription: "dense of an image", input: [1, 2, 2],
            operation: { .dense(try Dense(units: 5, activation: .tanh)) }),
        Case(
            testDescription: "conv2d of a list", input: [9],
            operation: { .conv2d(try Convolution(filters: 1, window: window(3, 1, 0))) }),
        Case(
            testDescription: "conv2d with a window larger than the image", input: [1, 3, 2],
            operation: { .conv2d(try Convolution(filters: 1, window: window(3, 1, 0))) },
            pointer: "/kernel_size"),
        Case(
            testDescription: "conv2d of other channels", input: [2, 3, 3],
            operation: { .conv2d(try Convolution(weights: zeros([1, 3, 2, 2]), bias: nil)) },
            pointer: "/weights"),
        Case(
            testDescription: "max_pool2d of a matrix", input: [4, 4],
            operation: { .maxPool2d(try Pooling(window: window(2, 2, 0))) }),
        Case(
            testDescription: "average_pool2d larger than the image", input: [1, 2, 4],
            operation: { .averagePool2d(try Pooling(window: window(3, 1, 0))) },
            pointer: "/kernel_size"),
        Case(
            testDescription: "embedding of a matrix", input: [2, 3],
            operation: { .embedding(try Embedding(vocabulary: 3, dimension: 1)) }),
        Case(
            testDescription: "batch_normalization of a matrix", input: [2, 3],
            operation: { .batchNormalization(try BatchNormalization()) }),
        Case(
            testDescription: "batch_normalization of other channels", input: [2, 3, 3],
            operation: {
                .batchNormalization(try BatchNormalization(parameters: parameters([3])))
            }, pointer: "/weights"),
        Case(
            testDescription: "batch_normalization with other statistics", input: [2],
            operation: {
                let statistics = try RunningStatistics(mean: zeros([3]), variance: zeros([3]))
                return .batchNormalization(try BatchNormalization(statistics: statistics))
            }, pointer: "/running_mean"),
        Case(
            testDescription: "layer_normalization of another shape", input: [2, 3],
            operation: {
                .layerNormalization(try LayerNormalization(parameters: parameters([6])))
            }, pointer: "/weights"),
        Case(
            testDescription: "reshape to another count", input: [2, 3],
            operation: { .reshape([4]) }, pointer: "/shape"),
    ]

    @Test(arguments: refused) func aLayerRefusesWhatItCannotRead(_ test: Case) throws {
        let layer = Layer(try test.operation())
        let error = try #require(throws: InvalidValue.self) {
            try Network(inputShape: test.input, layers: [layer])
        }
        #expect(error.pointer == "/layers/0" + test.pointer)
        #expect(error.reason == .shapeMismatch)
    }
}

extension Layer {
    /// Whether it learns and doesn't begin, as normalisations do, with ones and zeros.
    fileprivate var needsNumbers: Bool {
        switch operation {
        case .dense, .conv2d, .embedding: true
        default: false
        }
    }
}
