/// Settings of Adagrad; names and defaults are PyTorch's, whose decay of the rate and initial sum are 0.
public struct Adagrad: Sendable, Equatable {
    /// At least 0.
    public let learningRate: Double
    /// Added to the denominator; at least 0.
    public let epsilon: Double
    /// The factor of the parameters added to the gradient; at least 0.
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
