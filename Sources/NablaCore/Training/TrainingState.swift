import NablaNetworks

/// Where a training is: everything in it that changes and is no buffer.
struct TrainingProgress: Sendable {
    /// Epochs ended.
    var epoch = 0
    /// Optimizer steps made.
    var step = 0
    /// Samples of the running epoch that were seen; 0 between epochs.
    var position = 0
    /// The sum of the losses of the running epoch's samples.
    var loss = 0.0
    /// The denominator that makes it a mean.
    var mass = 0.0
    /// The metrics over the running epoch's samples.
    var metrics: [MetricAccumulator] = []
    /// What the optimizer keeps beside `Memory.optimizer`.
    var optimizer = OptimizerProgress()
    /// The learning rate, epoch by epoch.
    var rate: LearningRate
    /// What early stopping has seen.
    var stopping = StoppingProgress()
    /// How much of the validation samples was seen at the end of the running epoch.
    var validation = EvaluationProgress()
}

/// How much a training may still do at once.
struct Allotment {
    /// Steps; of L-BFGS, evaluations.
    private(set) var steps: Int
    /// Ends of epochs.
    var epochs: Int
    private let stepsAtATime: Int
    private var stepsUntilPause: Int

    /// Allots so many; after each `stepsAtATime` steps, at least 1, others may have the processor.
    init(steps: Int, epochs: Int, stepsAtATime: Int) {
        (self.steps, self.epochs) = (steps, epochs)
        self.stepsAtATime = stepsAtATime
        stepsUntilPause = stepsAtATime
    }

    /// Whether a step takes so long that others may have the processor in between.
    var hasLongSteps: Bool { stepsAtATime == 1 }

    /// Uses a step up.
    ///
    /// - Returns: Whether it is time to let others have the processor.
    @inline(__always)
    mutating func useStep() -> Bool {
        steps -= 1
        stepsUntilPause -= 1
        guard stepsUntilPause <= 0 else { return false }
        stepsUntilPause = stepsAtATime
        return true
    }
}

/// What stays the same all through a training.
///
/// A class, so that an epoch counts one reference and not one for each of its arrays: for epochs as
/// short as XOR's that is measurable.
final class PreparedTraining<S: FloatingReal>: Sendable {
    let plan: Plan<S>
    let settings: TrainingSettings
    let objective: Objective<S>
    let samples: PreparedSamples<S>
    let validation: Evaluation<S>?
    /// How a full batch is cut, and its shards' memory laid out.
    let partition: Partition
    let layout: ScratchLayout
    /// Whether threads copy the samples of their next blocks while they compute.
    let copiesAhead: Bool
    /// Optimizer steps an epoch has.
    let stepsPerEpoch: Int
    /// The most samples of a batch.
    let batchSize: Int
    /// The names of an epoch's metrics.
    let keys: [String]
    /// When it ends early, where it may.
    let stopping: PreparedStopping?
    /// How its health is looked at, where it is.
    let health: TrainingHealth<S>?

    /// Checks the parts against one another.
    init(
        network: Network, loss: Loss, samples: Samples, validation: Samples?,
        settings: TrainingSettings
    ) throws(ComputationError) {
        self.settings = settings
        batchSize = settings.batchSize(of: samples.count)
        stepsPerEpoch = settings.stepsPerEpoch(samples: samples.count)
        plan = try Plan(
            network, samples: max(batchSize, validation?.count ?? 0), keepsPanels: true)
        objective = try Objective(loss, for: plan, targetShape: samples.targets.shape)
        self.samples = try PreparedSamples(samples, for: plan, objective)
        if let validation {
            self.validation = try Evaluation(loss, plan, validation, settings.metrics)
        } else {
            self.validation = nil
        }
        let keys =
            ["loss"] + settings.metrics.map(\.rawValue)
            + (self.validation?.keys.map { "validation_" + $0 } ?? []) + ["learning_rate"]
        self.keys = keys
        stopping = try invalidating { () throws(InvalidValue) in
            guard let settings = settings.earlyStopping else { return nil }
            return try PreparedStopping(settings, keys: keys)
        }
        try Partition.check(
            batch: batchSize, of: plan, PreparedTraining.mode, at: "/batch_size")
        try MetricRoom.check(
            settings.metrics, batch: batchSize,
            samples: max(samples.count, validation?.count ?? 0), width: plan.outputWidth)
        partition = Partition(count: batchSize, of: plan, PreparedTraining.mode)
        // An epoch that is one block has no next one.
        copiesAhead =
            settings.shufflesBatches && plan.multipliesPanels
            && !(partition.isWhole && stepsPerEpoch == 1)
        layout = ScratchLayout(
            // A last batch of fewer samples may have fewer shards, of more samples each.
            plan, rows: partition.shards > 1 ? Partition.blockSize : partition.rows,
            targetWidth: objective.targetWidth,
            gathers: settings.shufflesBatches, copiesAhead: copiesAhead,
            blockGradients: partition.blocks > 1)
        let seen = min(samples.count, stepsPerEpoch * batchSize)
        // None where an epoch has no steps, which is refused later.
        health =
            seen > 0
            ? TrainingHealth(plan, objective, samples: samples.count, seen: seen, settings) : nil
    }

    /// How layers with a state of their own behave; the key is another in each step.
    static var mode: PassMode { PassMode(isTraining: true) }

    /// How many of the samples an epoch sees.
    var samplesPerEpoch: Int { min(samples.count, stepsPerEpoch * batchSize) }

    /// The most of an allotment's steps that an epoch takes.
    var mostStepsOfEpoch: Int {
        guard case .lbfgs(let lbfgs) = settings.optimizer else { return stepsPerEpoch }
        return lbfgs.maxIterations
    }

    /// Whether another epoch may follow the one that ended.
    func mayBeginEpoch(_ allotment: Allotment, _ progress: TrainingProgress) -> Bool {
        allotment.epochs > 0 && allotment.steps >= mostStepsOfEpoch
            && !isFinished(progress)
    }

    /// Whether a training that has come so far is at its end.
    func isFinished(_ progress: TrainingProgress) -> Bool {
        progress.epoch >= settings.epochs || progress.stopping.isStopped
    }

    /// Whether the network of the best epoch is kept, and ends the training.
    var restoresBest: Bool { stopping?.settings.restoreBest ?? false }

    /// Clips gradients as the settings say.
    @inline(__always)
    func clip(_ gradients: UnsafeMutablePointer<S>) {
        let count = plan.parameterCount
        if let limit = settings.clipNorm { Clipping.clip(gradients, count: count, norm: limit) }
        if let limit = settings.clipValue { Clipping.clip(gradients, count: count, value: limit) }
    }

    /// Numbers of the inputs that the threads of a team copy for themselves, its leader's apart.
    func copiedCount(threads: Int) -> Int {
        guard partition.isWhole, plan.mostPanels > 1, settings.shufflesBatches else { return 0 }
        return (min(threads, plan.mostPanels) - 1) * layout.inputsStride * (copiesAhead ? 2 : 1)
    }

    /// Numbers that the optimizer keeps.
    var optimizerCount: Int {
        settings.optimizer.stateBuffers(parameters: plan.parameterCount) * plan.parameterCount
    }

    /// Numbers of the best network so far, where it is to be restored.
    var bestCount: Int { restoresBest ? plan.parameterCount + plan.sizes.statistics : 0 }

    /// Numbers for a batch's outputs, which metrics are taken from.
    var outputCount: Int { settings.metrics.isEmpty ? 0 : partition.count * plan.outputWidth }
}

/// A training in its number type.
struct TrainingState<S: FloatingReal>: Sendable {
    private let prepared: PreparedTraining<S>
    var progress: TrainingProgress
    var memory = Memory<S>()
    /// Why it can't go on, where it can't.
    private var failure: NonFinite?
    /// What the order of the samples is drawn from; its state at the start of an epoch decides the
    /// rest.
    var generator: Generator
    /// The order of the running epoch; empty for that of the samples.
    private var order: [Int32] = []
    /// Whether there is room for what steps need.
    private(set) var isReserved = false

    /// Checks the parts against one another and draws missing numbers; what steps need beside the parameters has
    /// memory from the first of them on.
    init(
        network: Network, loss: Loss, samples: Samples, validation: Samples?,
        settings: TrainingSettings
    ) throws(ComputationError) {
        prepared = try PreparedTraining(
            network: network, loss: loss, samples: samples, validation: validation,
            settings: settings)
        progress = TrainingProgress(
            rate: LearningRate(settings.schedule, initial: settings.optimizer.learningRate))
        generator = Generator(seed: settings.seed)
        try memory.setParameters(of: network, plan, drawingFrom: &generator)
        if settings.shufflesBatches { order = Array(repeating: 0, count: samples.count) }
        progress.metrics = try prepared.objective.accumulators(for: settings.metrics)
        if let validation = prepared.validation { progress.validation = validation.beginning() }
        try invalidating { () throws(InvalidValue) in
            try settings.checkBatchSize(samples: samples.count)
            try settings.optimizer.checkState(parameters: plan.parameterCount)
        }
    }

    /// The network compiled.
    var plan: Plan<S> { prepared.plan }

    /// How it is trained.
    var settings: TrainingSettings { prepared.settings }

    /// Numbers that the network has: parameters and running statistics.
    var networkCount: Int { plan.parameterCount + memory.statistics.count }

    /// Numbers that a checkpoint has: the optimizer's, and those of the best network.
    var checkpointCount: Int { optimizerCount + bestCount }

    /// Numbers that the optimizer keeps.
    var optimizerCount: Int { prepared.optimizerCount }

    /// Numbers of the best network so far, where it is to be restored.
    var bestCount: Int { prepared.bestCount }

    /// Samples a full batch has.
    var batchSize: Int { prepared.batchSize }

    /// Optimizer steps an epoch has.
    var stepsPerEpoch: Int { prepared.stepsPerEpoch }

    /// Whether all epochs have ended.
    var isFinished: Bool { prepared.isFinished(progress) }

    /// Whether it stands between two epochs.
    var isBetweenEpochs: Bool {
        progress.position == 0 && progress.optimizer.lbfgs.evaluations == 0 && failure == nil
    }

    /// Makes room for what steps need, and a checkpoint has; nothing where there is room already.
    ///
    /// Later than the training is made: one that waits for its turn takes little so.
    mutating func reserve() {
        guard !isReserved else { return }
        isReserved = true
        memory.reserve(
            shards: prepared.partition.shards, gradients: plan.shardStride,
            scratch: prepared.layout.stride, behind: prepared.outputCount)
        prepared.validation?.reserve(in: &memory, plan)
        prepared.health?.reserve(in: &memory, plan)
        if prepared.bestCount > 0 { memory.best = Array(repeating: 0, count: prepared.bestCount) }
        memory.optimizer = Array(repeating: 0, count: prepared.optimizerCount)
        if prepared.copiesAhead {
            memory.copiedAhead = Array(repeating: CopiedAhead(), count: CopiedAhead.countForAll)
        }
    }

    /// Makes steps and ends epochs up to an allotment, and gives the epochs that ended.
    mutating func advance(
        _ allotment: Allotment, shards: ShardRunner
    ) throws(ComputationError) -> EndedEpochs {
        reserve()
        var ended = EndedEpochs(
            keys: prepared.keys, healthKeys: prepared.health?.keys ?? [],
            firstEpoch: progress.epoch + 1, stepsPerEpoch: stepsPerEpoch)
        var rest = allotment
        while failure == nil, !isFinished, rest.steps > 0, rest.epochs > 0 {
            if progress.position == 0 && !order.isEmpty { generator.fill(&order) }
            failure = run(&rest, shards, &ended)
            guard progress.position == 0, rest.steps >= prepared.mostStepsOfEpoch else { break }
        }
        if let failure, ended.isEmpty { throw .nonFinite(failure) }
        return ended
    }

    /// Makes the steps that have the same order of samples: of one epoch, where it is drawn anew.
    private mutating func run(
        _ allotment: inout Allotment, _ shards: ShardRunner, _ ended: inout EndedEpochs
    ) -> NonFinite? {
        let prepared = self.prepared
        memory.reserve(copies: prepared.copiedCount(threads: shards.threads))
        // Apart from `self`, whose memory is borrowed.
        var progress = self.progress
        let order = self.order
        let failure = memory.withPointers { memory in
            prepared.samples.withSource(order: order) { source in
                var slice = TrainingSlice(
                    prepared: prepared, shards: shards, memory: memory, source: source)
                return slice.run(
                    &allotment, stopsAtEndOfEpoch: !order.isEmpty, &progress, &ended)
            }
        }
        self.progress = progress
        return failure ?? nil
    }

    /// A network like `source` with the parameters as trained so far.
    func network(like source: Network) -> Network {
        do {
            let layers = try source.layers.indices.map { index throws(InvalidValue) in
                guard let shapes = source.parameterShapes(ofLayer: index) else {
                    return source.layers[index]
                }
                let planned = plan.layers[index].parameters
                return try source.layers[index].with(
                    weights: Tensor(
                        memory.weights(ofLayer: index, plan), shape: shapes.weights),
                    bias: planned.bias.isEmpty
                        ? nil : Tensor(memory.parameters[planned.bias], shape: shapes.bias),
                    statistics: statistics(ofLayer: index))
            }
            return try Network(inputShape: source.inputShape, layers: layers)
        } catch {
            // The shapes are the plan's own, which was made from this network.
            return source
        }
    }

    private func statistics(ofLayer index: Int) throws(InvalidValue) -> RunningStatistics? {
        guard case .batchNormalization(let planned) = plan.layers[index].kind else { return nil }
        let (start, count) = (planned.statistics, planned.statisticsCount / 2)
        return try RunningStatistics(
            mean: Tensor(Array(memory.statistics[start..<start + count])),
            variance: Tensor(Array(memory.statistics[start + count..<start + 2 * count])))
    }
}
