import NablaNetworks

/// Loss and metrics of a network over samples it isn't trained on.
struct Evaluation<S: FloatingReal>: Sendable {
    private let objective: Objective<S>
    private let samples: PreparedSamples<S>
    private let accumulators: [MetricAccumulator]
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
        partition = Partition(count: samples.count, of: plan)
        layout = ScratchLayout(
            plan, rows: partition.rows, targetWidth: objective.targetWidth, gathers: false)
    }

    /// The names of what `run` computes, in this order.
    var keys: [String] { ["loss"] + accumulators.map(\.key) }

    /// Makes room for it.
    func reserve(in memory: inout Memory<S>, _ plan: Plan<S>) {
        let outputs = accumulators.isEmpty ? 0 : samples.count * plan.outputWidth
        memory.reserve(
            shards: partition.shards, parameters: 0, scratch: layout.stride, behind: outputs)
    }

    /// Computes the mean loss and the metrics with the parameters in `memory`, and appends them.
    func run(
        _ plan: Plan<S>, _ memory: MemoryPointers<S>, _ shards: ShardRunner,
        appendingTo values: inout [Double]
    ) throws(NonFinite) {
        let outputs =
            accumulators.isEmpty ? nil : memory.scratch + partition.shards * layout.stride
        var accumulators = self.accumulators
        let (outcome, mass) = samples.withSource { source in
            let outcome = BatchPass(
                plan: plan, objective: objective, layout: layout, memory: memory, source: source,
                computesGradients: false
            ).run(
                first: 0, partition, scale: 1, sinks: Sinks(outputs: outputs), shards: shards)
            if let outputs {
                for index in accumulators.indices {
                    accumulators[index].add(
                        outputs, from: source, at: 0..<samples.count, objective)
                }
            }
            return (outcome, source.mass(of: 0..<samples.count, objective))
        }
        if case .nonFinite(let place) = outcome { throw place }
        guard case .finished(let loss) = outcome, mass > 0 else {
            throw NonFinite(tensor: "validation_loss")
        }
        values.append(loss / mass)
        for accumulator in accumulators { values.append(accumulator.value) }
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
