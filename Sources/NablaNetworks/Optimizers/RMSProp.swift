/// Settings of RMSprop; names and defaults are PyTorch's, and alpha must be below 1.
///
/// d = g + λθ; v ← αv + (1 − α)d²; r = d/(√v + ε); θ ← θ − η·r. Centered, m ← αm + (1 − α)d, and v − m²
/// takes the place of v in r; with a momentum, b ← μb + r takes the place of r in θ. Symbols as of
/// `Optimizer`.
/// - Source: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013; in the form of PyTorch's
///   `RMSprop`. A v − m² that rounding makes negative gives NaN there, and counts as 0 here.
public struct RMSProp: Sendable, Equatable {
    /// η₀, at least 0; 0.01 by default.
    public let learningRate: Double
    /// α, the decay of the squared gradient's running mean, from 0 to below 1; 0.99 by default.
    public let alpha: Double
    /// ε, added to the denominator; at least 0, 10⁻⁸ by default.
    public let epsilon: Double
    /// μ, at least 0; 0 by default, which is none.
    public let momentum: Double
    /// Whether the gradient's variance v − m² takes the place of the mean v of its square; false by default.
    public let centered: Bool
    /// λ, the factor of the parameters added to the gradient; at least 0, 0 by default.
    public let weightDecay: Double

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 0.01, alpha: Double = 0.99, epsilon: Double = 1e-8,
        momentum: Double = 0, centered: Bool = false, weightDecay: Double = 0
    ) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        let belowOne = 0...(1.0).nextDown
        try require(learningRate, in: notNegative, named: "learning_rate", at: "/learning_rate")
        try require(alpha, in: belowOne, named: "alpha", at: "/alpha")
        try require(epsilon, in: notNegative, named: "epsilon", at: "/epsilon")
        try require(momentum, in: notNegative, named: "momentum", at: "/momentum")
        try require(weightDecay, in: notNegative, named: "weight_decay", at: "/weight_decay")
        self.learningRate = learningRate
        self.alpha = alpha
        self.epsilon = epsilon
        self.momentum = momentum
        self.centered = centered
        self.weightDecay = weightDecay
    }
}
