/// An embedding: for each token, a whole number from 0 to below the vocabulary's size, that row of the
/// table W (vocabulary, dimension); from (tokens) to (tokens, dimension).
///
/// Reads the network's own inputs. ∂L/∂W of a row is the sum of ∂L/∂a over the places where its token
/// stands; rows that don't occur have gradient 0.
/// - Source: Bengio et al. 2003; definitions as PyTorch's `Embedding`.
public struct Embedding: Sendable, Equatable {
    /// How many tokens there are.
    public let vocabulary: Int
    /// How many numbers stand for one.
    public let dimension: Int
    /// W, by default drawn from N(0, 1); there is no bias.
    public let parameters: LayerParameters

    /// Makes a layer with the given numbers.
    ///
    /// - Parameter weights: Shape (vocabulary, dimension), neither 0.
    /// - Throws: `InvalidValue` pointing at `/weights`.
    public init(weights: Tensor) throws(InvalidValue) {
        guard weights.shape.count == 2, weights.count > 0 else {
            throw InvalidValue(
                .shapeMismatch,
                "weights has the shape \(weights.shape), but must be (vocabulary, dimension), "
                    + "neither of them 0",
                at: "/weights")
        }
        vocabulary = weights.shape[0]
        dimension = weights.shape[1]
        parameters = .given(weights: weights, bias: nil)
    }

    /// Makes a layer whose numbers are drawn when training begins, by default from N(0, 1).
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        vocabulary: Int, dimension: Int, initializer: Initializer = .standardNormal
    ) throws(InvalidValue) {
        try requirePositive(vocabulary, named: "vocabulary")
        try requirePositive(dimension, named: "dimension")
        self.vocabulary = vocabulary
        self.dimension = dimension
        parameters = .drawn(by: initializer, usesBias: false)
    }

    var parameterShapes: ParameterShapes {
        ParameterShapes(
            weights: Shape(vocabulary, dimension), bias: Shape(0), fanIn: vocabulary,
            fanOut: dimension)
    }

    func outputShape(reading input: Shape, from source: Source) throws(InvalidValue) -> Shape {
        guard case .input = source else {
            throw InvalidValue(
                .inconsistent, "an embedding reads the network's inputs, not another layer")
        }
        guard input.count == 1 else {
            throw InvalidValue(
                .shapeMismatch,
                "an embedding reads a list of tokens, but \(source.gives) the shape \(input)")
        }
        return Shape(input[0], dimension)
    }
}

/// Dropout: in training each number is 0 with probability p, else divided by 1 − p; in inference
/// nothing changes.
///
/// Of any shape, which stays. The same numbers of ∂L/∂a become 0 or are divided.
/// - Source: Srivastava et al. 2014, in the inverted form that PyTorch uses.
public struct Dropout: Sendable, Equatable {
    /// p, from 0 to below 1; 0.5 by default.
    public let rate: Double

    /// Makes a layer.
    ///
    /// - Throws: `InvalidValue` pointing at `/rate` when it isn't from 0 to below 1.
    public init(rate: Double = 0.5) throws(InvalidValue) {
        try require(rate, in: 0...(1.0).nextDown, named: "rate", at: "/rate")
        self.rate = rate
    }
}
