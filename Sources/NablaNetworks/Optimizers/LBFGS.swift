/// Settings of L-BFGS without a line search; definitions and defaults are PyTorch's.
///
/// A step evaluates loss and gradient of all samples up to `maxIterations` times, and after each makes
/// an iteration θ ← θ + s with s = η·d and d = −H·g. H estimates the inverse Hessian from the last pairs
/// (s, y), where y is the change of g that came with s: it begins as γ·I with γ = yᵀs/yᵀy of the newest
/// pair, and takes pairs with yᵀs > 10⁻¹⁰ alone. A training's very first iteration has d = −g and
/// s = min(1, 1/Σ|g|)·η·d. Symbols as of `Optimizer`.
/// - Source: Nocedal & Wright 2006, algorithms 7.4 and 7.5, with γ of equation 7.20, in the form of
///   PyTorch's `LBFGS`.
public struct LBFGS: Sendable, Equatable {
    /// η₀, the length of an iteration as a factor of its direction d; at least 0, 1 by default.
    public let learningRate: Double
    /// The most iterations of a step; at least 1, 20 by default.
    ///
    /// Of 2 and 3 the last isn't made, as PyTorch's bound of evaluations has it.
    public let maxIterations: Int
    /// A step ends where no entry of |g| is larger; at least 0, 10⁻⁷ by default.
    public let toleranceGradient: Double
    /// A step ends where an iteration changes no parameter by more, or the loss by less, or where
    /// −gᵀd is smaller; at least 0, 10⁻⁹ by default.
    public let toleranceChange: Double
    /// How many pairs (s, y) are kept; at least 1, 100 by default.
    ///
    /// Each takes twice the memory of the parameters, from the first step on, and as much of a
    /// checkpoint.
    public let historySize: Int

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 1, maxIterations: Int = 20, toleranceGradient: Double = 1e-7,
        toleranceChange: Double = 1e-9, historySize: Int = 100
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
