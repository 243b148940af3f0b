import NablaNetworks

/// The steps of one slice, and the ends of its epochs: nothing in here allocates for each of them.
struct TrainingSlice<S: FloatingReal> {
    private let prepared: PreparedTraining<S>
    private let shards: ShardRunner
    private var pass: BatchPass<S>
    /// Room for a batch's outputs, where metrics want them.
    private let outputs: UnsafeMutablePointer<S>?
    private var small: SmallChainSteps<S>?

    init(
        prepared: PreparedTraining<S>, shards: ShardRunner, memory: MemoryPointers<S>,
        source: SampleSource<S>
    ) {
        self.prepared = prepared
        self.shards = shards
        pass = BatchPass(
            plan: prepared.plan, objective: prepared.objective, layout: prepared.layout,
            memory: memory, source: source, computesGradients: true,
            mode: PreparedTraining<S>.mode)
        outputs =
            prepared.outputCount == 0
            ? nil : memory.scratch + prepared.partition.shards * prepared.layout.stride
        small = SmallChainSteps(
            prepared: prepared, memory: memory, source: source, giveWay: shards.giveWay)
    }

    private var plan: Plan<S> { prepared.plan }
    private var memory: MemoryPointers<S> { pass.memory }

    /// Makes steps and ends epochs up to an allotment, which is used up by them.
    ///
    /// - Parameters:
    ///   - allotment: How many; another epoch is begun only where all of it is allotted.
    ///   - stopsAtEndOfEpoch: Whether none is begun.
    ///   - progress: Where the training is.
    ///   - ended: Gets the epochs that ended.
    /// - Returns: Where NaN or infinity appeared.
    mutating func run(
        _ allotment: inout Allotment, stopsAtEndOfEpoch: Bool,
        _ progress: inout TrainingProgress, _ ended: inout EndedEpochs
    ) -> NonFinite? {
        pass.giveWay = allotment.hasLongSteps ? shards.giveWay : nil
        var place: NonFinite?
        shards.withTeam(of: prepared.partition.parts(of: plan)) { team in
            pass.team = team
            place = runAll(
                &allotment, stopsAtEndOfEpoch: stopsAtEndOfEpoch, &progress, &ended)
        }
        return place
    }

    private mutating func runAll(
        _ allotment: inout Allotment, stopsAtEndOfEpoch: Bool,
        _ progress: inout TrainingProgress, _ ended: inout EndedEpochs
    ) -> NonFinite? {
        while true {
            let isDone = small?.run(
                &allotment, stopsAtEndOfEpoch: stopsAtEndOfEpoch, &progress, &ended)
            if isDone == true { return nil }
            if let place = makeSteps(&allotment, &progress) { return place }
            guard progress.position >= prepared.samplesPerEpoch else { return nil }
            do throws(NonFinite) {
                guard try validate(&progress) else { return nil }
            } catch {
                return error.located(progress)
            }
            if let place = endEpoch(&progress, &ended) { return place }
            small?.forget()
            allotment.epochs -= 1
            guard !stopsAtEndOfEpoch, prepared.mayBeginEpoch(allotment, progress) else {
                return nil
            }
        }
    }

    /// Makes steps up to the allotment or the end of the epoch.
    private mutating func makeSteps(
        _ allotment: inout Allotment, _ progress: inout TrainingProgress
    ) -> NonFinite? {
        let rate = progress.rate.value
        // A step of L-BFGS may take many evaluations, and each counts as a step here.
        while allotment.steps > 0, progress.position < prepared.samplesPerEpoch {
            if let place = step(rate, &progress) { return place }
            if allotment.useStep() { shards.giveWay() }
        }
        // An update may overflow where the gradients didn't; so often is often enough to look.
        return plan.firstNonFinite(memory.parameters).map { $0.located(progress) }
    }

    private mutating func step(_ rate: Double, _ progress: inout TrainingProgress) -> NonFinite? {
        let (settings, objective) = (prepared.settings, prepared.objective)
        // Golden-ratio steps: any two steps of any two seeds near one another draw apart.
        pass.mode.key = settings.seed &+ UInt64(progress.step) &* 0x9e37_79b9_7f4a_7c15
        let first = progress.position
        let count = min(prepared.batchSize, prepared.samplesPerEpoch - first)
        let partition = Partition(count: count, of: plan, pass.mode)
        let mass = pass.source.mass(of: first..<first + count, objective)
        let scale: S = objective.scale(ofMass: mass)
        if prepared.copiesAhead { pass.ahead = blocksAhead(after: first + count, progress.epoch) }
        let update = ParameterUpdate(
            settings.optimizer, parameters: memory.parameters, state: memory.optimizer,
            count: plan.parameterCount, rate: rate, step: progress.step + 1, &progress.optimizer)
        // Loss and metrics are those of the parameters that a step begins with.
        let begins = progress.optimizer.lbfgs.evaluations == 0
        let sinks = Sinks(outputs: begins ? outputs : nil)
        // Clipping needs all gradients at once.
        let updatesOnTheWay =
            settings.clipNorm == nil && settings.clipValue == nil && update != nil
        let outcome =
            if updatesOnTheWay, let update {
                pass.runUpdating(first: first, partition, scale: scale, sinks: sinks, update)
            } else {
                pass.run(first: first, partition, scale: scale, sinks: sinks, shards: shards)
            }
        guard case .finished(let loss) = outcome else {
            guard case .nonFinite(let place) = outcome else { return nil }
            return place.located(progress, after: 1)
        }
        let ends =
            updatesOnTheWay
            || apply(update, rate, loss: loss * Double(scale), &progress.optimizer)
        if begins {
            progress.loss += loss
            progress.mass += mass
        }
        if ends {
            progress.step += 1
            progress.position += count
        }
        if begins, let outputs {
            for index in progress.metrics.indices {
                progress.metrics[index].add(
                    outputs, from: pass.source, at: first..<first + count, objective)
            }
        }
        return nil
    }

    /// What is copied while a step computes that ends at `position` of the epoch.
    private func blocksAhead(after position: Int, _ epoch: Int) -> BlocksAhead? {
        guard let copied = memory.copiedAhead else { return nil }
        let count = min(prepared.batchSize, prepared.samplesPerEpoch - position)
        return BlocksAhead(
            copied: copied, epoch: epoch,
            next: count > 0
                ? (position, Partition(count: count, of: plan, pass.mode)) : nil)
    }

    /// Updates the parameters from all gradients; false where L-BFGS wants another evaluation first.
    private func apply(
        _ update: ParameterUpdate<S>?, _ rate: Double, loss: Double,
        _ progress: inout OptimizerProgress
    ) -> Bool {
        let count = plan.parameterCount
        prepared.clip(memory.gradients)
        update?.run(0..<count, with: memory.gradients)
        guard case .lbfgs(let lbfgs) = prepared.settings.optimizer, let state = memory.optimizer
        else {
            return true
        }
        return LBFGSUpdate(
            settings: lbfgs, parameters: memory.parameters,
            buffers: LBFGSBuffers(lbfgs, in: state, count: count), count: count, rate: rate
        ).run(memory.gradients, loss: loss, &progress.lbfgs)
    }

    /// Sees the next piece of the validation samples.
    ///
    /// - Returns: Whether it was the last one.
    private func validate(_ progress: inout TrainingProgress) throws(NonFinite) -> Bool {
        guard let validation = prepared.validation else { return true }
        try validation.advance(&progress.validation, by: pass, shards)
        return validation.isDone(progress.validation)
    }

    /// Records the epoch and goes on to the next one.
    private mutating func endEpoch(
        _ progress: inout TrainingProgress, _ ended: inout EndedEpochs
    ) -> NonFinite? {
        let start = ended.values.count
        if let place = appendMetrics(of: &progress, to: &ended.values) {
            ended.values.removeSubrange(start...)
            return place.located(progress)
        }
        // The loss that a schedule watches is the validation's, where there is one.
        let isValidated = prepared.validation != nil
        let observed = ended.values[isValidated ? start + 1 + progress.metrics.count : start]
        progress.epoch += 1
        progress.position = 0
        (progress.loss, progress.mass) = (0, 0)
        for index in progress.metrics.indices { progress.metrics[index].reset() }
        progress.rate.endEpoch(loss: observed)
        let isBest =
            prepared.stopping?.observe(ended.values[start...], &progress.stopping) ?? false
        if isBest { keepBest() }
        recordHealth(progress, &ended)
        if prepared.isFinished(progress) { restoreBest() }
        return nil
    }

    /// Records the health of an epoch that has ended, where that is due.
    private func recordHealth(_ progress: TrainingProgress, _ ended: inout EndedEpochs) {
        guard let health = prepared.health,
            health.next(after: progress.epoch - 1) == progress.epoch
                || prepared.isFinished(progress)
        else { return }
        let start = ended.healthValues.count
        health.append(
            to: &ended.healthValues, plan, prepared.objective, memory, pass.source, pass.team,
            shards)
        if ended.healthValues.count > start { ended.healthEpochs.append(progress.epoch) }
    }

    private func keepBest() {
        guard let best = memory.best else { return }
        let count = plan.parameterCount
        best.update(from: memory.parameters, count: count)
        (best + count).update(from: memory.statistics, count: plan.sizes.statistics)
    }

    private func restoreBest() {
        guard let best = memory.best else { return }
        let count = plan.parameterCount
        memory.parameters.update(from: best, count: count)
        memory.statistics.update(from: best + count, count: plan.sizes.statistics)
    }

    /// Appends an epoch's metrics, as many as there are keys.
    ///
    /// - Returns: Where NaN or infinity appeared; some may be appended then.
    private func appendMetrics(
        of progress: inout TrainingProgress, to values: inout [Double]
    ) -> NonFinite? {
        let start = values.count
        values.append(progress.loss / max(progress.mass, .leastNonzeroMagnitude))
        for metric in progress.metrics { values.append(metric.value) }
        if let validation = prepared.validation {
            do {
                try validation.finish(&progress.validation, appendingTo: &values)
            } catch {
                return error
            }
        }
        values.append(progress.rate.value)
        for (index, key) in prepared.keys.enumerated() where !values[start + index].isFinite {
            return NonFinite(tensor: key)
        }
        return nil
    }
}

extension NonFinite {
    /// The place in a training that has come so far, `after` that many steps more.
    fileprivate func located(_ progress: TrainingProgress, after steps: Int = 0) -> NonFinite {
        var place = self
        (place.epoch, place.step) = (progress.epoch + 1, progress.step + steps)
        return place
    }
}
