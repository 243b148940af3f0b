public import NablaNetworks

/// A training that is run slice by slice.
///
/// A value: it may move between threads, a copy goes its own way, and it continues to the same bits
/// however its steps are cut into slices and whatever runs its shards.
public struct Training: Sendable {
    /// Why `advance` returned.
    public enum Progress: Sendable {
        /// It made all the steps it might, or saw a piece of the validation samples; the epoch goes on, or has
        /// ended before.
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

    /// How many epochs it is to have.
    public var epochs: Int { single?.settings.epochs ?? double?.settings.epochs ?? 0 }

    /// After every how many epochs it may be kept to go on from.
    public var checkpointEvery: Int {
        single?.settings.checkpointEvery ?? double?.settings.checkpointEvery ?? 1
    }

    /// Samples of a full batch.
    public var batchSize: Int { single?.batchSize ?? double?.batchSize ?? 0 }

    /// Optimizer steps an epoch has.
    public var stepsPerEpoch: Int { single?.stepsPerEpoch ?? double?.stepsPerEpoch ?? 0 }

    /// How many epochs have ended.
    public var epoch: Int { single?.progress.epoch ?? double?.progress.epoch ?? 0 }

    /// How many optimizer steps were made.
    public var step: Int { single?.progress.step ?? double?.progress.step ?? 0 }

    /// Whether all epochs have ended.
    public var isFinished: Bool { single?.isFinished ?? double?.isFinished ?? true }

    /// Whether it stands between two epochs, so that `network` is the one the last epoch ended with.
    public var isBetweenEpochs: Bool {
        single?.isBetweenEpochs ?? double?.isBetweenEpochs ?? true
    }

    /// Makes at most that many optimizer steps, and stops at the end of an epoch.
    ///
    /// A step of L-BFGS is cut further: each of its evaluations of all samples counts as one here. At the end
    /// of an epoch it also comes back after each 4,096 validation samples.
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
        let ended = try advance(maximumSteps: maximumSteps, maximumEpochs: 1, shards: shards)
        return ended.first.map { .epochEnded($0) } ?? .paused
    }

    /// Makes at most that many optimizer steps, past ends of epochs.
    ///
    /// Another epoch is begun only where the steps suffice for all of it: where any ended, the
    /// training stands at the end of the last. The bits are those of epochs made one at a time.
    ///
    /// - Parameters:
    ///   - maximumSteps: At least 1; counted as when an epoch is made alone.
    ///   - maximumEpochs: The most epochs that end; at least 1.
    ///   - stepsAtATime: How many steps are made before `shards` gives way; at least 1.
    ///   - shards: How a batch's shards of 256 samples and more are run.
    /// - Returns: The epochs that ended.
    /// - Throws: `nonFinite` as when an epoch is made alone. Epochs that ended before are given
    ///   back first, and the next call throws.
    public mutating func advance(
        maximumSteps: Int, maximumEpochs: Int, stepsAtATime: Int = .max,
        shards: ShardRunner = .serial
    ) throws(ComputationError) -> EndedEpochs {
        let allotment = Allotment(
            steps: maximumSteps, epochs: maximumEpochs, stepsAtATime: stepsAtATime)
        if let ended = try single?.advance(allotment, shards: shards) { return ended }
        return try double?.advance(allotment, shards: shards)
            ?? EndedEpochs(keys: [], firstEpoch: 1, stepsPerEpoch: 1)
    }

    /// What going on from here needs beside the request and `network()`; nil within an epoch.
    ///
    /// A training of the same request whose network is that of the checkpoint goes on to the same bits
    /// once it resumes from it. It may have more epochs than this one.
    public func checkpoint() -> TrainingCheckpoint? { single?.checkpoint ?? double?.checkpoint }

    /// How many bytes the numbers of `network()` take.
    public var networkByteCount: Int {
        (single?.networkCount ?? 0) * 4 + (double?.networkCount ?? 0) * 8
    }

    /// How many bytes `checkpoint()` takes, about.
    public var checkpointByteCount: Int {
        (single?.checkpointCount ?? 0) * 4 + (double?.checkpointCount ?? 0) * 8
            + TrainingCheckpoint.headByteCount
    }

    /// Takes up a training where `checkpoint` was made; call it before the first step.
    ///
    /// - Throws: `invalid` for the checkpoint of another training.
    public mutating func resume(
        from checkpoint: TrainingCheckpoint
    ) throws(ComputationError) {
        try single?.resume(from: checkpoint)
        try double?.resume(from: checkpoint)
    }

    /// The network as trained so far, with numbers in the settings' number type.
    public func network() -> Network {
        single?.network(like: source) ?? double?.network(like: source) ?? source
    }
}
