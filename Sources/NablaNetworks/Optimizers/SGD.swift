/// Settings of stochastic gradient descent; names and defaults are PyTorch's.
public struct SGD: Sendable, Equatable {
    /// At least 0.
    public let learningRate: Double
    /// At least 0.
    public let momentum: Double
    /// The share of the gradient kept out of the momentum.
    public let dampening: Double
    /// Whether the gradient is taken where the momentum leads; needs momentum above 0 and dampening 0.
    public let nesterov: Bool
    /// The factor of the parameters added to the gradient; at least 0.
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
