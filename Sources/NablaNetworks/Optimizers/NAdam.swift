/// Settings of Adam with Nesterov's momentum; names and defaults are PyTorch's.
///
/// d = g + λθ; m ← β₁m + (1 − β₁)d; v ← β₂v + (1 − β₂)d²; μₜ = β₁·(1 − ½·0.96^(tψ)); Πₜ = μ₁·…·μₜ;
/// θ ← θ − η·((1 − μₜ)/(1 − Πₜ)·d + μₜ₊₁/(1 − Πₜ₊₁)·m)/(√v̂ + ε) with v̂ = v/(1 − β₂ᵗ). Symbols as of
/// `Optimizer`.
/// - Source: Dozat 2016, in the form of PyTorch's `NAdam`.
public struct NAdam: Sendable, Equatable {
    /// η₀, at least 0; 0.002 by default.
    public let learningRate: Double
    /// β₁, the decay of the gradient's running mean, from 0 to below 1; 0.9 by default.
    public let beta1: Double
    /// β₂, the decay of the squared gradient's running mean, from 0 to below 1; 0.999 by default.
    public let beta2: Double
    /// ε, added to the denominator; at least 0, 10⁻⁸ by default.
    public let epsilon: Double
    /// λ, the factor of the parameters added to the gradient; at least 0, 0 by default.
    public let weightDecay: Double
    /// ψ, how fast the momentum μ grows from β₁/2 towards β₁; at least 0, where it stays at β₁/2, and 0.004
    /// by default.
    public let momentumDecay: Double

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 0.002, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0, momentumDecay: Double = 0.004
    ) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        let belowOne = 0...(1.0).nextDown
        try require(learningRate, in: notNegative, named: "learning_rate", at: "/learning_rate")
        try require(beta1, in: belowOne, named: "beta1", at: "/beta1")
        try require(beta2, in: belowOne, named: "beta2", at: "/beta2")
        try require(epsilon, in: notNegative, named: "epsilon", at: "/epsilon")
        try require(weightDecay, in: notNegative, named: "weight_decay", at: "/weight_decay")
        try require(momentumDecay, in: notNegative, named: "momentum_decay", at: "/momentum_decay")
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.momentumDecay = momentumDecay
    }
}
