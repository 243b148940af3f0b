public import NablaNetworks

/// The metrics of one epoch.
public struct EpochSummary: Sendable {
    /// The epoch, from 1.
    public let epoch: Int
    /// Optimizer steps made since the beginning.
    public let step: Int
    /// `loss`, the metrics, `validation_loss` and `validation_…` where there are validation
    /// samples, and `learning_rate`, in this order; all finite.
    public let metrics: [(key: String, value: Double)]
}

/// A training that is run slice by slice.
///
/// A value: it may move between threads, a copy goes its own way, and it continues to the same bits
/// however its steps are cut into slices and whatever runs its shards.
public struct Training: Sendable {
    /// Why `advance` returned.
    public enum Progress: Sendable {
        /// It made all the steps it might; the epoch goes on, or has ended before.
        case paused
        /// An epoch ended.
        case epochEnded(EpochSummary)
    }

    // One of the two is there, as the settings' number type says. Two optionals and not an enum,
    // because an optional is changed in place and an enum's payload would be copied.
    private var single: TrainingState<Float>?
    private var double: TrainingState<Double>?
    private let source: Network

    /// Prepares a training: draws the numbers a network doesn't have, lays out all memory.
    ///
    /// - Parameters:
    ///   - network: What is trained; layers without numbers are drawn from the settings' seed.
    ///   - loss: What is minimised. The gradients of `none` are those of `sum`.
    ///   - samples: What it is trained on.
    ///   - validation: What `validation_…` metrics are taken over at the end of each epoch.
    ///   - settings: How it is trained.
    /// - Throws: `invalid` with a pointer relative to the request for parts that don't fit;
    ///   `nonFinite` for samples or parameters that are NaN or infinite.
    public init(
        network: Network, loss: Loss, samples: Samples, validation: Samples? = nil,
        settings: TrainingSettings
    ) throws(ComputationError) {
        source = network
        switch settings.dtype {
        case .float32:
            single = try TrainingState(
                network: network, loss: loss, samples: samples, validation: validation,
                settings: settings)
        case .float64:
            double = try TrainingState(
                network: network, loss: loss, samples: samples, validation: validation,
                settings: settings)
        }
    }

    /// How many numbers are learned.
    public var parameterCount: Int {
        single?.plan.parameterCount ?? double?.plan.parameterCount ?? 0
    }

    /// Optimizer steps an epoch has.
    public var stepsPerEpoch: Int { single?.stepsPerEpoch ?? double?.stepsPerEpoch ?? 0 }

    /// How many epochs have ended.
    public var epoch: Int { progress.epoch }

    /// How many optimizer steps were made.
    public var step: Int { progress.step }

    /// Whether all epochs have ended.
    public var isFinished: Bool { single?.isFinished ?? double?.isFinished ?? true }

    private var progress: TrainingProgress {
        single?.progress ?? double?.progress ?? TrainingProgress()
    }

    /// Makes at most that many optimizer steps, and stops at the end of an epoch.
    ///
    /// A step of L-BFGS is cut further: each of its evaluations of all samples counts as one here.
    ///
    /// - Parameters:
    ///   - maximumSteps: At least 1; a finished training makes none.
    ///   - shards: How a batch's shards of 256 samples and more are run.
    /// - Returns: The epoch's summary when one ended.
    /// - Throws: `nonFinite` naming the first layer and tensor, the epoch and the step; the
    ///   training can't go on then.
    public mutating func advance(
        maximumSteps: Int, shards: ShardRunner = .serial
    ) throws(ComputationError) -> Progress {
        if let progress = try single?.advance(maximumSteps: maximumSteps, shards: shards) {
            return progress
        }
        return try double?.advance(maximumSteps: maximumSteps, shards: shards) ?? .paused
    }

    /// The network as trained so far, with numbers in the settings' number type.
    public func network() -> Network {
        single?.network(like: source) ?? double?.network(like: source) ?? source
    }
}
