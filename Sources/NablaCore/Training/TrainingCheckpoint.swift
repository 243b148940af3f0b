import NablaNetworks

/// What a training that stands between two epochs needs to go on to the same bits, beside its request
/// and its network as it is then.
///
/// It has the place in the training, the generator's state, that of the learning rate and of early
/// stopping, what the optimizer keeps, and the network of the best epoch where that is to be restored. As
/// bytes it is 21 words of 64 bits, then the optimizer's numbers and the best network's in the training's
/// number type, all little-endian. The numbers stand in the order of a network's tensors, so that they
/// don't depend on how a build lays parameters out.
public struct TrainingCheckpoint: Sendable, Equatable {
    /// How many epochs have ended.
    public let epoch: Int
    /// How many optimizer steps were made.
    public let step: Int
    let generator: Generator
    let rate: LearningRate.State
    private(set) var stopping: StoppingProgress
    let optimizer: OptimizerProgress
    /// What the optimizer keeps, then the best network so far, in float32 or float64.
    let dtype: DType
    let numbers: [UInt8]

    /// Says what the first word means: another layout has another number.
    private static let format: UInt64 = 2
    private static let wordCount = 21
    static var headByteCount: Int { wordCount * 8 }

    init(
        _ progress: TrainingProgress, _ generator: Generator, dtype: DType, numbers: [UInt8]
    ) {
        epoch = progress.epoch
        step = progress.step
        rate = progress.rate.state
        stopping = progress.stopping
        optimizer = progress.optimizer
        self.generator = generator
        self.dtype = dtype
        self.numbers = numbers
    }

    /// The checkpoint as bytes.
    public var bytes: [UInt8] {
        let (state, lbfgs) = (generator.state, optimizer.lbfgs)
        let words: [UInt64] = [
            TrainingCheckpoint.format | UInt64(dtype.byteCount) << 32,
            UInt64(epoch), UInt64(step), state.0, state.1, state.2, state.3,
            UInt64(rate.epoch), rate.plateauRate.bitPattern, rate.plateauBest.bitPattern,
            UInt64(rate.plateauEpochs), optimizer.momentumProduct.bitPattern,
            lbfgs.hasDirection ? 1 : 0, UInt64(lbfgs.pairs), UInt64(lbfgs.next),
            lbfgs.size.bitPattern, lbfgs.scale.bitPattern, lbfgs.loss.bitPattern,
            (stopping.best == nil ? 0 : 1) | (stopping.isStopped ? 2 : 0),
            (stopping.best ?? 0).bitPattern, UInt64(stopping.waited),
        ]
        return words.flatMap { $0.littleEndian.bytes } + numbers
    }

    /// The same, but early stopping waits anew for a value better than the best so far: for a training that
    /// somebody wants to go on although it stopped.
    public var waitingAnew: TrainingCheckpoint {
        var checkpoint = self
        checkpoint.stopping = StoppingProgress(best: stopping.best, waited: 0, isStopped: false)
        return checkpoint
    }

    /// Reads a checkpoint from its bytes.
    ///
    /// - Throws: `invalid` for bytes that are none.
    public init(bytes: [UInt8]) throws(ComputationError) {
        let headCount = TrainingCheckpoint.headByteCount
        guard bytes.count >= headCount else { throw TrainingCheckpoint.damaged }
        let words = bytes.withUnsafeBytes { raw in
            (0..<TrainingCheckpoint.wordCount).map { index in
                UInt64(
                    littleEndian: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
        }
        func whole(_ index: Int) throws(ComputationError) -> Int {
            guard let value = Int(exactly: words[index]) else { throw TrainingCheckpoint.damaged }
            return value
        }
        func number(_ index: Int) -> Double { Double(bitPattern: words[index]) }
        guard words[0] & 0xffff_ffff == TrainingCheckpoint.format,
            let dtype = DType.allCases.first(where: { UInt64($0.byteCount) == words[0] >> 32 })
        else { throw TrainingCheckpoint.damaged }
        self.dtype = dtype
        epoch = try whole(1)
        step = try whole(2)
        generator = Generator(state: (words[3], words[4], words[5], words[6]))
        rate = LearningRate.State(
            epoch: try whole(7), plateauRate: number(8), plateauBest: number(9),
            plateauEpochs: try whole(10))
        optimizer = OptimizerProgress(
            momentumProduct: number(11),
            lbfgs: LBFGSProgress(
                hasDirection: words[12] == 1, pairs: try whole(13), next: try whole(14),
                size: number(15), scale: number(16), loss: number(17)))
        stopping = StoppingProgress(
            best: words[18] & 1 == 1 ? number(19) : nil, waited: try whole(20),
            isStopped: words[18] & 2 == 2)
        numbers = Array(bytes[headCount...])
    }

    private static var damaged: ComputationError {
        .invalid(InvalidValue(.inconsistent, "the bytes are no checkpoint of a training"))
    }
}

extension TrainingState {
    /// What going on needs; nil within an epoch.
    var checkpoint: TrainingCheckpoint? {
        guard isBetweenEpochs else { return nil }
        // Before the first step there is nothing yet that could be other than 0.
        var numbers =
            isReserved ? memory.optimizer : Array(repeating: 0, count: optimizerCount)
        for buffer in 0..<parameterBuffers {
            plan.reorder(&numbers, at: buffer * plan.parameterCount) { $0.rows(of: $1) }
        }
        var best = isReserved ? memory.best : Array(repeating: 0, count: bestCount)
        if !best.isEmpty { plan.reorder(&best, at: 0) { $0.rows(of: $1) } }
        numbers += best
        return TrainingCheckpoint(
            progress, generator, dtype: S.dtype,
            numbers: numbers.withUnsafeBytes { Array($0) })
    }

    /// Goes on from a checkpoint; the network is that of the checkpoint already.
    ///
    /// - Throws: `invalid` for that of another training.
    mutating func resume(from checkpoint: TrainingCheckpoint) throws(ComputationError) {
        let (count, pairs) = (optimizerCount, checkpoint.optimizer.lbfgs)
        guard checkpoint.dtype == S.dtype,
            checkpoint.numbers.count == (count + bestCount) * MemoryLayout<S>.stride,
            checkpoint.step == checkpoint.epoch * stepsPerEpoch,
            pairs.pairs <= historySize, pairs.next <= historySize,
            settings.earlyStopping != nil || checkpoint.stopping == StoppingProgress()
        else {
            throw .invalid(
                InvalidValue(.inconsistent, "the checkpoint is that of another training"))
        }
        reserve()
        checkpoint.numbers.withUnsafeBytes { raw in
            func number(_ index: Int) -> S {
                raw.loadUnaligned(fromByteOffset: index * MemoryLayout<S>.stride, as: S.self)
            }
            for index in 0..<count { memory.optimizer[index] = number(index) }
            for index in 0..<bestCount { memory.best[index] = number(count + index) }
        }
        for buffer in 0..<parameterBuffers {
            plan.reorder(
                &memory.optimizer, at: buffer * plan.parameterCount, DensePanels.arranged)
        }
        if bestCount > 0 { plan.reorder(&memory.best, at: 0, DensePanels.arranged) }
        generator = checkpoint.generator
        progress.epoch = checkpoint.epoch
        progress.step = checkpoint.step
        progress.optimizer = checkpoint.optimizer
        progress.stopping = checkpoint.stopping
        progress.rate.resume(from: checkpoint.rate)
    }

    /// How many of the optimizer's buffers have a number for each parameter, in their order.
    private var parameterBuffers: Int {
        guard case .lbfgs(let settings) = settings.optimizer else {
            return settings.optimizer.stateBuffers(parameters: plan.parameterCount)
        }
        // Behind the direction, the gradient and the pairs come ρ and α.
        return 2 + 2 * settings.historySize
    }

    private var historySize: Int {
        guard case .lbfgs(let settings) = settings.optimizer else { return 0 }
        return settings.historySize
    }
}

extension Plan where S: FloatingReal {
    /// Puts the weights that lie in panels, in a buffer like that of the parameters, into another order.
    fileprivate func reorder(
        _ numbers: inout [S], at start: Int, _ order: (DensePanels, [S]) -> [S]
    ) {
        for index in layers.indices {
            guard let panels = panels(ofLayer: index) else { continue }
            let weights = layers[index].parameters.weights
            let place = start + weights.lowerBound..<start + weights.upperBound
            numbers.replaceSubrange(place, with: order(panels, Array(numbers[place])))
        }
    }
}

extension DensePanels {
    /// Weights that lie in rows, as these panels have them.
    fileprivate static func arranged<S: FloatingReal>(_ panels: DensePanels, _ rows: [S]) -> [S] {
        var arranged = rows
        arranged.withUnsafeMutableBufferPointer { arranged in
            rows.withUnsafeBufferPointer { rows in
                guard let rows = rows.baseAddress, let start = arranged.baseAddress else { return }
                panels.arrange(rows, into: start, nil)
            }
        }
        return arranged
    }
}

extension UInt64 {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
}
