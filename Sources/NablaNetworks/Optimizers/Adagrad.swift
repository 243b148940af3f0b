/// Settings of Adagrad; names and defaults are PyTorch's, whose decay of the rate and initial sum are 0.
///
/// d = g + λθ; v ← v + d²; θ ← θ − η·d/(√v + ε). Symbols as of `Optimizer`.
/// - Source: Duchi et al. 2011, with diagonal matrices, in the form of PyTorch's `Adagrad`.
public struct Adagrad: Sendable, Equatable {
    /// η₀, at least 0; 0.01 by default.
    public let learningRate: Double
    /// ε, added to the denominator; at least 0, 10⁻¹⁰ by default.
    public let epsilon: Double
    /// λ, the factor of the parameters added to the gradient; at least 0, 0 by default.
    public let weightDecay: Double

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 0.01, epsilon: Double = 1e-10, weightDecay: Double = 0
    ) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        try require(learningRate, in: notNegative, named: "learning_rate", at: "/learning_rate")
        try require(epsilon, in: notNegative, named: "epsilon", at: "/epsilon")
        try require(weightDecay, in: notNegative, named: "weight_decay", at: "/weight_decay")
        self.learningRate = learningRate
        self.epsilon = epsilon
        self.weightDecay = weightDecay
    }
}
