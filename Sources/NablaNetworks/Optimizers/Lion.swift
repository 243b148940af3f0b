/// Settings of Lion, which PyTorch doesn't have; defaults are the authors'.
///
/// θ ← θ − η·(sign(β₁m + (1 − β₁)g) + λθ), where sign(0) is 0; then m ← β₂m + (1 − β₂)g. Symbols as of
/// `Optimizer`.
/// - Source: Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.
public struct Lion: Sendable, Equatable {
    /// η₀, at least 0; 10⁻⁴ by default.
    public let learningRate: Double
    /// β₁, the share of the momentum in the update's sign, from 0 to below 1; 0.9 by default.
    public let beta1: Double
    /// β₂, the decay of the momentum, from 0 to below 1; 0.99 by default.
    public let beta2: Double
    /// λ, the share of the parameters taken away a step, times the learning rate; at least 0, 0 by default.
    public let weightDecay: Double

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 1e-4, beta1: Double = 0.9, beta2: Double = 0.99,
        weightDecay: Double = 0
    ) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        let belowOne = 0...(1.0).nextDown
        try require(learningRate, in: notNegative, named: "learning_rate", at: "/learning_rate")
        try require(beta1, in: belowOne, named: "beta1", at: "/beta1")
        try require(beta2, in: belowOne, named: "beta2", at: "/beta2")
        try require(weightDecay, in: notNegative, named: "weight_decay", at: "/weight_decay")
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.weightDecay = weightDecay
    }
}
