/// The function being differentiated: a directed acyclic graph of layers.
///
/// Each reads layers before it or the network's inputs; the last one's activations are the outputs.
public struct Network: Sendable, Equatable {
    /// The shape of one sample's inputs.
    public let inputShape: Shape
    /// The layers; at least one, each behind those it reads.
    public let layers: [Layer]
    /// The shape of one sample's activations, layer by layer.
    public let outputShapes: [Shape]
    /// What each layer reads; empty for a chain, in which each reads the one before.
    private let graph: [[Source]]

    /// Makes a network whose layers fit one another.
    ///
    /// - Parameters:
    ///   - inputShape: The shape of one sample; may be nil when the first layer is dense and its
    ///     weights say it.
    ///   - layers: At least one, named uniquely where named.
    /// - Throws: `InvalidValue` pointing at the layer or the tensor that doesn't fit.
    public init(inputShape: Shape? = nil, layers: [Layer]) throws(InvalidValue) {
        guard !layers.isEmpty else {
            throw InvalidValue(.inconsistent, "a network has at least one layer", at: "/layers")
        }
        if let inputShape {
            guard let size = inputShape.size, size > 0, inputShape.count > 0,
                size <= Network.mostNumbers
            else {
                throw InvalidValue(
                    .outOfRange,
                    "input_shape is \(inputShape), but must be one length above 0 or several",
                    at: "/input_shape")
            }
            self.inputShape = inputShape
        } else if let inputs = layers[0].denseWidths?.inputs {
            self.inputShape = Shape(inputs)
        } else {
            throw InvalidValue(
                .inconsistent,
                "input_shape is missing, and the first layer has no weights to tell it",
                at: "/layers/0")
        }
        self.layers = layers
        graph = try Network.graph(of: layers)
        var shapes: [Shape] = []
        shapes.reserveCapacity(layers.count)
        for index in layers.indices {
            shapes.append(
                try Network.outputShape(of: layers, index, self.inputShape, shapes, graph))
        }
        outputShapes = shapes
    }

    /// The most numbers of a sample on their way through a network.
    static let mostNumbers = 1 << 40

    /// The shape of one sample's outputs.
    public var outputShape: Shape { outputShapes[layers.count - 1] }

    /// Whether each layer reads the one before it, and no other.
    public var isChain: Bool { graph.isEmpty }

    /// What a layer reads.
    public func sources(ofLayer index: Int) -> [Source] {
        graph.isEmpty ? [Source(before: index)] : graph[index]
    }

    /// The shape of what a layer reads; of its first input where it merges several.
    public func inputShape(ofLayer index: Int) -> Shape {
        let source = graph.isEmpty ? Source(before: index) : graph[index][0]
        switch source {
        case .input: return inputShape
        case .layer(let before): return outputShapes[before]
        }
    }

    /// The shapes of a layer's parameters; nil for a layer that learns nothing.
    public func parameterShapes(ofLayer index: Int) -> ParameterShapes? {
        layers[index].parameterShapes(reading: inputShape(ofLayer: index))
    }

    /// How many numbers are learned; `Int.max` when there are more than that.
    public var parameterCount: Int {
        var count = 0
        for index in layers.indices {
            guard let shapes = parameterShapes(ofLayer: index) else { continue }
            let usesBias = layers[index].parameters?.usesBias == true
            guard let bias = usesBias ? shapes.bias.size : 0,
                let weights = shapes.weights.size, weights < .max - bias,
                count < .max - bias - weights
            else { return .max }
            count += weights + bias
        }
        return count
    }

    /// How many multiplications a sample takes on its way forward, about; `Int.max` for more than that.
    public var productCount: Int {
        var count = 0
        for index in layers.indices {
            let outputs = outputShapes[index].size ?? .max
            let weights = parameterShapes(ofLayer: index).map { $0.weights.size ?? .max } ?? 0
            let (products, isTooMany) =
                switch layers[index].operation {
                case .dense: (weights, false)
                // Each weight meets each place of the window: there are as many for each filter.
                case .conv2d(let convolution):
                    weights.multipliedReportingOverflow(by: outputs / convolution.filters)
                default: (outputs, false)
                }
            let (sum, isTooLarge) = count.addingReportingOverflow(products)
            guard !isTooMany, !isTooLarge else { return .max }
            count = sum
        }
        return count
    }

    /// The index of the first layer whose numbers are still to be drawn, or nil when it has them all.
    ///
    /// A normalisation needs none: it begins as γ = 1 and β = 0.
    public var firstLayerWithoutNumbers: Int? {
        // By index, which copies no dense layer.
        layers.indices.first { index in
            switch layers[index].operation {
            case .dense(let dense): dense.inputs == nil
            case .batchNormalization, .layerNormalization: false
            default: layers[index].parameters?.areGiven == false
            }
        }
    }
}

/// What a layer reads.
public enum Source: Sendable, Equatable {
    /// The network's own inputs.
    case input
    /// The activations of a layer.
    case layer(Int)

    /// What a layer of a chain reads.
    init(before index: Int) { self = index == 0 ? .input : .layer(index - 1) }

    /// The beginning of a sentence about its shape.
    var gives: String {
        switch self {
        case .input: "input_shape has"
        case .layer(let index): "layer \(index) gives"
        }
    }

    /// What its numbers are.
    var noun: String { self == .input ? "inputs" : "outputs" }
}
