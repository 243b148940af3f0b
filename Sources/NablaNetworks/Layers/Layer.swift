/// One layer of a network: what it computes, what it reads, and the name it goes by.
public struct Layer: Sendable, Equatable {
    /// What a layer computes.
    ///
    /// Shapes in the documentation of the layers are those of one sample, without the axis of the
    /// samples.
    public enum Operation: Sendable, Equatable {
        /// a = f(W·x + b), from (inputs) to (units).
        case dense(Dense)
        /// a = f(W ∗ x + b), from (channels, height, width) to (filters, height′, width′).
        case conv2d(Convolution)
        /// The rows of a table that tokens name, from (tokens) to (tokens, dimension).
        case embedding(Embedding)
        /// Mean 0 and variance 1 over the samples of a batch, then scale and shift; keeps the shape.
        case batchNormalization(BatchNormalization)
        /// Mean 0 and variance 1 over the numbers of a sample, then scale and shift; keeps the shape.
        case layerNormalization(LayerNormalization)
        /// a = f(z) for z the input, of any shape.
        case activation(Activation)
        /// In training 0 in place of some numbers; of any shape.
        case dropout(Dropout)
        /// The largest number of each window, from (channels, height, width) to (channels, height′,
        /// width′).
        case maxPool2d(Pooling)
        /// The mean of each window, from (channels, height, width) to (channels, height′, width′).
        case averagePool2d(Pooling)
        /// All numbers along one axis, in row-major order.
        case flatten
        /// The same numbers in row-major order in another shape, which holds as many.
        case reshape(Shape)
        /// a = x₁ + x₂ + … for inputs of one shape; ∂L/∂xᵢ = ∂L/∂a.
        case add
        /// a = x₁ · x₂ · …, number by number, for inputs of one shape; ∂L/∂xᵢ = ∂L/∂a · Π xⱼ over all
        /// j ≠ i.
        case multiply
        /// The inputs one behind the other along their first axis; their other axes are the same.
        ///
        /// From (c₁, …), (c₂, …), … to (c₁ + c₂ + …, …); ∂L/∂xᵢ is its part of ∂L/∂a.
        case concatenate
    }

    /// The name other layers and parts of a request use for it; unique in its network.
    public let name: String?
    /// The names of what it reads, layers before it or `input`, the network's own; nil for the layer
    /// before it.
    public let inputs: [String]?
    /// What it computes.
    public let operation: Operation

    /// Makes a layer.
    public init(name: String? = nil, inputs: [String]? = nil, _ operation: Operation) {
        self.name = name
        self.inputs = inputs
        self.operation = operation
    }

    /// The type's name on the wire.
    public var typeName: String {
        switch operation {
        case .dense: "dense"
        case .conv2d: "conv2d"
        case .embedding: "embedding"
        case .batchNormalization: "batch_normalization"
        case .layerNormalization: "layer_normalization"
        case .activation: "activation"
        case .dropout: "dropout"
        case .maxPool2d: "max_pool2d"
        case .averagePool2d: "average_pool2d"
        case .flatten: "flatten"
        case .reshape: "reshape"
        case .add: "add"
        case .multiply: "multiply"
        case .concatenate: "concatenate"
        }
    }

    /// The types' names on the wire, in the order the documentation lists them.
    public static let typeNames = [
        "dense", "activation", "dropout", "batch_normalization", "layer_normalization", "conv2d",
        "max_pool2d", "average_pool2d", "flatten", "reshape", "embedding", "add", "multiply",
        "concatenate",
    ]

    /// Whether it reads any number of layers, and not one.
    public var merges: Bool {
        switch operation {
        case .add, .multiply, .concatenate: true
        default: false
        }
    }

    /// The function applied last.
    public var activation: Activation {
        switch operation {
        case .dense(let dense): dense.activation
        case .conv2d(let convolution): convolution.activation
        case .activation(let activation): activation
        default: .identity
        }
    }

    /// What it has learned or will learn; nil for a layer that learns nothing.
    public var parameters: LayerParameters? {
        switch operation {
        case .dense(let dense): dense.parameters
        case .conv2d(let convolution): convolution.parameters
        case .embedding(let embedding): embedding.parameters
        case .batchNormalization(let normalization): normalization.parameters
        case .layerNormalization(let normalization): normalization.parameters
        default: nil
        }
    }

    /// The running statistics of a batch normalisation, where they are given.
    public var statistics: RunningStatistics? {
        guard case .batchNormalization(let normalization) = operation else { return nil }
        return normalization.statistics
    }

    /// The shapes of its parameters when it reads an input of that shape.
    public func parameterShapes(reading input: Shape) -> ParameterShapes? {
        switch operation {
        case .dense(let dense): dense.parameterShapes(reading: input)
        case .conv2d(let convolution): convolution.parameterShapes(reading: input)
        case .embedding(let embedding): embedding.parameterShapes
        case .batchNormalization: BatchNormalization.parameterShapes(reading: input)
        case .layerNormalization: LayerNormalization.parameterShapes(reading: input)
        default: nil
        }
    }

    /// The same layer with other numbers.
    ///
    /// - Parameters:
    ///   - weights: Shaped as `parameterShapes` says, as is `bias`.
    ///   - bias: Nil for a layer without one.
    ///   - statistics: The running statistics of a batch normalisation.
    /// - Returns: A layer of the same name, inputs and settings.
    /// - Throws: `InvalidValue` for shapes that aren't the layer's.
    public func with(
        weights: Tensor, bias: Tensor?, statistics: RunningStatistics? = nil
    ) throws(InvalidValue) -> Layer {
        let operation: Operation
        switch self.operation {
        case .dense(let dense):
            operation = .dense(
                try Dense(weights: weights, bias: bias, activation: dense.activation))
        case .conv2d(let convolution):
            operation = .conv2d(try convolution.with(weights: weights, bias: bias))
        case .embedding: operation = .embedding(try Embedding(weights: weights))
        case .batchNormalization(let normalization):
            operation = .batchNormalization(
                try normalization.with(weights: weights, bias: bias, statistics: statistics))
        case .layerNormalization(let normalization):
            operation = .layerNormalization(try normalization.with(weights: weights, bias: bias))
        default: operation = self.operation
        }
        return Layer(name: name, inputs: inputs, operation)
    }
}

/// The parameters of a layer: the numbers, or how they are drawn when training begins.
public enum LayerParameters: Sendable, Equatable {
    /// The numbers themselves; a layer may have no bias.
    case given(weights: Tensor, bias: Tensor?)
    /// To be drawn when training begins; biases start at 0.
    case drawn(by: Initializer, usesBias: Bool)

    /// Whether there is a bias.
    public var usesBias: Bool {
        switch self {
        case .given(_, let bias): bias != nil
        case .drawn(_, let usesBias): usesBias
        }
    }

    /// Whether the numbers are there.
    public var areGiven: Bool {
        if case .given = self { true } else { false }
    }
}

/// The shapes of a layer's parameters, and what their drawing depends on.
public struct ParameterShapes: Sendable, Equatable {
    /// The shape of the weights.
    public let weights: Shape
    /// The shape of the bias, where the layer has one.
    public let bias: Shape
    /// How many inputs a unit sums.
    public let fanIn: Int
    /// How many units an input goes to.
    public let fanOut: Int

    init(weights: Shape, bias: Shape, fanIn: Int, fanOut: Int) {
        self.weights = weights
        self.bias = bias
        self.fanIn = fanIn
        self.fanOut = fanOut
    }
}
