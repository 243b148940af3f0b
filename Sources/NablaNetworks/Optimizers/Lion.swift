/// Settings of Lion; defaults are the authors'.
///
/// - Source: Chen et al. 2023, section 3.
public struct Lion: Sendable, Equatable {
    /// At least 0.
    public let learningRate: Double
    /// The share of the momentum in the update's sign, from 0 to below 1.
    public let beta1: Double
    /// The decay of the momentum, from 0 to below 1.
    public let beta2: Double
    /// The share of the parameters taken away a step, times the learning rate; at least 0.
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
