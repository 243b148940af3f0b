import NablaNetworks

/// The steps of one slice: nothing in here allocates.
struct TrainingSlice<S: FloatingReal> {
    let prepared: PreparedTraining<S>
    /// The learning rate of the epoch.
    let rate: Double
    let shards: ShardRunner

    private var plan: Plan<S> { prepared.plan }

    /// Makes steps up to the limit or the end of the epoch.
    ///
    /// - Parameters:
    ///   - maximumSteps: The limit.
    ///   - pass: The pass each step makes.
    ///   - outputs: Room for a batch's outputs, where metrics want them.
    ///   - progress: Where the training is.
    ///   - optimizer: Where the optimizer is.
    /// - Returns: Where NaN or infinity appeared.
    func run(
        _ maximumSteps: Int, _ pass: BatchPass<S>, outputs: UnsafeMutablePointer<S>?,
        _ progress: inout TrainingProgress, _ optimizer: inout OptimizerProgress
    ) -> NonFinite? {
        // Larger batches are cut into shards, which run side by side by themselves.
        guard prepared.partition.isWhole else {
            return run(maximumSteps, pass, outputs: outputs, &progress, &optimizer, team: nil)
        }
        var place: NonFinite?
        shards.withTeam(of: plan.mostPanels) { team in
            place = run(maximumSteps, pass, outputs: outputs, &progress, &optimizer, team: team)
        }
        return place
    }

    private func run(
        _ maximumSteps: Int, _ pass: BatchPass<S>, outputs: UnsafeMutablePointer<S>?,
        _ progress: inout TrainingProgress, _ optimizer: inout OptimizerProgress, team: Team?
    ) -> NonFinite? {
        var steps = 0
        var pass = pass
        pass.team = team
        // A step of L-BFGS may take many evaluations, and each counts as a step here.
        while steps < maximumSteps, progress.position < prepared.samplesPerEpoch {
            if let place = step(&pass, outputs, &progress, &optimizer) { return place }
            steps += 1
        }
        // An update may overflow where the gradients didn't; once a slice is often enough to look.
        guard var place = plan.firstNonFinite(pass.memory.parameters) else { return nil }
        (place.epoch, place.step) = (progress.epoch + 1, progress.step)
        return place
    }

    private func step(
        _ pass: inout BatchPass<S>, _ outputs: UnsafeMutablePointer<S>?,
        _ progress: inout TrainingProgress, _ optimizer: inout OptimizerProgress
    ) -> NonFinite? {
        let (settings, objective) = (prepared.settings, prepared.objective)
        // Golden-ratio steps: any two steps of any two seeds near one another draw apart.
        pass.mode.key = settings.seed &+ UInt64(progress.step) &* 0x9e37_79b9_7f4a_7c15
        let first = progress.position
        let count = min(prepared.batchSize, prepared.samplesPerEpoch - first)
        let partition = Partition(count: count, of: plan, pass.mode)
        let mass = pass.source.mass(of: first..<first + count, objective)
        // A batch whose samples all weigh 0 has no mean; its gradients are 0.
        let scale: S = objective.reduction == .mean ? (mass > 0 ? S(1 / mass) : 0) : 1
        let update = ParameterUpdate(
            settings.optimizer, parameters: pass.memory.parameters, state: pass.memory.optimizer,
            count: plan.parameterCount, rate: rate, step: progress.step + 1, &optimizer)
        // Loss and metrics are those of the parameters that a step begins with.
        let begins = optimizer.lbfgs.evaluations == 0
        let sinks = Sinks(outputs: begins ? outputs : nil)
        // Clipping needs all gradients at once.
        let updatesOnTheWay =
            partition.isWhole && settings.clipNorm == nil && settings.clipValue == nil
            && update != nil
        let outcome =
            if updatesOnTheWay, let update {
                pass.runUpdating(first: first, partition, scale: scale, sinks: sinks, update)
            } else {
                pass.run(first: first, partition, scale: scale, sinks: sinks, shards: shards)
            }
        guard case .finished(let loss) = outcome else {
            guard case .nonFinite(var place) = outcome else { return nil }
            (place.epoch, place.step) = (progress.epoch + 1, progress.step + 1)
            return place
        }
        let ends =
            updatesOnTheWay
            || apply(update, pass.memory, loss: loss * Double(scale), &optimizer)
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

    /// Updates the parameters from all gradients; false where L-BFGS wants another evaluation first.
    private func apply(
        _ update: ParameterUpdate<S>?, _ memory: MemoryPointers<S>, loss: Double,
        _ progress: inout OptimizerProgress
    ) -> Bool {
        let count = plan.parameterCount
        clip(memory.gradients)
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

    private func clip(_ gradients: UnsafeMutablePointer<S>) {
        let (count, settings) = (plan.parameterCount, prepared.settings)
        if let limit = settings.clipNorm { Clipping.clip(gradients, count: count, norm: limit) }
        if let limit = settings.clipValue { Clipping.clip(gradients, count: count, value: limit) }
    }
}
