import NablaNetworks

/// How healthy a training is at the end of an epoch: the norms of its gradients, and units through
/// which none flow.
///
/// Taken from a pass of its own, forward and back, over the first samples in their own order: at most
/// 256 of them, and fewer of a network with many activations. Layers behave as in inference, so the
/// numbers are those that the trained network has by itself, and the training goes on as if nobody had
/// looked.
///
/// - `gradient_norm`: the L2 norm of the loss's gradient with respect to all parameters.
/// - `layers.N.gradient_norm`: that of the parameters of layer N.
/// - `layers.N.dead_units`: of the layer's ReLU units, the share whose activation is 0 for each of these
///   samples. A unit is one of a sample's activations.
/// - `layers.N.saturated_units`: of the layer's sigmoid units, the share whose activation is nearer than
///   0.01 to 0 or 1 for each of these samples.
struct TrainingHealth<S: FloatingReal>: Sendable {
    /// The most samples of the pass.
    private static var mostSamples: Int { 256 }
    /// The most activations that are kept, of all samples together: 128 or 256 MB.
    private static var mostActivations: Int { 1 << 25 }
    /// The most numbers of the samples, where that is more samples than a batch has.
    private static var mostNumbers: Int { 1 << 20 }
    /// As many samples as the pass has are trained on so many times before there is another pass, which
    /// then takes about a hundredth of the time.
    private static var share: Int { 100 }
    /// The fewest samples between passes: of tiny networks, a pass takes longer than their steps do.
    private static var fewestBetween: Int { 8192 }

    /// The names of what is recorded, in this order.
    let keys: [String]
    private let interval: Int
    private let epochs: Int
    private let count: Int
    private let partition: Partition
    private let layout: ScratchLayout

    /// Prepares the passes; nil where none are wanted.
    ///
    /// - Parameters:
    ///   - plan: The network.
    ///   - objective: The loss.
    ///   - samples: How many samples there are.
    ///   - seen: How many of them an epoch sees.
    ///   - settings: How the network is trained.
    init?(
        _ plan: Plan<S>, _ objective: Objective<S>, samples: Int, seen: Int,
        _ settings: TrainingSettings
    ) {
        guard settings.healthEvery != 0 else { return nil }
        let numbers = plan.sizes.kept + plan.sizes.gradients + plan.sizes.activations
        let few = max(settings.batchSize(of: samples), TrainingHealth.mostNumbers / numbers)
        let affordable = max(1, TrainingHealth.mostActivations / max(plan.sizes.activations, 1))
        count = min(samples, TrainingHealth.mostSamples, few, affordable)
        partition = Partition(count: count, of: plan)
        layout = ScratchLayout(
            plan, rows: partition.rows, targetWidth: objective.targetWidth, gathers: false,
            blockGradients: partition.blocks > 1)
        epochs = settings.epochs
        let between = max(TrainingHealth.share * count, TrainingHealth.fewestBetween)
        interval = settings.healthEvery ?? (between + seen - 1) / seen
        var keys = ["gradient_norm"]
        for (index, layer) in plan.layers.enumerated() {
            if layer.parameters.count > 0 { keys.append("layers.\(index).gradient_norm") }
            if let idle = IdleUnits(layer.activation) {
                keys.append("layers.\(index).\(idle.name)")
            }
        }
        self.keys = keys
    }

    /// How many activations a pass keeps.
    func activationCount(_ plan: Plan<S>) -> Int { count * plan.sizes.activations }

    /// Makes room for a pass.
    func reserve(in memory: inout Memory<S>, _ plan: Plan<S>) {
        memory.reserve(
            shards: 1, gradients: plan.shardStride, scratch: layout.stride,
            behind: activationCount(plan))
    }

    /// The next epoch with a pass, after `epoch` have ended: the first, the last, and in between those
    /// whose number is a multiple of the interval.
    func next(after epoch: Int) -> Int {
        epoch == 0 ? 1 : min(epochs, (epoch / interval + 1) * interval)
    }

    /// Appends what is found, as many numbers as there are keys; nothing where one isn't finite, which
    /// the training's next step will meet by itself.
    func append(
        to values: inout [Double], _ plan: Plan<S>, _ objective: Objective<S>,
        _ memory: MemoryPointers<S>, _ source: SampleSource<S>, _ team: Team?,
        _ shards: ShardRunner
    ) {
        let source = source.unordered
        let mass = source.mass(of: 0..<count, objective)
        let activations = memory.scratch + layout.stride
        let outcome = BatchPass(
            plan: plan, objective: objective, layout: layout, memory: memory, source: source,
            computesGradients: true, team: team
        ).run(
            first: 0, partition, scale: objective.scale(ofMass: mass),
            sinks: Sinks(activations: activations), shards: shards)
        let norm = TrainingHealth.norm(memory.gradients, 0..<plan.parameterCount)
        guard case .finished = outcome, norm.isFinite else { return }
        values.append(norm)
        var unit = UnsafePointer(activations)
        for layer in plan.layers {
            let parameters = layer.parameters
            if parameters.count > 0 {
                let part = parameters.offset..<parameters.offset + parameters.count
                values.append(TrainingHealth.norm(memory.gradients, part))
            }
            if let idle = IdleUnits(layer.activation) {
                values.append(idle.share(of: unit, rows: count, width: layer.width))
            }
            unit += count * layer.width
        }
    }

    private static func norm(_ gradients: UnsafePointer<S>, _ part: Range<Int>) -> Double {
        let start = gradients + part.lowerBound
        return VectorSums.dot(start, start, count: part.count).squareRoot()
    }
}

/// Units through which no gradient flows, or hardly any: the kind that an activation may have.
private enum IdleUnits {
    case dead
    case saturated

    init?(_ activation: Activation) {
        switch activation {
        case .relu: self = .dead
        case .sigmoid: self = .saturated
        default: return nil
        }
    }

    var name: String { self == .dead ? "dead_units" : "saturated_units" }

    /// The share of units that are so for every sample, of activations (rows, width).
    func share<S: FloatingReal>(of a: UnsafePointer<S>, rows: Int, width: Int) -> Double {
        let low: S = self == .dead ? 0 : 0.01
        let high: S = self == .dead ? .infinity : 0.99
        var idle = 0
        for unit in 0..<width {
            var row = 0
            while row < rows {
                let value = a[row &* width &+ unit]
                let isIdle = self == .dead ? value == low : value < low || value > high
                guard isIdle else { break }
                row &+= 1
            }
            if row == rows { idle += 1 }
        }
        return Double(idle) / Double(width)
    }
}
