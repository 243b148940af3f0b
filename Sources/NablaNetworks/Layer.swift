/// One layer of a network: what it computes, and the name it goes by.
public struct Layer: Sendable, Equatable {
    /// What a layer computes.
    public enum Operation: Sendable, Equatable {
        case dense(Dense)
    }

    /// The name other parts of a request may use for it; unique in its network.
    public let name: String?
    /// What it computes.
    public let operation: Operation

    /// Makes a layer.
    public init(name: String? = nil, _ operation: Operation) {
        self.name = name
        self.operation = operation
    }
}

/// A dense layer: a = f(z), z = W·x + b, with W of shape (units, inputs) and b of shape (units).
public struct Dense: Sendable, Equatable {
    /// Where the parameters come from.
    public enum Parameters: Sendable, Equatable {
        /// The numbers themselves: weights (units, inputs) and, unless the layer has none, bias (units).
        case given(weights: Tensor, bias: Tensor?)
        /// To be drawn when training begins.
        case drawn(by: Initializer, usesBias: Bool)
    }

    /// How many activations it gives.
    public let units: Int
    /// The function f.
    public let activation: Activation
    /// W and b, or how to draw them.
    public let parameters: Parameters

    /// Makes a layer with the given numbers.
    ///
    /// - Parameters:
    ///   - weights: Shape (units, inputs), neither 0.
    ///   - bias: Shape (units), or nil for a layer without one.
    ///   - activation: The function f.
    /// - Throws: `InvalidValue` pointing at `/weights` or `/bias`.
    public init(weights: Tensor, bias: Tensor?, activation: Activation) throws(InvalidValue) {
        guard weights.shape.count == 2, weights.count > 0 else {
            throw InvalidValue(
                .shapeMismatch,
                "weights has the shape \(weights.shape), but must be (units, inputs), neither of them 0",
                at: "/weights")
        }
        units = weights.shape[0]
        if let bias, bias.shape.count != 1 || bias.count != units {
            throw InvalidValue(
                .shapeMismatch,
                "bias has the shape \(bias.shape), but weights has \(units) rows: it must be [\(units)]",
                at: "/bias")
        }
        self.activation = activation
        parameters = .given(weights: weights, bias: bias)
    }

    /// Makes a layer whose numbers are drawn when training begins.
    ///
    /// - Throws: `InvalidValue` pointing at `/units` when there are none.
    public init(
        units: Int, activation: Activation, initializer: Initializer = .glorotUniform,
        usesBias: Bool = true
    ) throws(InvalidValue) {
        guard units > 0 else {
            throw InvalidValue(
                .outOfRange, "units is \(units), but a layer has at least 1", at: "/units")
        }
        self.units = units
        self.activation = activation
        parameters = .drawn(by: initializer, usesBias: usesBias)
    }

    /// How many inputs it reads, where its weights say so.
    public var inputs: Int? {
        guard case .given(let weights, _) = parameters else { return nil }
        return weights.shape[1]
    }

    /// Whether it has a bias.
    public var usesBias: Bool {
        switch parameters {
        case .given(_, let bias): bias != nil
        case .drawn(_, let usesBias): usesBias
        }
    }
}
