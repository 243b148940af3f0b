/// Settings of L-BFGS without a line search; definitions are PyTorch's, and so are the defaults but
/// that of `historySize`, which is 100 there.
///
/// A step evaluates loss and gradient of all samples up to `maxIterations` times.
public struct LBFGS: Sendable, Equatable {
    /// The length of an iteration, as a factor of its direction; at least 0.
    public let learningRate: Double
    /// The most iterations of a step; at least 1.
    public let maxIterations: Int
    /// A step ends where no entry of the gradient is larger; at least 0.
    public let toleranceGradient: Double
    /// A step ends where neither a parameter nor the loss changes by more; at least 0.
    public let toleranceChange: Double
    /// How many pairs of changes of parameters and gradient are kept; at least 1.
    ///
    /// Each takes twice the memory of the parameters.
    public let historySize: Int

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 1, maxIterations: Int = 20, toleranceGradient: Double = 1e-7,
        toleranceChange: Double = 1e-9, historySize: Int = 10
    ) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        try require(learningRate, in: notNegative, named: "learning_rate", at: "/learning_rate")
        try require(
            Double(maxIterations), in: 1...Double.infinity, named: "max_iterations",
            at: "/max_iterations")
        try require(
            toleranceGradient, in: notNegative, named: "tolerance_gradient",
            at: "/tolerance_gradient")
        try require(
            toleranceChange, in: notNegative, named: "tolerance_change", at: "/tolerance_change")
        try require(
            Double(historySize), in: 1...Double.infinity, named: "history_size", at: "/history_size"
        )
        self.learningRate = learningRate
        self.maxIterations = maxIterations
        self.toleranceGradient = toleranceGradient
        self.toleranceChange = toleranceChange
        self.historySize = historySize
    }
}
