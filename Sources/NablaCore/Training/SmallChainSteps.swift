import NablaNetworks

/// The steps of a training of a small chain, made without what larger networks need: the batch stays
/// in lanes as long as it is the same, and an update takes all gradients at once.
///
/// The bits are those of `BatchPass.runUpdating`.
struct SmallChainSteps<S: FloatingReal> {
    private let prepared: PreparedTraining<S>
    private let memory: MemoryPointers<S>
    private let source: SampleSource<S>
    private let isFused: Bool
    private let changesEachStep: Bool
    private var update: ParameterUpdate<S>?
    private var rate = 0.0
    private var chain: SmallChainPass<S>
    /// The batch that is in lanes: its first position, none for −1.
    private var first = -1
    private var batch: Batch<S>
    private var mass = 0.0
    private var scale: S = 0

    /// Prepares the steps; nil where they can't be made so: for networks and batches that aren't
    /// small, where metrics need outputs, and for L-BFGS, which needs more than gradients.
    init?(prepared: PreparedTraining<S>, memory: MemoryPointers<S>, source: SampleSource<S>) {
        let (plan, objective) = (prepared.plan, prepared.objective)
        let rows = prepared.batchSize
        guard plan.sizes.isSmallChain, rows <= SmallChain.mostRows,
            objective.isFused || !plan.sizes.endsInSoftmax, prepared.outputCount == 0,
            !prepared.settings.optimizer.takesAllSamples,
            let batch = source.batch(at: 0..<0, in: memory.scratch, prepared.layout)
        else { return nil }
        self.prepared = prepared
        self.memory = memory
        self.source = source
        self.batch = batch
        isFused = objective.isFused
        changesEachStep = prepared.settings.optimizer.changesEachStep
        chain = SmallChainPass(
            plan, parameters: memory.parameters, memory: memory.scratch + prepared.layout.work,
            rows: rows)
    }

    /// Forgets the batch, whose place in memory others have used.
    mutating func forget() { first = -1 }

    /// Makes a step, unless it meets NaN or infinity: nothing is changed then.
    ///
    /// - Parameters:
    ///   - rate: η.
    ///   - progress: Where the training is.
    /// - Returns: Whether it is made.
    @inline(__always)
    mutating func makeStep(_ rate: Double, _ progress: inout TrainingProgress) -> Bool {
        if first != progress.position { take(progress.position) }
        let check = chain.forward(leavingOutLastActivation: isFused)
        let loss = evaluate()
        guard (loss + check.wide).isFinite else { return false }
        let count = prepared.plan.parameterCount
        chain.backward(isFused: isFused, into: memory.gradients)
        guard Finiteness.holds(memory.gradients, count: count) else { return false }
        prepared.clip(memory.gradients)
        if changesEachStep || update == nil || rate != self.rate {
            self.rate = rate
            update = ParameterUpdate(
                prepared.settings.optimizer, parameters: memory.parameters,
                state: memory.optimizer, count: count, rate: rate, step: progress.step + 1,
                &progress.optimizer)
        }
        update?.run(0..<count, with: memory.gradients)
        progress.loss += loss
        progress.mass += mass
        progress.step += 1
        progress.position += batch.count
        return true
    }

    /// Puts the batch that begins at a position into lanes.
    private mutating func take(_ first: Int) {
        let (plan, objective) = (prepared.plan, prepared.objective)
        let count = min(prepared.batchSize, prepared.samplesPerEpoch - first)
        let positions = first..<first + count
        guard let batch = source.batch(at: positions, in: memory.scratch, prepared.layout) else {
            return
        }
        self.batch = batch
        self.first = first
        mass = source.mass(of: positions, objective)
        scale = objective.scale(ofMass: mass)
        chain = SmallChainPass(
            plan, parameters: memory.parameters, memory: memory.scratch + prepared.layout.work,
            rows: count)
        SmallChain.spread(
            batch.inputs, rows: count, width: plan.inputWidth, repeatsLast: true,
            into: chain.inputs)
        for lane in 0..<chain.lanes { weights[lane] = lane < count ? batch.weight(of: lane) : 0 }
        guard !objective.hasClassTargets else { return }
        SmallChain.spread(
            batch.targets, rows: count, width: objective.width, repeatsLast: true, into: targets)
    }

    /// (L), 0 for lanes without a sample.
    private var weights: UnsafeMutablePointer<S> { chain.rest }
    /// (outputs, L).
    private var targets: UnsafeMutablePointer<S> { chain.rest + chain.lanes }

    /// Evaluates loss and gradient of the outputs.
    ///
    /// - Returns: The sum of the samples' losses; NaN where an output isn't finite.
    @inline(__always)
    private func evaluate() -> Double {
        let objective = prepared.objective
        let losses = memory.scratch + prepared.layout.losses
        if objective.classSettings == nil {
            objective.evaluateLanes(
                chain.outputs, targets: targets, weights: weights, lanes: chain.lanes, scale: scale,
                losses: losses, gradient: chain.outputGradients)
        } else {
            evaluateClasses(losses)
        }
        // What the loss is computed along with is z, which is looked at already.
        guard
            isFused
                || Finiteness.holds(chain.outputs, count: chain.lanes &* objective.width)
        else { return .nan }
        var sum = 0.0
        for row in 0..<batch.count { sum += losses[row].wide }
        return sum
    }

    /// Evaluates a loss that goes over a sample's outputs, row by row.
    private func evaluateClasses(_ losses: UnsafeMutablePointer<S>) {
        let (objective, layout) = (prepared.objective, prepared.layout)
        let (outputs, gradient) = (
            memory.scratch + layout.activations, memory.scratch + layout.gradients
        )
        SmallChain.gather(chain.outputs, rows: batch.count, width: objective.width, into: outputs)
        objective.evaluate(outputs, batch, scale: scale, losses: losses, gradient: gradient)
        SmallChain.spread(
            gradient, rows: batch.count, width: objective.width, repeatsLast: false,
            into: chain.outputGradients)
    }
}
