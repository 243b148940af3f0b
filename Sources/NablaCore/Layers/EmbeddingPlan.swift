/// An embedding compiled: the rows of W (vocabulary, dimension) that a sample's tokens name.
struct EmbeddingPlan: Sendable {
    /// How many tokens a sample has.
    let tokens: Int
    let vocabulary: Int
    let dimension: Int

    /// Writes a, (rows · tokens, dimension), for tokens that were checked.
    func forward<S: Real>(
        _ x: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, rows: Int,
        weights: UnsafePointer<S>
    ) {
        for place in 0..<rows * tokens {
            (a + place * dimension)
                .update(from: weights + x[place].index * dimension, count: dimension)
        }
    }

    /// ∂L/∂W: each token's row gets the sum of δ where the token stands.
    ///
    /// - Returns: The parameters whose gradients `sink` refused, or nil.
    func gradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, rows: Int, parameters: ParameterPlan,
        into sink: some GradientSink<S>
    ) -> Range<Int>? {
        let w = sink.memory(for: parameters.weights)
        w.update(repeating: 0, count: parameters.weightCount)
        for place in 0..<rows * tokens {
            let (row, source) = (w + x[place].index * dimension, delta + place * dimension)
            for index in 0..<dimension { row[index] += source[index] }
        }
        return sink.take(parameters.weights) ? nil : parameters.weights
    }
}
