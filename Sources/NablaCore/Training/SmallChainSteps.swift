import NablaNetworks

/// The steps of a training of a small chain, made without what larger networks need: the batch stays
/// in lanes as long as it is the same, and an update takes all gradients at once.
///
/// The bits are those of `BatchPass.runUpdating`.
struct SmallChainSteps<S: FloatingReal> {
    private let prepared: PreparedTraining<S>
    private let memory: MemoryPointers<S>
    private let source: SampleSource<S>
    private let giveWay: @Sendable () -> Void
    private let elements: LaneLoss<S>?
    private let isFused: Bool
    private let isClipped: Bool
    /// Whether the end of each epoch needs more than its loss.
    private let looksAtEpochs: Bool
    /// The next epoch whose health is looked at.
    private var healthEpoch = 0
    private let parameterCount: Int
    private let width: Int
    private let samplesPerEpoch: Int
    private let stepsPerEpoch: Int
    private let epochs: Int
    private let losses: UnsafeMutablePointer<S>
    private let changesEachStep: Bool
    /// Gradient descent without momentum and clipping, which has steps of its own; see
    /// `makePlainStep`.
    private let plainSettings: SGD?
    private var plain: SGDStep<S>?
    private var update: ParameterUpdate<S>?
    private var rate = 0.0
    private let layers: SmallLayers<S>
    private var chain: SmallChainPass<S>
    /// The batch that is in lanes: its first position, none for −1.
    private var first = -1
    private var batch: Batch<S>
    private var mass = 0.0
    private var scale: S = 0

    /// Prepares the steps; nil where they can't be made so: for networks and batches that aren't
    /// small, where metrics need outputs, and for L-BFGS, which needs more than gradients.
    init?(
        prepared: PreparedTraining<S>, memory: MemoryPointers<S>, source: SampleSource<S>,
        giveWay: @escaping @Sendable () -> Void
    ) {
        let (plan, objective) = (prepared.plan, prepared.objective)
        let rows = prepared.batchSize
        guard plan.isSmallChain(rows: rows, isFused: objective.isFused), prepared.outputCount == 0,
            !prepared.settings.optimizer.takesAllSamples,
            let batch = source.batch(
                at: 0..<0, in: memory.scratch, prepared.layout, copies: nil, nil)
        else { return nil }
        self.prepared = prepared
        self.memory = memory
        self.source = source
        self.giveWay = giveWay
        self.batch = batch
        let settings = prepared.settings
        elements = objective.elements
        isFused = objective.isFused
        isClipped = settings.clipNorm != nil || settings.clipValue != nil
        looksAtEpochs = prepared.validation != nil || prepared.stopping != nil
        parameterCount = plan.parameterCount
        width = objective.width
        samplesPerEpoch = prepared.samplesPerEpoch
        stepsPerEpoch = prepared.stepsPerEpoch
        epochs = settings.epochs
        losses = memory.scratch + prepared.layout.losses
        changesEachStep = settings.optimizer.changesEachStep
        if case .sgd(let sgd) = settings.optimizer, sgd.momentum == 0, !isClipped {
            plainSettings = sgd
        } else {
            plainSettings = nil
        }
        layers = SmallLayers(plan)
        chain = SmallChainPass(
            plan, layers: layers.memory, parameters: memory.parameters,
            memory: memory.scratch + prepared.layout.work,
            rows: rows)
    }

    /// Forgets the batch, whose place in memory others have used.
    mutating func forget() { first = -1 }

    /// Makes steps and ends epochs up to an allotment, as `TrainingSlice.run` does; comes back before
    /// what it can't do: a step that meets NaN or infinity, and the end of an epoch with validation,
    /// early stopping or a look at the training's health.
    ///
    /// - Returns: Whether it ended the last epoch that it may.
    mutating func run(
        _ allotment: inout Allotment, stopsAtEndOfEpoch: Bool,
        _ progress: inout TrainingProgress, _ ended: inout EndedEpochs
    ) -> Bool {
        while allotment.steps > 0, progress.position < samplesPerEpoch {
            if first != progress.position { take(progress.position) }
            let rate = progress.rate.value
            guard let loss = makeStep(rate, progress.step + 1, &progress.optimizer) else {
                // What finds the place uses the same memory.
                forget()
                return false
            }
            progress.loss += loss
            progress.mass += mass
            progress.step += 1
            progress.position += batch.count
            if allotment.useStep() { giveWay() }
            guard progress.position >= samplesPerEpoch else { continue }
            guard endEpoch(rate, &progress, &ended) else { return false }
            allotment.epochs -= 1
            if stopsAtEndOfEpoch || allotment.epochs <= 0 || allotment.steps < stepsPerEpoch
                || progress.epoch >= epochs
            {
                return true
            }
        }
        return false
    }

    /// Ends an epoch as `TrainingSlice.endEpoch` does, where there is nothing but its loss.
    @inline(__always)
    private mutating func endEpoch(
        _ rate: Double, _ progress: inout TrainingProgress, _ ended: inout EndedEpochs
    ) -> Bool {
        let loss = progress.loss / max(progress.mass, .leastNonzeroMagnitude)
        if progress.epoch >= healthEpoch {
            healthEpoch = prepared.health?.next(after: progress.epoch) ?? .max
        }
        guard !looksAtEpochs, progress.epoch + 1 != healthEpoch, loss.isFinite, rate.isFinite,
            // Plain steps have looked.
            plain != nil || Finiteness.fewHold(memory.parameters, count: parameterCount)
        else { return false }
        ended.values.append(loss)
        ended.values.append(rate)
        progress.epoch += 1
        progress.position = 0
        (progress.loss, progress.mass) = (0, 0)
        progress.rate.endEpoch(loss: loss)
        return true
    }

    /// Makes a step: forward, loss, back and update.
    ///
    /// - Returns: The sum of the samples' losses; nil where NaN or infinity was met, and nothing is
    ///   changed.
    @inline(__always)
    private mutating func makeStep(
        _ rate: Double, _ step: Int, _ optimizer: inout OptimizerProgress
    ) -> Double? {
        let check = chain.forward(leavingOutLastActivation: isFused)
        let loss = evaluate()
        guard (loss + check.wide).isFinite else { return nil }
        chain.backward(isFused: isFused, into: memory.gradients)
        if let plainSettings {
            if plain == nil || rate != self.rate {
                self.rate = rate
                plain = SGDStep(plainSettings, rate: rate)
            }
            return makePlainStep() ? loss : nil
        }
        guard Finiteness.fewHold(memory.gradients, count: parameterCount) else { return nil }
        if isClipped { prepared.clip(memory.gradients) }
        if changesEachStep || update == nil || rate != self.rate {
            self.rate = rate
            update = ParameterUpdate(
                prepared.settings.optimizer, parameters: memory.parameters,
                state: memory.optimizer, count: parameterCount, rate: rate, step: step, &optimizer)
        }
        update?.run(0..<parameterCount, with: memory.gradients)
        return loss
    }

    /// Makes a step of gradient descent as it stands; false where NaN or infinity was met, and nothing
    /// is changed.
    ///
    /// Gradients that aren't finite give such parameters: one look is enough.
    @inline(__always)
    private func makePlainStep() -> Bool {
        let (parameters, gradients) = (memory.parameters, memory.gradients)
        if plain?.exchange(parameters, with: gradients, count: parameterCount) == true {
            return true
        }
        parameters.update(from: gradients, count: parameterCount)
        return false
    }

    /// Puts the batch that begins at a position into lanes.
    private mutating func take(_ first: Int) {
        let (plan, objective) = (prepared.plan, prepared.objective)
        let count = min(prepared.batchSize, prepared.samplesPerEpoch - first)
        let positions = first..<first + count
        guard
            let batch = source.batch(
                at: positions, in: memory.scratch, prepared.layout, copies: nil, nil)
        else {
            return
        }
        self.batch = batch
        self.first = first
        mass = source.mass(of: positions, objective)
        scale = objective.scale(ofMass: mass)
        chain = SmallChainPass(
            plan, layers: layers.memory, parameters: memory.parameters,
            memory: memory.scratch + prepared.layout.work,
            rows: count)
        SmallChain.spread(
            batch.inputs.rows, rows: count, width: plan.inputWidth, repeatsLast: true,
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
    // Mutating, so that it is handed the steps themselves: for a function that only reads, all of
    // them would be copied.
    @inline(__always)
    private mutating func evaluate() -> Double {
        let (outputs, gradient) = (chain.outputs, chain.outputGradients)
        if let elements {
            // Compiled once more for up to four samples: there are no loops over lanes then.
            if chain.lanes == 4 {
                elements.evaluate(
                    outputs, targets: targets, weights: weights, width: width, lanes: 4,
                    scale: scale, losses: losses, gradient: gradient)
            } else {
                elements.evaluate(
                    outputs, targets: targets, weights: weights, width: width,
                    lanes: chain.lanes, scale: scale, losses: losses, gradient: gradient)
            }
        } else {
            evaluateClasses()
        }
        // What the loss is computed along with is z, which is looked at already.
        guard isFused || Finiteness.fewHold(outputs, count: chain.lanes &* width) else {
            return .nan
        }
        var sum = 0.0
        var row = 0
        while row < batch.count {
            sum += losses[row].wide
            row &+= 1
        }
        return sum
    }

    /// Evaluates a loss that goes over a sample's outputs, row by row.
    private func evaluateClasses() {
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

/// Memory for the layers of a `SmallChainPass`.
private final class SmallLayers<S: Real> {
    let memory: UnsafeMutablePointer<SmallLayer<S>>

    init(_ plan: Plan<S>) { memory = .allocate(capacity: plan.layers.count) }

    deinit { memory.deallocate() }
}
