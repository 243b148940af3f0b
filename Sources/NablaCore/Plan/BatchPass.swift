/// What a pass writes beside gradients, each for all samples of the batch; nil where not wanted.
struct Sinks<S: Real> {
    /// The samples' losses: (n).
    var losses: UnsafeMutablePointer<S>?
    /// (n, outputs).
    var outputs: UnsafeMutablePointer<S>?
    /// Each layer's activations, (n, u), one layer after another.
    var activations: UnsafeMutablePointer<S>?
    /// (n, i).
    var inputGradients: UnsafeMutablePointer<S>?
    /// The gradients of weights in panels, of a batch that is one block; the others don't come here.
    var weightRows: WeightRowPointers<S>?
}

/// How a pass ended.
enum PassOutcome {
    /// With this sum of the samples' losses.
    case finished(loss: Double)
    case nonFinite(NonFinite)
    case cancelled
}

/// Passes over batches: forward, loss and, unless only the loss is wanted, backward.
///
/// Gradients are sums over the batch's samples, taken in three stages: over a block of at most 256,
/// over the blocks of a shard, and over at most 16 shards, in order. So the rounding error of a sum
/// is at most c·u·Σ|terms|, with u = 2⁻²⁴ in float32 and 2⁻⁵³ in float64, and
/// c = 256 + blocks + shards: 257 for a batch of 256 samples, 273 up to 4,096, and beyond that one
/// more for each 4,096 samples, 297 for 100,000. (Shards are fewer, and blocks more, for networks of
/// more than two million parameters or thousands of activations.) A layer that uses a
/// weight at k places of a sample, a convolution's positions or an embedding's tokens, has k·256
/// terms in a block. Losses are summed in float64: a batch's is as exact as its samples'.
///
/// A batch that stays whole for a batch normalisation in training is one block: c is then the
/// number of its samples.
/// - Source: Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 4.2.
struct BatchPass<S: Real> {
    let plan: Plan<S>
    let objective: Objective<S>
    let layout: ScratchLayout
    let memory: MemoryPointers<S>
    let source: SampleSource<S>
    let computesGradients: Bool
    var mode = PassMode()
    /// Which layers' gradients are wanted; nil for all.
    var wanted: UnsafePointer<Bool>?
    /// Who shares the work: of a batch that is one block within its layers, else shard by shard.
    var team: Team?
    /// Lets others have the processor, where a batch takes so long that they should get it before the end:
    /// called after each shard.
    var giveWay: (@Sendable () -> Void)?
    /// What threads copy while they compute; nil where they copy nothing ahead.
    var ahead: BlocksAhead?

    /// Runs the pass over the samples at `first` and the next ones, as many as `partition` says, with
    /// the team that it has, or else with one of `shards`.
    ///
    /// The sum of the gradients over all samples, times `scale`, is then in the first P numbers of
    /// the gradients' memory. Returns before that when a number isn't finite.
    func run(
        first: Int, _ partition: Partition, scale: S, sinks: Sinks<S> = Sinks(),
        shards: ShardRunner, isCancelled: () -> Bool = { false }
    ) -> PassOutcome {
        guard team == nil else {
            return run(first: first, partition, scale: scale, sinks: sinks, isCancelled)
        }
        var outcome = PassOutcome.cancelled
        shards.withTeam(of: partition.parts(of: plan)) { team in
            var pass = self
            pass.team = team
            outcome = pass.run(
                first: first, partition, scale: scale, sinks: sinks, isCancelled)
        }
        return outcome
    }

    /// As above, with the team that it has or alone.
    private func run(
        first: Int, _ partition: Partition, scale: S, sinks: Sinks<S>, _ isCancelled: () -> Bool
    ) -> PassOutcome {
        guard partition.isWhole else {
            return runShards(
                first: first, partition, scale: scale, sinks: sinks,
                into: FlatGradients(buffer: memory.gradients, looks: true), isCancelled)
        }
        if isCancelled() { return .cancelled }
        let refused = runBlock(
            0, of: 0, in: 0, first: first, partition, scale: scale, sinks,
            next: next(after: 0, of: 0, as: 0, of: 1, first: first, partition))
        let loss = memory.losses[0]
        let gradients = refused.map { plan.place(ofGradients: $0.parameters, layer: $0.layer) }
        guard loss.isFinite else {
            return .nonFinite(search(first: first, partition, scale: scale, sinks, gradients))
        }
        return gradients.map { .nonFinite($0) } ?? .finished(loss: loss)
    }

    /// Runs a batch of several blocks, and gives the sums of their gradients to `sink`, which has them
    /// in the first P numbers of the gradients' memory.
    private func runShards(
        first: Int, _ partition: Partition, scale: S, sinks: Sinks<S>,
        into sink: some GradientSink<S>, _ isCancelled: () -> Bool = { false }
    ) -> PassOutcome {
        var pass = self
        pass.team = nil
        for block in 0..<partition.blocks {
            if isCancelled() { return .cancelled }
            ShardBlocks(
                pass: pass, block: block, first: first, partition: partition, scale: scale,
                sinks: sinks, members: team?.members ?? 1
            ).run(parts: partition.shards, team)
        }
        var loss = 0.0
        for shard in 0..<partition.shards { loss += memory.losses[shard] }
        if !computesGradients {
            guard loss.isFinite else {
                return .nonFinite(search(first: first, partition, scale: scale, sinks, nil))
            }
        } else if !loss.isFinite {
            _ = sumGradients(
                of: partition, into: FlatGradients(buffer: memory.gradients, looks: false))
            return .nonFinite(
                search(first: first, partition, scale: scale, sinks, nonFiniteGradients))
        } else if !sumGradients(of: partition, into: sink) {
            return .nonFinite(nonFiniteGradients ?? NonFinite(tensor: "loss"))
        }
        return .finished(loss: loss)
    }

    /// Runs one block of one shard in the scratch memory at a place; the shard's loss is NaN where a
    /// number on the way isn't finite.
    ///
    /// - Returns: Of a batch that is one block, the layer and the parameters whose gradients aren't
    ///   finite, or nil.
    fileprivate func runBlock(
        _ block: Int, of shard: Int, in place: Int, first: Int, _ partition: Partition, scale: S,
        _ sinks: Sinks<S>, next: Range<Int>
    ) -> (layer: Int, parameters: Range<Int>)? {
        let positions = partition.positions(shard: shard, block: block)
        if block == 0 { memory.losses[shard] = 0 }
        guard !positions.isEmpty,
            let (pass, batch) = pass(at: positions, first: first, place, next: next)
        else { return nil }
        var refused: (layer: Int, parameters: Range<Int>)?
        var sum = evaluate(pass, batch, scale: scale)
        if computesGradients {
            let inputGradients = sinks.inputGradients.map {
                $0 + positions.lowerBound * plan.inputWidth
            }
            let total = memory.gradients + shard * plan.shardStride
            let own = block == 0 ? total : pass.scratch + layout.block
            refused = pass.backward(
                isFused: objective.isFused,
                into: FlatGradients(
                    buffer: own, looks: partition.isWhole, weightRows: sinks.weightRows),
                inputGradients: inputGradients)
            if block > 0 { _ = S.add(own, to: total, count: plan.parameterCount) }
            if let inputGradients,
                !Finiteness.holds(inputGradients, count: batch.count * plan.inputWidth)
            {
                sum = .nan
            }
        }
        memory.losses[shard] += sum
        write(pass, at: positions, of: partition.count, to: sinks)
        return refused
    }

    /// Runs the pass, and updates the parameters from each part of the gradients as soon as it is there.
    ///
    /// Where the pass ends otherwise, some may be updated.
    func runUpdating(
        first: Int, _ partition: Partition, scale: S, sinks: Sinks<S>, _ update: ParameterUpdate<S>
    ) -> PassOutcome where S: FloatingReal {
        let sink = UpdatingGradients(buffer: memory.gradients, update: update)
        guard partition.isWhole else {
            return runShards(first: first, partition, scale: scale, sinks: sinks, into: sink)
        }
        let positions = 0..<partition.count
        let next = next(after: 0, of: 0, as: 0, of: 1, first: first, partition)
        guard let (pass, batch) = pass(at: positions, first: first, 0, next: next) else {
            return .cancelled
        }
        let loss = evaluate(pass, batch, scale: scale)
        guard loss.isFinite else {
            return .nonFinite(search(first: first, partition, scale: scale, sinks, nil))
        }
        if let (layer, range) = pass.backward(
            isFused: objective.isFused, into: sink, inputGradients: nil)
        {
            return .nonFinite(plan.place(ofGradients: range, layer: layer))
        }
        write(pass, at: positions, of: partition.count, to: sinks)
        return .finished(loss: loss)
    }

    /// Runs a block forward and evaluates the loss: the samples' sum, and their gradients.
    ///
    /// - Returns: The sum; NaN where a number on the way isn't finite.
    @inline(__always)
    private func evaluate(_ pass: ShardPass<S>, _ batch: Batch<S>, scale: S) -> Double {
        let isFinite = pass.forward(leavingOutLastActivation: objective.isFused)
        let losses = pass.scratch + layout.losses
        objective.evaluate(
            pass.outputs, batch, scale: scale, losses: losses,
            gradient: pass.outputGradients)
        var sum = isFinite ? 0 : Double.nan
        for row in 0..<batch.count { sum += losses[row].wide }
        let count = batch.count * plan.outputWidth
        return Finiteness.holds(pass.outputs, count: count) ? sum : .nan
    }

    /// Where the block is that a thread will probably have after this one; see `BlocksAhead`.
    fileprivate func next(
        after block: Int, of shard: Int, as member: Int, of members: Int, first: Int,
        _ partition: Partition
    ) -> Range<Int> {
        ahead?.positions(
            after: block, of: shard, as: member, of: members, first: first, partition) ?? 0..<0
    }

    /// The pass of one block in the scratch memory at a place, and its samples; those at `next` are copied
    /// meanwhile.
    private func pass(
        at positions: Range<Int>, first: Int, _ place: Int, next: Range<Int> = 0..<0
    ) -> (ShardPass<S>, Batch<S>)? {
        let scratch = memory.scratch + place * layout.stride
        let range = positions.shifted(by: first)
        guard
            let batch = source.batch(
                at: range, in: scratch, layout, copies: memory.copies, team,
                ahead: ahead.map {
                    CopyingAhead(
                        copied: CopiedAhead.place(of: place, in: $0.copied), epoch: $0.epoch,
                        next: next)
                })
        else { return nil }
        let pass = ShardPass(
            plan: plan, layout: layout, parameters: memory.parameters,
            statistics: memory.statistics, scratch: scratch, inputs: batch.inputs,
            rows: batch.count, first: range.lowerBound, mode: mode, wanted: wanted)
        return (pass, batch)
    }

    /// Copies what the caller wants to see of a block.
    private func write(
        _ pass: ShardPass<S>, at positions: Range<Int>, of count: Int, to sinks: Sinks<S>
    ) {
        let (first, rows) = (positions.lowerBound, positions.count)
        if let losses = sinks.losses {
            (losses + first).update(from: pass.scratch + layout.losses, count: rows)
        }
        guard sinks.outputs != nil || sinks.activations != nil else { return }
        if objective.isFused { pass.activate(plan.layers[plan.layers.count - 1]) }
        if let outputs = sinks.outputs {
            (outputs + first * plan.outputWidth)
                .update(from: pass.outputs, count: rows * plan.outputWidth)
        }
        guard var target = sinks.activations else { return }
        // A small chain leaves its outputs alone where the layers' activations would be.
        if pass.isSmallChain(isFused: objective.isFused) { pass.computeAll() }
        for layer in plan.layers {
            let width = layer.width
            (target + first * width).update(from: pass.activations(of: layer), count: rows * width)
            target += count * width
        }
    }

    /// Adds the shards' gradients to the first shard's, in order, and gives the sums to a sink.
    ///
    /// - Returns: Whether it has taken all of them.
    private func sumGradients(of partition: Partition, into sink: some GradientSink<S>) -> Bool {
        let count = plan.parameterCount
        let parts = ShardSums<S, FlatGradients<S>>.parts(of: count, members: team?.members ?? 1)
        return allAreTaken(of: parts) { refusals in
            ShardSums(
                gradients: memory.gradients, stride: plan.shardStride, shards: partition.shards,
                count: count, parts: parts, sink: sink, refusals: refusals
            ).run(parts: parts, team)
        }
    }

    /// The first gradients with NaN or infinity, of those that all lie in the gradients' memory.
    private var nonFiniteGradients: NonFinite? {
        plan.firstNonFinite(memory.gradients, suffix: "_gradient", backward: true)
    }

    /// Finds the first layer and tensor with NaN or infinity, after a pass that met one; `gradients` are
    /// where gradients have some.
    private func search(
        first: Int, _ partition: Partition, scale: S, _ sinks: Sinks<S>, _ gradients: NonFinite?
    ) -> NonFinite {
        if let place = plan.firstNonFinite(memory.parameters) { return place }
        let place = partition.firstNonFinite(sample: { source.sample(at: first + $0) }) {
            pass(at: $0, first: first, 0)?.0
        }
        if let place { return place }
        if let place = searchLosses(first: first, partition, scale: scale) { return place }
        if let gradients { return gradients }
        let entry = sinks.inputGradients.flatMap {
            Finiteness.firstFailure($0, count: partition.count * plan.inputWidth)
        }
        return NonFinite(
            tensor: entry == nil ? "loss" : "input_gradients",
            sample: entry.map { source.sample(at: first + $0 / plan.inputWidth) })
    }

    private func searchLosses(first: Int, _ partition: Partition, scale: S) -> NonFinite? {
        for positions in partition.allPositions {
            guard let (pass, batch) = pass(at: positions, first: first, 0) else { continue }
            _ = pass.forward(leavingOutLastActivation: objective.isFused)
            let losses = pass.scratch + layout.losses
            objective.evaluate(
                pass.outputs, batch, scale: scale, losses: losses,
                gradient: pass.outputGradients)
            guard let row = Finiteness.firstFailure(losses, count: batch.count) else { continue }
            let sample = source.sample(at: first + positions.lowerBound + row)
            return NonFinite(tensor: "loss", sample: sample)
        }
        return nil
    }
}

/// A block of each shard of a batch.
private struct ShardBlocks<S: Real>: PartedWork {
    /// Has no team: a member works on its shard alone, in scratch memory of its own.
    let pass: BatchPass<S>
    let block: Int
    let first: Int
    let partition: Partition
    let scale: S
    let sinks: Sinks<S>
    /// How many threads there are.
    let members: Int

    func run(part shard: Int, as member: Int) {
        let next = pass.next(
            after: block, of: shard, as: member, of: members, first: first, partition)
        _ = pass.runBlock(
            block, of: shard, in: member, first: first, partition, scale: scale, sinks, next: next)
        pass.giveWay?()
    }
}
