/// Settings of RMSprop; names and defaults are PyTorch's, and alpha must be below 1.
public struct RMSProp: Sendable, Equatable {
    /// At least 0.
    public let learningRate: Double
    /// The decay of the squared gradient's running mean, from 0 to below 1.
    public let alpha: Double
    /// Added to the denominator; at least 0.
    public let epsilon: Double
    /// At least 0.
    public let momentum: Double
    /// Whether the gradient's variance takes the place of its squared mean.
    public let centered: Bool
    /// The factor of the parameters added to the gradient; at least 0.
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
