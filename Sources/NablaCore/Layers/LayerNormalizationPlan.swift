/// Layer normalisation compiled: as batch normalisation, but μ and σ² are over a sample's k numbers,
/// each of which has its own γ and β.
///
/// ∂L/∂x = (g − mean(g) − x̂·mean(g·x̂))/√(σ² + ε) with g = γ·δ, the means over the sample.
/// - Source: Ba et al. 2016, equations 3–4.
struct LayerNormalizationPlan: Sendable {
    /// μ and 1/√(σ² + ε) are kept of each sample.
    static var keptCount: Int { 2 }

    private let width: Int
    private let epsilon: Double

    init(width: Int, epsilon: Double) {
        self.width = width
        self.epsilon = epsilon
    }

    /// Writes a, (rows, k), and what is kept, (rows, 2).
    func forward<S: Real>(
        _ x: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, kept: UnsafeMutablePointer<S>,
        rows: Int, weights: UnsafePointer<S>, bias: UnsafePointer<S>?
    ) {
        let count = S(width)
        for row in 0..<rows {
            let (source, target) = (x + row * width, a + row * width)
            var sum: S = 0
            for index in 0..<width { sum += source[index] }
            let mean = sum / count
            var square: S = 0
            for index in 0..<width { square += (source[index] - mean) * (source[index] - mean) }
            let scale = 1 / (square / count + S(epsilon)).squareRoot()
            for index in 0..<width {
                target[index] = (source[index] - mean) * scale * weights[index]
            }
            if let bias { for index in 0..<width { target[index] += bias[index] } }
            (kept[2 * row], kept[2 * row + 1]) = (mean, scale)
        }
    }

    /// ∂L/∂γ = Σₙ δ·x̂ and ∂L/∂β = Σₙ δ.
    ///
    /// - Returns: The parameters whose gradients `sink` refused, or nil.
    func gradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, kept: UnsafePointer<S>, rows: Int,
        parameters: ParameterPlan, into sink: some GradientSink<S>
    ) -> Range<Int>? {
        let w = sink.memory(for: parameters.weights)
        w.update(repeating: 0, count: width)
        for row in 0..<rows {
            let (source, values) = (delta + row * width, x + row * width)
            let (mean, scale) = (kept[2 * row], kept[2 * row + 1])
            for index in 0..<width { w[index] += source[index] * (values[index] - mean) * scale }
        }
        if !sink.take(parameters.weights) { return parameters.weights }
        guard !parameters.bias.isEmpty else { return nil }
        let b = sink.memory(for: parameters.bias)
        b.update(repeating: 0, count: width)
        for row in 0..<rows {
            let source = delta + row * width
            for index in 0..<width { b[index] += source[index] }
        }
        return sink.take(parameters.bias) ? nil : parameters.bias
    }

    /// Writes ∂L/∂x.
    func inputGradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, kept: UnsafePointer<S>,
        into target: UnsafeMutablePointer<S>, rows: Int, weights: UnsafePointer<S>
    ) {
        let count = S(width)
        for row in 0..<rows {
            let (source, values) = (delta + row * width, x + row * width)
            let result = target + row * width
            let (mean, scale) = (kept[2 * row], kept[2 * row + 1])
            var (sum, product): (S, S) = (0, 0)
            for index in 0..<width {
                let g = source[index] * weights[index]
                sum += g
                product += g * (values[index] - mean) * scale
            }
            let (meanSum, meanProduct) = (sum / count, product / count)
            for index in 0..<width {
                let normal = (values[index] - mean) * scale
                result[index] =
                    scale * (source[index] * weights[index] - meanSum - normal * meanProduct)
            }
        }
    }
}
