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
    /// Optimizer steps an epoch has.
    let stepsPerEpoch: Int
    /// The most samples of a batch.
    let batchSize: Int

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
        try Partition.check(
            batch: batchSize, of: plan, PreparedTraining.mode, at: "/batch_size")
        partition = Partition(count: batchSize, of: plan, PreparedTraining.mode)
        layout = ScratchLayout(
            plan, rows: partition.rows, targetWidth: objective.targetWidth,
            gathers: settings.shufflesBatches, blockGradients: partition.blocks > 1)
    }

    /// How layers with a state of their own behave; the key is another in each step.
    static var mode: PassMode { PassMode(isTraining: true) }

    /// How many of the samples an epoch sees.
    var samplesPerEpoch: Int { min(samples.count, stepsPerEpoch * batchSize) }

    /// Numbers for a batch's outputs, which metrics are taken from.
    var outputCount: Int { settings.metrics.isEmpty ? 0 : partition.count * plan.outputWidth }
}

/// A training in its number type.
struct TrainingState<S: FloatingReal>: Sendable {
    private let prepared: PreparedTraining<S>
    private(set) var progress = TrainingProgress()
    /// What the optimizer keeps beside `Memory.optimizer`.
    private var optimizerProgress = OptimizerProgress()
    private var memory = Memory<S>()
    private var rate: LearningRate
    /// What the order of the samples is drawn from; its state at the start of an epoch decides the
    /// rest.
    private var generator: Generator
    /// The order of the running epoch; empty for that of the samples.
    private var order: [Int32] = []

    /// Checks the parts against one another, draws missing numbers and lays out all memory.
    init(
        network: Network, loss: Loss, samples: Samples, validation: Samples?,
        settings: TrainingSettings
    ) throws(ComputationError) {
        prepared = try PreparedTraining(
            network: network, loss: loss, samples: samples, validation: validation,
            settings: settings)
        rate = LearningRate(settings.schedule, initial: settings.optimizer.learningRate)
        generator = Generator(seed: settings.seed)
        try memory.setParameters(of: network, plan, drawingFrom: &generator)
        if settings.shufflesBatches { order = Array(repeating: 0, count: samples.count) }
        progress.metrics = try prepared.objective.accumulators(for: settings.metrics)
        try invalidating { () throws(InvalidValue) in
            try settings.checkBatchSize(samples: samples.count)
            try settings.optimizer.checkState(parameters: plan.parameterCount)
        }
        reserve()
    }

    /// The network compiled.
    var plan: Plan<S> { prepared.plan }

    /// Optimizer steps an epoch has.
    var stepsPerEpoch: Int { prepared.stepsPerEpoch }

    /// Whether all epochs have ended.
    var isFinished: Bool { progress.epoch >= prepared.settings.epochs }

    private mutating func reserve() {
        let settings = prepared.settings
        memory.reserve(
            shards: prepared.partition.shards, parameters: plan.parameterCount,
            scratch: prepared.layout.stride)
        memory.scratch.append(contentsOf: repeatElement(0, count: prepared.outputCount))
        let count =
            settings.optimizer.stateBuffers(parameters: plan.parameterCount) * plan.parameterCount
        memory.optimizer = Array(repeating: 0, count: count)
    }

    /// Makes at most that many steps, and stops at the end of an epoch.
    mutating func advance(
        maximumSteps: Int, shards: ShardRunner
    ) throws(ComputationError) -> Training.Progress {
        guard !isFinished, maximumSteps > 0 else { return .paused }
        if progress.position == 0 && !order.isEmpty { generator.fill(&order) }
        let prepared = self.prepared
        let slice = TrainingSlice(prepared: prepared, rate: rate.value, shards: shards)
        // Apart from `self`, whose memory is borrowed.
        var (progress, optimizerProgress) = (self.progress, self.optimizerProgress)
        let order = self.order
        let failure = memory.withPointers { memory in
            prepared.samples.withSource(order: order) { source in
                slice.run(
                    maximumSteps,
                    BatchPass(
                        plan: prepared.plan, objective: prepared.objective,
                        layout: prepared.layout, memory: memory, source: source,
                        computesGradients: true, mode: PreparedTraining<S>.mode),
                    outputs: prepared.outputCount == 0
                        ? nil
                        : memory.scratch + prepared.partition.shards * prepared.layout.stride,
                    &progress, &optimizerProgress)
            }
        }
        (self.progress, self.optimizerProgress) = (progress, optimizerProgress)
        if case .some(.some(let failure)) = failure { throw .nonFinite(failure) }
        guard progress.position >= prepared.samplesPerEpoch else { return .paused }
        return .epochEnded(try endEpoch(shards))
    }

    /// Evaluates the validation samples, and goes on to the next epoch.
    private mutating func endEpoch(_ shards: ShardRunner) throws(ComputationError) -> EpochSummary {
        let loss = progress.loss / max(progress.mass, .leastNonzeroMagnitude)
        var metrics: [(key: String, value: Double)] = []
        // All there is without metrics and validation: one allocation.
        metrics.reserveCapacity(2 + progress.metrics.count)
        metrics.append(("loss", loss))
        for metric in progress.metrics { metrics.append((metric.key, metric.value)) }
        var observed = loss
        if let validation = prepared.validation {
            do {
                let values = try validation.run(plan, &memory, shards)
                observed = values[0].value
                metrics += values.map { ("validation_" + $0.key, $0.value) }
            } catch {
                throw .nonFinite(located(error))
            }
        }
        metrics.append(("learning_rate", rate.value))
        for (key, value) in metrics where !value.isFinite {
            throw .nonFinite(located(NonFinite(tensor: key)))
        }
        progress.epoch += 1
        progress.position = 0
        (progress.loss, progress.mass) = (0, 0)
        for index in progress.metrics.indices { progress.metrics[index].reset() }
        rate.endEpoch(loss: observed)
        return EpochSummary(epoch: progress.epoch, step: progress.step, metrics: metrics)
    }

    private func located(_ place: NonFinite) -> NonFinite {
        var place = place
        (place.epoch, place.step) = (progress.epoch + 1, progress.step)
        return place
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
                        ? nil : Tensor(Array(memory.parameters[planned.bias]), shape: shapes.bias),
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
