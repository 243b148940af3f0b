/// How the learning rate η changes from epoch to epoch; stepped once an epoch, as PyTorch's schedulers.
///
/// η₀ is the optimizer's own rate, and e the number of epochs ended since the warm-up. In a warm-up of w
/// epochs, epoch t, from 0, has η = η₀·t/w, so that the first changes no parameter; e counts from its end.
/// - Source: PyTorch's `lr_scheduler`; warm-up: Goyal et al. 2017, section 2.2, but from 0.
public struct Schedule: Sendable, Equatable {
    /// The kinds of schedule, each by its rate η.
    public enum Kind: Sendable, Equatable {
        /// η = η₀.
        case constant
        /// η = η₀·γ^⌊e/s⌋: times `gamma` every s = `stepSize` epochs; `gamma` is 0.1 by default.
        ///
        /// - Source: PyTorch's `StepLR`.
        case step(stepSize: Int, gamma: Double)
        /// η = η₀·γᵉ: times `gamma` every epoch.
        ///
        /// - Source: PyTorch's `ExponentialLR`.
        case exponential(gamma: Double)
        /// η = η₁ + ½(η₀ − η₁)·(1 + cos(π·e/T)): down to η₁ = `etaMin` in T = `tMax` epochs, along half a
        /// cosine; `etaMin` is 0 by default.
        ///
        /// Beyond T it rises again along the other half, as PyTorch's `CosineAnnealingLR`.
        /// - Source: Loshchilov & Hutter 2017, equation 5, without restarts.
        case cosine(tMax: Int, etaMin: Double)
        /// η ← `factor`·η after more than `patience` epochs in a row without a better loss; 0.1 and 10 by
        /// default.
        ///
        /// The loss is the validation's, or the training's where there is none. It is better below
        /// best·(1 − 10⁻⁴); what would change η by 10⁻⁸ or less is left out. Epochs of the warm-up don't
        /// count.
        /// - Source: PyTorch's `ReduceLROnPlateau`, mode `min`, threshold mode `rel`.
        case reduceOnPlateau(factor: Double, patience: Int)
    }

    /// The kind and its settings.
    public let kind: Kind
    /// w, the epochs over which the rate first rises linearly from 0; 0 for none, the default.
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
