/// Settings of Adam; names and defaults are PyTorch's.
///
/// d = g + λθ; m ← β₁m + (1 − β₁)d; v ← β₂v + (1 − β₂)d²; θ ← θ − η·m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ)
/// and v̂ = v/(1 − β₂ᵗ). Symbols as of `Optimizer`.
/// - Source: Kingma & Ba 2015, algorithm 1; λ as in PyTorch's `Adam`.
public struct Adam: Sendable, Equatable {
    /// η₀, at least 0; 0.001 by default.
    public let learningRate: Double
    /// β₁, the decay of the gradient's running mean, from 0 to below 1; 0.9 by default.
    public let beta1: Double
    /// β₂, the decay of the squared gradient's running mean, from 0 to below 1; 0.999 by default.
    public let beta2: Double
    /// ε, added to the denominator; at least 0, 10⁻⁸ by default.
    public let epsilon: Double
    /// λ, the factor of the parameters added to the gradient; at least 0, 0 by default.
    public let weightDecay: Double
    /// Whether the largest v of all steps so far takes the place of v in v̂; false by default.
    ///
    /// - Source: Reddi et al. 2018, algorithm 2, with v̂ as in PyTorch's `amsgrad`.
    public let amsgrad: Bool

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8,
        weightDecay: Double = 0, amsgrad: Bool = false
    ) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        let belowOne = 0...(1.0).nextDown
        try require(learningRate, in: notNegative, named: "learning_rate", at: "/learning_rate")
        try require(beta1, in: belowOne, named: "beta1", at: "/beta1")
        try require(beta2, in: belowOne, named: "beta2", at: "/beta2")
        try require(epsilon, in: notNegative, named: "epsilon", at: "/epsilon")
        try require(weightDecay, in: notNegative, named: "weight_decay", at: "/weight_decay")
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.amsgrad = amsgrad
    }
}

/// Settings of Adam whose weight decay is apart from the gradient; names and defaults are PyTorch's.
///
/// θ ← (1 − ηλ)·θ − η·m̂/(√v̂ + ε), with m̂ and v̂ as of `Adam` for d = g.
/// - Source: Loshchilov & Hutter 2019, algorithm 2, where η also multiplies λ, as in PyTorch's `AdamW`.
public struct AdamW: Sendable, Equatable {
    /// η₀, at least 0; 0.001 by default.
    public let learningRate: Double
    /// β₁, the decay of the gradient's running mean, from 0 to below 1; 0.9 by default.
    public let beta1: Double
    /// β₂, the decay of the squared gradient's running mean, from 0 to below 1; 0.999 by default.
    public let beta2: Double
    /// ε, added to the denominator; at least 0, 10⁻⁸ by default.
    public let epsilon: Double
    /// λ, the share of the parameters taken away a step, times the learning rate; at least 0, 0.01 by
    /// default.
    public let weightDecay: Double
    /// Whether the largest v of all steps so far takes the place of v in v̂; false by default.
    ///
    /// - Source: Reddi et al. 2018, algorithm 2, with v̂ as in PyTorch's `amsgrad`.
    public let amsgrad: Bool

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0.01, amsgrad: Bool = false
    ) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        let belowOne = 0...(1.0).nextDown
        try require(learningRate, in: notNegative, named: "learning_rate", at: "/learning_rate")
        try require(beta1, in: belowOne, named: "beta1", at: "/beta1")
        try require(beta2, in: belowOne, named: "beta2", at: "/beta2")
        try require(epsilon, in: notNegative, named: "epsilon", at: "/epsilon")
        try require(weightDecay, in: notNegative, named: "weight_decay", at: "/weight_decay")
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.amsgrad = amsgrad
    }
}
