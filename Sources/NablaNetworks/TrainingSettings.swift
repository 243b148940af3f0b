/// A number that says how good a network is, beside its loss; samples' weights take no part in it.
///
/// Of several outputs the largest is the class that is predicted, of a single one 1 or 0: 1 from ½ on, but
/// from 0 on with `binary_cross_entropy_with_logits` and `hinge`.
public enum Metric: String, Sendable, CaseIterable {
    /// The share of samples whose class is predicted.
    case accuracy
    /// Of what is predicted to be of a class, the share that is.
    ///
    /// With one output, of class 1; with several, the mean over the classes that are predicted or
    /// occur. Likewise `recall` and `f1`. Where it would divide by 0, it is 0, as in scikit-learn.
    case precision
    /// Of what is of a class, the share that is predicted to be.
    case recall
    /// 2·precision·recall / (precision + recall).
    case f1
    /// The area under the curve of the true against the false positive rate: how probable it is that a
    /// sample of the class gets a larger output than another one, where a tie is one half.
    ///
    /// With several outputs, the mean over the classes that some but not all samples have. ½ where
    /// there is none such.
    /// - Source: Hanley & McNeil 1982.
    case auc
    /// The mean of |a − y| over all elements.
    case meanAbsoluteError = "mean_absolute_error"
    /// 1 − Σ(y − a)² / Σ(y − ȳ)², the mean over outputs.
    ///
    /// An output whose targets are all alike has 1 where it hits them exactly, else 0, as in scikit-learn.
    case r2
}

/// How a network is trained.
public struct TrainingSettings: Sendable, Equatable {
    /// How a gradient becomes an update.
    public let optimizer: Optimizer
    /// How the learning rate changes; by default it stays.
    public let schedule: Schedule
    /// Passes over all samples; at least 1, 1 by default.
    public let epochs: Int
    /// Samples a step, at least 1; nil for all, which only L-BFGS has, and 32 by default for the others.
    public let batchSize: Int?
    /// Whether the samples' order is drawn anew each epoch; true by default.
    public let shuffle: Bool
    /// Whether an epoch's last batch is left out when it is smaller than the others; false by default.
    public let dropLast: Bool
    /// What the weights, the order, the split and dropout are drawn from; 0 by default.
    public let seed: UInt64
    /// What the training is computed in; float32 by default.
    public let dtype: DType
    /// c, the largest global L2 norm of the gradient g, above 0, or nil for none, the default:
    /// g ← g·min(1, c/(‖g‖ + 10⁻⁶)), over all parameters at once.
    ///
    /// - Source: Pascanu et al. 2013, algorithm 1, in the form of PyTorch's `clip_grad_norm_`.
    public let clipNorm: Double?
    /// c, the largest magnitude of an entry of the gradient g, above 0, or nil for none, the default:
    /// g ← min(max(g, −c), c), after `clipNorm`.
    ///
    /// - Source: PyTorch's `clip_grad_value_`.
    public let clipValue: Double?
    /// What is recorded each epoch beside the loss; nothing by default.
    public let metrics: [Metric]
    /// When the training ends before its last epoch; nil for never, the default.
    public let earlyStopping: EarlyStopping?
    /// After every how many epochs the training's health is recorded; 0 for never, nil for as often as
    /// takes at most about a hundredth of the time.
    public let healthEvery: Int?
    /// After every how many epochs the training may be kept to go on from; at least 1, 1 by default.
    public let checkpointEvery: Int

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    /// - Note: Without a `batchSize` it is all samples for L-BFGS and 32 for the other optimizers.
    public init(
        optimizer: Optimizer, schedule: Schedule = .constant, epochs: Int = 1,
        batchSize: Int? = nil,
        shuffle: Bool = true, dropLast: Bool = false, seed: UInt64 = 0, dtype: DType = .float32,
        clipNorm: Double? = nil, clipValue: Double? = nil, metrics: [Metric] = [],
        earlyStopping: EarlyStopping? = nil, healthEvery: Int? = nil, checkpointEvery: Int = 1
    ) throws(InvalidValue) {
        try require(Double(epochs), in: 1...(.infinity), named: "epochs", at: "/epochs")
        let batchSize = batchSize ?? (optimizer.takesAllSamples ? nil : 32)
        if let batchSize {
            try require(
                Double(batchSize), in: 1...(.infinity), named: "batch_size", at: "/batch_size")
        }
        let aboveZero = Double.leastNonzeroMagnitude...Double.infinity
        if let clipNorm {
            try require(clipNorm, in: aboveZero, named: "clip_norm", at: "/clip_norm")
        }
        if let clipValue {
            try require(clipValue, in: aboveZero, named: "clip_value", at: "/clip_value")
        }
        for (index, metric) in metrics.enumerated() where metrics[..<index].contains(metric) {
            throw InvalidValue(
                .outOfRange, "the metric \(metric.rawValue) is given twice", at: "/metrics/\(index)"
            )
        }
        if let healthEvery {
            try require(
                Double(healthEvery), in: 0...(.infinity), named: "health_every",
                at: "/health_every")
        }
        try require(
            Double(checkpointEvery), in: 1...(.infinity), named: "checkpoint_every",
            at: "/checkpoint_every")
        self.optimizer = optimizer
        self.schedule = schedule
        self.epochs = epochs
        self.batchSize = batchSize
        self.shuffle = shuffle
        self.dropLast = dropLast
        self.seed = seed
        self.dtype = dtype
        self.clipNorm = clipNorm
        self.clipValue = clipValue
        self.metrics = metrics
        self.earlyStopping = earlyStopping
        self.healthEvery = healthEvery
        self.checkpointEvery = checkpointEvery
    }

    /// The same settings with another number of epochs.
    ///
    /// - Throws: `InvalidValue` for less than one.
    public func with(epochs: Int) throws(InvalidValue) -> TrainingSettings {
        try TrainingSettings(
            optimizer: optimizer, schedule: schedule, epochs: epochs, batchSize: batchSize,
            shuffle: shuffle, dropLast: dropLast, seed: seed, dtype: dtype, clipNorm: clipNorm,
            clipValue: clipValue, metrics: metrics, earlyStopping: earlyStopping,
            healthEvery: healthEvery, checkpointEvery: checkpointEvery)
    }

    /// How many of `count` samples a full batch has.
    public func batchSize(of count: Int) -> Int { min(batchSize ?? count, count) }
}
