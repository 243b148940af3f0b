/// Settings of Adam with Nesterov's momentum; names and defaults are PyTorch's.
public struct NAdam: Sendable, Equatable {
    /// At least 0.
    public let learningRate: Double
    /// The decay of the gradient's running mean, from 0 to below 1.
    public let beta1: Double
    /// The decay of the squared gradient's running mean, from 0 to below 1.
    public let beta2: Double
    /// Added to the denominator; at least 0.
    public let epsilon: Double
    /// The factor of the parameters added to the gradient; at least 0.
    public let weightDecay: Double
    /// How fast the momentum grows from β₁/2 towards β₁; at least 0, where it stays at β₁/2.
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
