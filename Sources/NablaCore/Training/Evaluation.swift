import NablaNetworks

/// How far an evaluation has come.
struct EvaluationProgress: Sendable {
    /// Samples that were seen.
    fileprivate(set) var position = 0
    /// The sum of their losses, and the denominator that makes it a mean.
    fileprivate var loss = 0.0
    fileprivate var mass = 0.0
    /// The metrics over them.
    fileprivate var metrics: [MetricAccumulator] = []

    /// Begins with metrics that have seen nothing.
    init(metrics: [MetricAccumulator] = []) {
        self.metrics = metrics
    }
}

/// Loss and metrics of a network over samples it isn't trained on, a piece of them at a time.
///
/// However long they are, whoever has other work to do waits for one piece of them.
struct Evaluation<S: FloatingReal>: Sendable {
    private let objective: Objective<S>
    private let samples: PreparedSamples<S>
    private let accumulators: [MetricAccumulator]
    /// How a full piece is cut.
    private let partition: Partition
    private let layout: ScratchLayout

    /// Checks validation samples; pointers begin with `/validation`.
    init(
        _ loss: Loss, _ plan: Plan<S>, _ samples: Samples, _ metrics: [Metric]
    ) throws(ComputationError) {
        objective = try Objective(
            loss, for: plan, targetShape: samples.targets.shape, prefix: "/validation")
        self.samples = try PreparedSamples(samples, for: plan, objective, prefix: "/validation")
        accumulators = try objective.accumulators(for: metrics)
        let affordable: Int =
            metrics.isEmpty ? .max : max(1, MetricRoom.mostOutputs / max(plan.outputWidth, 1))
        partition = Partition(
            count: min(samples.count, Partition.largestCount, affordable), of: plan)
        layout = ScratchLayout(
            // A last piece of fewer samples may have fewer shards, of more samples each.
            plan, rows: partition.shards > 1 ? Partition.blockSize : partition.rows,
            targetWidth: objective.targetWidth, gathers: false)
    }

    /// The names of what it computes, in this order.
    var keys: [String] { ["loss"] + accumulators.map(\.key) }

    /// Makes room for it.
    func reserve(in memory: inout Memory<S>, _ plan: Plan<S>) {
        let outputs = accumulators.isEmpty ? 0 : partition.count * plan.outputWidth
        memory.reserve(
            shards: partition.shards, gradients: 0, scratch: layout.stride, behind: outputs)
    }

    /// Where it begins.
    func beginning() -> EvaluationProgress { EvaluationProgress(metrics: accumulators) }

    /// Whether all samples were seen.
    func isDone(_ progress: EvaluationProgress) -> Bool { progress.position >= samples.count }

    /// Sees the next piece of the samples with the parameters of a training's pass, by its team where that is
    /// large enough, or else by one of `shards`.
    func advance(
        _ progress: inout EvaluationProgress, by training: BatchPass<S>, _ shards: ShardRunner
    ) throws(NonFinite) {
        let (plan, memory) = (training.plan, training.memory)
        let outputs =
            accumulators.isEmpty ? nil : memory.scratch + partition.shards * layout.stride
        let first = progress.position
        let count = min(samples.count - first, partition.count)
        let partition = count == partition.count ? partition : Partition(count: count, of: plan)
        // A team that is too small would leave other threads without work.
        let mostMembers = min(shards.threads, partition.shards)
        let team = training.team.flatMap { $0.members < mostMembers ? nil : $0 }
        let outcome = samples.withSource { source in
            let outcome = BatchPass(
                plan: plan, objective: objective, layout: layout, memory: memory, source: source,
                computesGradients: false, team: team, giveWay: training.giveWay
            ).run(
                first: first, partition, scale: 1, sinks: Sinks(outputs: outputs), shards: shards)
            let positions = first..<first + count
            if let outputs {
                for index in progress.metrics.indices {
                    progress.metrics[index].add(outputs, from: source, at: positions, objective)
                }
            }
            progress.mass += source.mass(of: positions, objective)
            return outcome
        }
        if case .nonFinite(let place) = outcome { throw place }
        guard case .finished(let loss) = outcome else { throw NonFinite(tensor: "validation_loss") }
        progress.loss += loss
        progress.position += count
    }

    /// Appends the mean loss and the metrics over all samples, and goes back to the beginning.
    func finish(
        _ progress: inout EvaluationProgress, appendingTo values: inout [Double]
    ) throws(NonFinite) {
        guard progress.mass > 0 else { throw NonFinite(tensor: "validation_loss") }
        values.append(progress.loss / progress.mass)
        for metric in progress.metrics { values.append(metric.value) }
        (progress.position, progress.loss, progress.mass) = (0, 0, 0)
        for index in progress.metrics.indices { progress.metrics[index].reset() }
    }
}

extension Objective {
    /// Makes the accumulators of metrics over this objective's outputs and targets.
    ///
    /// - Throws: `invalid` at `/metrics` for one that needs numbers as targets where there are
    ///   classes.
    func accumulators(for metrics: [Metric]) throws(ComputationError) -> [MetricAccumulator] {
        if hasClassTargets,
            let index = metrics.firstIndex(where: { [.meanAbsoluteError, .r2].contains($0) })
        {
            throw .invalid(
                InvalidValue(
                    .inconsistent,
                    "\(metrics[index].rawValue) needs numbers as targets, but these are classes",
                    at: "/metrics/\(index)"))
        }
        return metrics.map { MetricAccumulator($0, width: width, thresholds: thresholds) }
    }
}

extension MetricAccumulator {
    /// Adds the samples at some positions, whose outputs, (n, outputs), begin at `outputs`.
    mutating func add<S: FloatingReal>(
        _ outputs: UnsafePointer<S>, from source: SampleSource<S>, at positions: Range<Int>,
        _ objective: Objective<S>
    ) {
        for position in positions {
            guard let (target, _) = source.target(at: position) else { continue }
            add(
                outputs: outputs + (position - positions.lowerBound) * objective.width,
                target: target, width: objective.width, isClass: objective.hasClassTargets)
        }
    }
}
