public import NablaNetworks

/// A gradient computation that is compiled once and run with ever other parameters and samples.
///
/// Whoever learns online asks for the gradients of one network again and again: what depends on its
/// layers, the loss and the shapes alone is checked and compiled the first time.
public struct RepeatedGradient: Sendable {
    /// Where among the numbers that come each time parameters and samples are.
    public struct Layout: Sendable, Equatable {
        /// Together the parameters: layer by layer, weights row by row before the bias.
        public var parameters: [Range<Int>]
        /// The samples' inputs, sample by sample.
        public var inputs: Range<Int>
        /// The samples' targets, sample by sample.
        public var targets: Range<Int>
        /// The samples' weights, where they have any.
        public var weights: Range<Int>?

        /// Makes a layout.
        public init(
            parameters: [Range<Int>], inputs: Range<Int>, targets: Range<Int>, weights: Range<Int>?
        ) {
            self.parameters = parameters
            self.inputs = inputs
            self.targets = targets
            self.weights = weights
        }
    }

    private enum Compiled: Sendable {
        case float32(CompiledGradient<Float>)
        case float64(CompiledGradient<Double>)
    }

    private let compiled: Compiled

    /// Compiles a computation of loss and gradients; of `network` and `samples` everything but the numbers
    /// of parameters and samples is kept.
    ///
    /// - Parameters:
    ///   - loss: What is minimised, reduced to one number.
    ///   - network: A network with numbers.
    ///   - samples: What the loss is taken over.
    ///   - dtype: What is computed in.
    ///   - settings: What is differentiated, and how.
    ///   - layout: Where the numbers will be.
    /// - Throws: As `Gradients.compute`; `invalid` also for what isn't repeated, a vector and losses that
    ///   aren't reduced, and for a layout that isn't that of these numbers.
    public init(
        of loss: Loss, network: Network, samples: Samples, dtype: DType,
        settings: GradientSettings = GradientSettings(), layout: Layout
    ) throws(ComputationError) {
        compiled =
            switch dtype {
            case .float32: .float32(try CompiledGradient(loss, network, samples, settings, layout))
            case .float64: .float64(try CompiledGradient(loss, network, samples, settings, layout))
            }
    }

    /// Computes loss and gradients in float32, to the bits of `Gradients.compute`.
    ///
    /// - Parameters:
    ///   - numbers: Finite numbers, which lie as the layout says.
    ///   - workspace: Buffers that are reused.
    ///   - shards: How shards of 256 samples and more are run.
    ///   - isCancelled: Asked now and then, by one thread at a time.
    ///   - body: Gets the loss, and the gradients of the layers that are wanted, one layer after another,
    ///     weights row by row before the bias.
    /// - Throws: As `Gradients.compute`; `invalid` also where numbers are missing, and where it was compiled for
    ///   the other type.
    public func compute(
        _ numbers: Span<Float>, workspace: Workspace, shards: ShardRunner = .serial,
        isCancelled: () -> Bool = { false }, _ body: (Span<Float>) -> Void
    ) throws(ComputationError) {
        guard case .float32(let gradient) = compiled else {
            throw RepeatedGradient.otherType
        }
        try gradient.run(numbers, &workspace.single.memory, shards, isCancelled, body)
    }

    /// As above in float64.
    public func compute(
        _ numbers: Span<Double>, workspace: Workspace, shards: ShardRunner = .serial,
        isCancelled: () -> Bool = { false }, _ body: (Span<Double>) -> Void
    ) throws(ComputationError) {
        guard case .float64(let gradient) = compiled else {
            throw RepeatedGradient.otherType
        }
        try gradient.run(numbers, &workspace.double.memory, shards, isCancelled, body)
    }

    private static var otherType: ComputationError {
        .invalid(InvalidValue(.inconsistent, "the computation was compiled for the other dtype"))
    }
}

/// A repeated computation in its number type.
private final class CompiledGradient<S: FloatingReal>: Sendable {
    private let plan: Plan<S>
    private let objective: Objective<S>
    private let network: Network
    private let mode: PassMode
    private let wanted: [Bool]
    private let partition: Partition
    private let layout: RepeatedGradient.Layout
    private let pieces: [ParameterPiece]
    private let inputShape: Shape
    /// How many numbers come.
    private let numberCount: Int
    /// How many go: the loss and the gradients that are wanted.
    private let resultCount: Int
    /// Where a small chain's parameters are, if they lie as the plan has them and all gradients are wanted.
    private let smallChainParameters: Int?

    init(
        _ loss: Loss, _ network: Network, _ samples: Samples, _ settings: GradientSettings,
        _ layout: RepeatedGradient.Layout
    ) throws(ComputationError) {
        (plan, objective, wanted) = try GradientComputation<S>.compile(
            loss, network, samples, [], settings)
        let prepared = try PreparedSamples(samples, for: plan, objective)
        guard settings.vector == nil, objective.reduction != .none,
            layout.parameters.reduce(0, { $0 + $1.count }) == plan.parameterCount,
            layout.inputs.count == prepared.inputs.count,
            layout.targets.count == prepared.targets.count,
            layout.weights?.count == prepared.weights?.count
        else {
            throw .invalid(
                InvalidValue(
                    .inconsistent,
                    "a repeated gradient has one loss, no vector, and a layout of as many numbers as "
                        + "parameters and samples are"))
        }
        self.network = network
        self.layout = layout
        mode = settings.mode
        partition = Partition(count: samples.count, of: plan, mode)
        self.pieces = ParameterPiece.pieces(of: layout.parameters, plan)
        inputShape = samples.inputs.shape
        let ranges = layout.parameters + [layout.inputs, layout.targets]
        numberCount = (ranges + (layout.weights.map { [$0] } ?? [])).reduce(0) {
            max($0, $1.upperBound)
        }
        let pieces = layout.parameters.filter { !$0.isEmpty }
        let isSmallChain =
            plan.isSmallChain(rows: samples.count, isFused: objective.isFused) && wanted.isEmpty
            && zip(pieces, pieces.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound }
        smallChainParameters = isSmallChain ? pieces.first?.lowerBound : nil
        resultCount = plan.layers.indices.reduce(1) { [wanted, plan] count, index in
            count + (wanted.isEmpty || wanted[index] ? plan.layers[index].parameters.count : 0)
        }
    }

    func run(
        _ numbers: Span<S>, _ memory: inout Memory<S>, _ shards: ShardRunner,
        _ isCancelled: () -> Bool, _ body: (Span<S>) -> Void
    ) throws(ComputationError) {
        guard numbers.count >= numberCount else {
            throw .invalid(
                InvalidValue(
                    .shapeMismatch,
                    "there are \(numbers.count) numbers of \(numberCount) that the layout has"))
        }
        try numbers.withUnsafeBufferPointer { pointer throws(ComputationError) in
            // There are more than none.
            let start = pointer.baseAddress.unsafelyUnwrapped
            let source = SampleSource(
                inputs: start + layout.inputs.lowerBound,
                targets: start + layout.targets.lowerBound,
                weights: layout.weights.map { start + $0.lowerBound }, order: nil,
                inputWidth: plan.inputWidth, targetWidth: objective.targetWidth)
            try check(source)
            let divisor =
                objective.reduction == .mean
                ? try objective.divisor(ofMass: source.mass(of: 0..<partition.count, objective)) : 1
            if let offset = smallChainParameters, !isCancelled(),
                ofSmallChain(source, start + offset, divisor, &memory, body)
            {
                return
            }
            var sinks = Results<S>()
            if partition.isWhole { sinks.writeWeightRows(plan, wanted: wanted) }
            var outcome: PassOutcome?
            shards.withTeam(of: partition.parts(of: plan)) { team in
                memory.setParameters(start, pieces, of: network, plan, team)
                outcome = GradientPass.run(
                    plan, objective, source, at: 0, partition, scale: S(1 / divisor), mode, wanted,
                    &memory, &sinks, team, shards, isCancelled)
            }
            let mean = S(try GradientPass<S>.sum(outcome) / divisor)
            guard mean.isFinite else { throw .nonFinite(NonFinite(tensor: "loss")) }
            let results = memory.gradients.withNumbers(plan.parameterCount) {
                result(mean, $0, sinks.weightRows)
            }
            body(results.span)
        }
    }

    /// Gives `body` the result for a small chain; false where a number on the way isn't finite, which is found
    /// the long way.
    private func ofSmallChain(
        _ source: SampleSource<S>, _ parameters: UnsafePointer<S>, _ divisor: Double,
        _ memory: inout Memory<S>, _ body: (Span<S>) -> Void
    ) -> Bool {
        guard let batch = source.batch(lyingAt: 0..<partition.count) else { return false }
        let scratchCount = SmallChain.numbers(of: plan, rows: batch.count)
        memory.reserve(scratch: scratchCount + resultCount)
        return memory.scratch.withPointer { scratch in
            guard let scratch else { return false }
            let result = scratch + scratchCount
            guard
                let sum = SmallChain.gradients(
                    of: plan, objective, batch, scale: S(1 / divisor), parameters: parameters,
                    memory: scratch, into: result + 1)
            else { return false }
            result.pointee = S(sum / divisor)
            guard result.pointee.isFinite else { return false }
            body(UnsafeBufferPointer(start: result, count: resultCount).span)
            return true
        }
    }

    /// Checks the samples' numbers against the network and the loss.
    private func check(_ source: SampleSource<S>) throws(ComputationError) {
        let inputs = UnsafeBufferPointer(start: source.inputs, count: layout.inputs.count)
        let targets = UnsafeBufferPointer(start: source.targets, count: layout.targets.count)
        try plan.check(tokens: inputs, of: inputShape, under: "/samples")
        if let range = layout.weights, let weights = source.weights {
            try invalidating { () throws(InvalidValue) in
                var check = Samples.WeightsCheck()
                for index in 0..<range.count { check.note(Double(weights[index])) }
                try check.finish()
            }
        }
        guard let index = targets.firstIndex(where: { objective.complaint(about: $0) != nil })
        else { return }
        throw .invalid(
            InvalidValue(
                .outOfRange, objective.complaint(about: targets[index]) ?? "",
                at: "/samples/targets"))
    }

    private func result(
        _ loss: S, _ gradients: UnsafeBufferPointer<S>, _ weightRows: WeightRows<S>
    ) -> [S] {
        var result: [S] = []
        result.reserveCapacity(resultCount)
        result.append(loss)
        for index in plan.layers.indices where wanted.isEmpty || wanted[index] {
            let parameters = plan.layers[index].parameters
            if let rows = weightRows.rows(ofLayer: index) {
                result += rows
                result += gradients[parameters.bias]
            } else if let panels = plan.panels(ofLayer: index) {
                result += panels.rows(of: gradients[parameters.weights])
                result += gradients[parameters.bias]
            } else {
                result += gradients[parameters.offset..<parameters.offset + parameters.count]
            }
        }
        return result
    }
}
