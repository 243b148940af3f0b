/// A dense layer: a = f(z), z = W·x + b, for x of shape (inputs), W (units, inputs), b, z and a
/// (units).
///
/// With δ = ∂L/∂z, ∂L/∂W = Σ δ·xᵀ and ∂L/∂b = Σ δ over the samples, and ∂L/∂x = Wᵀ·δ. On the wire f is
/// `identity` by default.
/// - Source: Rumelhart et al. 1986; W as in PyTorch's `Linear`, but drawn as in Keras's `Dense`.
public struct Dense: Sendable, Equatable {
    /// How many activations it gives.
    public let units: Int
    /// Whether it has a bias; where its numbers are drawn, it has by default.
    public let usesBias: Bool
    /// The function f.
    public let activation: Activation
    // The tensors lie side by side and not in a `LayerParameters`, out of which no number can be read
    // without counting references to both.

    /// W, unless it is drawn when training begins.
    public let weights: Tensor?
    /// b, unless there is none or it is drawn when training begins.
    public let bias: Tensor?
    /// How W is drawn, unless it is given; `glorotUniform` by default.
    private let initializer: Initializer?

    /// Makes a layer with the given numbers.
    ///
    /// - Parameters:
    ///   - weights: Shape (units, inputs), neither 0.
    ///   - bias: Shape (units), or nil for a layer without one.
    ///   - activation: The function f.
    /// - Throws: `InvalidValue` pointing at `/weights` or `/bias`.
    public init(weights: Tensor, bias: Tensor?, activation: Activation) throws(InvalidValue) {
        guard weights.shape.count == 2, weights.shape[0] > 0, weights.shape[1] > 0 else {
            throw InvalidValue(
                .shapeMismatch,
                "weights has the shape \(weights.shape), but must be (units, inputs), neither of them 0",
                at: "/weights")
        }
        units = weights.shape[0]
        usesBias = bias != nil
        if let shape = bias?.shape { try check(bias: shape, rows: units) }
        self.activation = activation
        self.weights = weights
        self.bias = bias
        initializer = nil
    }

    /// Makes a layer whose numbers are drawn when training begins.
    ///
    /// - Throws: `InvalidValue` pointing at `/units` when there are none.
    public init(
        units: Int, activation: Activation, initializer: Initializer = .glorotUniform,
        usesBias: Bool = true
    ) throws(InvalidValue) {
        try requirePositive(units, named: "units")
        self.units = units
        self.usesBias = usesBias
        self.activation = activation
        self.initializer = initializer
        weights = nil
        bias = nil
    }

    /// How many inputs it reads, where its weights say so.
    @inlinable public var inputs: Int? { weights?.shape[1] }

    /// W and b, or how to draw them.
    public var parameters: LayerParameters {
        if let weights { return .given(weights: weights, bias: bias) }
        return .drawn(by: initializer ?? .glorotUniform, usesBias: usesBias)
    }

    func parameterShapes(reading input: Shape) -> ParameterShapes {
        let inputs = input.size ?? 0
        return ParameterShapes(
            weights: Shape(units, inputs), bias: Shape(units), fanIn: inputs, fanOut: units)
    }

    /// - Throws: `InvalidValue` when it can't read the input.
    func outputShape(reading input: Shape, from source: Source) throws(InvalidValue) -> Shape {
        guard input.count == 1 else {
            throw InvalidValue(
                .shapeMismatch,
                "a dense layer reads a list of numbers, but \(source.gives) the shape \(input); "
                    + "a flatten layer before it makes one")
        }
        if let inputs, inputs != input[0] {
            throw InvalidValue(
                .shapeMismatch,
                "weights has \(inputs) columns, but \(source.gives) \(input[0]) \(source.noun)",
                at: "/weights")
        }
        return Shape(units)
    }
}

/// Refuses a bias that hasn't one number a row of the weights.
func check(bias: Shape, rows: Int) throws(InvalidValue) {
    guard bias.count == 1, bias[0] == rows else {
        throw InvalidValue(
            .shapeMismatch,
            "bias has the shape \(bias), but weights has \(rows) rows: it must be [\(rows)]",
            at: "/bias")
    }
}

/// Refuses a count below 1, or beyond what any tensor could hold.
func requirePositive(_ count: Int, named name: String) throws(InvalidValue) {
    let most = 1 << 30
    guard count > 0, count <= most else {
        throw InvalidValue(
            .outOfRange, "\(name) is \(count), but must be from 1 to \(most)", at: "/\(name)")
    }
}
