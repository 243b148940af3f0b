/// How the learning rate changes from epoch to epoch; stepped once an epoch, as PyTorch's schedulers.
public struct Schedule: Sendable, Equatable {
    /// The kinds of schedule.
    ///
    /// Formulas stand with the code that computes them, in NablaCore.
    public enum Kind: Sendable, Equatable {
        case constant
        /// Times `gamma` every `stepSize` epochs; `gamma` is 0.1 by default.
        case step(stepSize: Int, gamma: Double)
        /// Times `gamma` every epoch.
        case exponential(gamma: Double)
        /// Down to `etaMin` along half a cosine of `tMax` epochs; `etaMin` is 0 by default.
        case cosine(tMax: Int, etaMin: Double)
        /// Times `factor` after more than `patience` epochs without a better loss; 0.1 and 10 by default.
        case reduceOnPlateau(factor: Double, patience: Int)
    }

    /// The kind and its settings.
    public let kind: Kind
    /// Epochs over which the rate first rises linearly from 0; 0 for none.
    public let warmupEpochs: Int

    /// Makes a schedule.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(_ kind: Kind, warmupEpochs: Int = 0) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        switch kind {
        case .constant: break
        case .step(let stepSize, let gamma):
            try require(Double(stepSize), in: 1...(.infinity), named: "step_size", at: "/step_size")
            try require(gamma, in: notNegative, named: "gamma", at: "/gamma")
        case .exponential(let gamma):
            try require(gamma, in: notNegative, named: "gamma", at: "/gamma")
        case .cosine(let tMax, let etaMin):
            try require(Double(tMax), in: 1...(.infinity), named: "t_max", at: "/t_max")
            try require(etaMin, in: notNegative, named: "eta_min", at: "/eta_min")
        case .reduceOnPlateau(let factor, let patience):
            try require(factor, in: 0...(1.0).nextDown, named: "factor", at: "/factor")
            try require(Double(patience), in: notNegative, named: "patience", at: "/patience")
        }
        try require(
            Double(warmupEpochs), in: notNegative, named: "warmup_epochs", at: "/warmup_epochs")
        self.kind = kind
        self.warmupEpochs = warmupEpochs
    }

    private init() {
        kind = .constant
        warmupEpochs = 0
    }

    /// The optimizer's own learning rate throughout.
    public static let constant = Schedule()

    /// The names on the wire.
    public static let names = ["constant", "step", "exponential", "cosine", "reduce_on_plateau"]

    /// The name on the wire.
    public var name: String {
        switch kind {
        case .constant: "constant"
        case .step: "step"
        case .exponential: "exponential"
        case .cosine: "cosine"
        case .reduceOnPlateau: "reduce_on_plateau"
        }
    }
}
