/// Settings of stochastic gradient descent; names and defaults are PyTorch's.
///
/// d = g + λθ; without momentum θ ← θ − η·d. With it m ← μm + (1 − τ)d, in the first step m ← d, and
/// θ ← θ − η·m, or θ ← θ − η·(d + μm) for Nesterov. Symbols as of `Optimizer`.
/// - Source: Robbins & Monro 1951; momentum: Sutskever et al. 2013, in the form of PyTorch's `SGD`, where
///   η multiplies m.
public struct SGD: Sendable, Equatable {
    /// η₀, at least 0; 0.01 by default.
    public let learningRate: Double
    /// μ, at least 0; 0 by default, which is none.
    public let momentum: Double
    /// τ, the share of the gradient kept out of the momentum; 0 by default.
    public let dampening: Double
    /// Whether the gradient is taken where the momentum leads, false by default; needs momentum above 0
    /// and dampening 0.
    public let nesterov: Bool
    /// λ, the factor of the parameters added to the gradient; at least 0, 0 by default.
    public let weightDecay: Double

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 0.01, momentum: Double = 0, dampening: Double = 0,
        nesterov: Bool = false,
        weightDecay: Double = 0
    ) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        try require(learningRate, in: notNegative, named: "learning_rate", at: "/learning_rate")
        try require(momentum, in: notNegative, named: "momentum", at: "/momentum")
        try require(weightDecay, in: notNegative, named: "weight_decay", at: "/weight_decay")
        try require(
            dampening, in: -Double.infinity...Double.infinity, named: "dampening", at: "/dampening")
        guard !nesterov || (momentum > 0 && dampening == 0) else {
            throw InvalidValue(
                .inconsistent, "nesterov needs a momentum above 0 and no dampening", at: "/nesterov"
            )
        }
        self.learningRate = learningRate
        self.momentum = momentum
        self.dampening = dampening
        self.nesterov = nesterov
        self.weightDecay = weightDecay
    }
}
