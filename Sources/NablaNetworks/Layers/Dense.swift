/// A dense layer: a = f(z), z = W·x + b, for x of shape (inputs), W (units, inputs), b, z and a
/// (units).
public struct Dense: Sendable, Equatable {
    // What compiling a network asks is kept beside the numbers: reading it from them would count
    // their references.

    /// How many activations it gives.
    public let units: Int
    /// How many inputs it reads, where its weights say so.
    public let inputs: Int?
    /// Whether it has a bias.
    public let usesBias: Bool
    /// The function f.
    public let activation: Activation
    /// W and b, or how to draw them.
    public let parameters: LayerParameters

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
        inputs = weights.shape[1]
        usesBias = bias != nil
        if let bias { try check(bias: bias, rows: units) }
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
        try requirePositive(units, named: "units")
        self.units = units
        self.usesBias = usesBias
        inputs = nil
        self.activation = activation
        parameters = .drawn(by: initializer, usesBias: usesBias)
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
func check(bias: Tensor, rows: Int) throws(InvalidValue) {
    guard bias.shape.count == 1, bias.count == rows else {
        throw InvalidValue(
            .shapeMismatch,
            "bias has the shape \(bias.shape), but weights has \(rows) rows: it must be [\(rows)]",
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
