/// The numbers of a computation, in memory that is reused: a step allocates nothing.
struct Memory<S: Real>: Sendable {
    /// P numbers and perhaps some that are left of a larger network; layout as in `Plan`.
    var parameters = AlignedNumbers<S>()
    /// ∂L/∂parameters of each shard, P numbers each, `Plan.shardStride` apart; the first becomes the
    /// sum.
    var gradients = AlignedNumbers<S>()
    /// The running statistics of the batch normalisations, where their plans say.
    var statistics: [S] = []
    /// What the optimizer keeps: a whole number of buffers of P numbers.
    var optimizer: [S] = []
    /// The shards' intermediate numbers, one `ScratchLayout` after another.
    var scratch = AlignedNumbers<S>()
    /// The sum of the losses of each shard.
    var losses: [Double] = []
    /// The inputs of a batch once more for each member of a team but its leader, and those of the next one where
    /// they are copied ahead.
    var copies = AlignedNumbers<S>()
    /// What threads have copied of their next blocks; none where they copy none.
    var copiedAhead: [CopiedAhead] = []
    /// The parameters and running statistics of the best epoch so far, where they are to be restored.
    var best: [S] = []
    /// What was compiled for the smallest of the networks whose gradients were computed here.
    var smallChains = SmallChainCache<S>()

    /// Makes everything at least as long as a pass needs, with room behind the shards' scratch.
    mutating func reserve(
        shards: Int, gradients shardStride: Int, scratch stride: Int, behind extra: Int = 0
    ) {
        // Without memory of their own, empty arrays would be given some by each `withPointers`.
        if statistics.capacity == 0 { statistics.reserveCapacity(1) }
        if optimizer.capacity == 0 { optimizer.reserveCapacity(1) }
        if best.capacity == 0 { best.reserveCapacity(1) }
        if copiedAhead.capacity == 0 { copiedAhead.reserveCapacity(1) }
        gradients.extend(to: shards * shardStride)
        scratch.extend(to: shards * stride + extra)
        losses.extend(to: shards)
    }

    /// Makes room for that many intermediate numbers.
    mutating func reserve(scratch count: Int) { scratch.extend(to: count) }

    /// Makes room for that many gradients.
    mutating func reserve(gradients count: Int) { gradients.extend(to: count) }

    /// Makes room for that many copied inputs.
    mutating func reserve(copies count: Int) { copies.extend(to: count) }

    /// Makes room for that many parameters.
    mutating func reserve(parameters count: Int) { parameters.extend(to: count) }

    /// Bytes of its buffers, all of them together.
    var byteCount: Int {
        (parameters.count + gradients.count + scratch.count + copies.count + optimizer.count
            + best.count) * MemoryLayout<S>.stride
    }

    /// Gives `body` pointers to what the gradients of a small chain need: parameters and gradients, P
    /// numbers each, and so many intermediate numbers.
    @inline(__always)
    mutating func withSmallChain<Result>(
        _ plan: Plan<S>, scratch count: Int,
        _ body: (
            _ parameters: UnsafeMutablePointer<S>, _ gradients: UnsafeMutablePointer<S>,
            _ scratch: UnsafeMutablePointer<S>
        ) -> Result?
    ) -> Result? {
        reserve(parameters: plan.parameterCount)
        reserve(gradients: plan.parameterCount)
        reserve(scratch: count)
        return parameters.withPointer { parameters in
            gradients.withPointer { gradients in
                scratch.withPointer { scratch in
                    guard let parameters, let gradients, let scratch else { return nil }
                    return body(parameters, gradients, scratch)
                }
            }
        }
    }

    /// Gives `body` pointers to all of it.
    @inline(__always)
    mutating func withPointers<Result>(_ body: (MemoryPointers<S>) -> Result) -> Result? {
        parameters.withPointer { parameters in
            gradients.withPointer { gradients in
                statistics.withUnsafeMutableBufferPointer { statistics in
                    optimizer.withUnsafeMutableBufferPointer { optimizer in
                        scratch.withPointer { scratch in
                            losses.withUnsafeMutableBufferPointer { losses in
                                copies.withPointer { copies in
                                    best.withUnsafeMutableBufferPointer { best in
                                        copiedAhead.withUnsafeMutableBufferPointer { copiedAhead in
                                            guard let scratch, let losses = losses.baseAddress
                                            else { return nil }
                                            // What is empty isn't read.
                                            return body(
                                                MemoryPointers(
                                                    parameters: parameters ?? scratch,
                                                    gradients: gradients ?? scratch,
                                                    statistics: statistics.baseAddress ?? scratch,
                                                    optimizer: optimizer.start, scratch: scratch,
                                                    losses: losses, copies: copies,
                                                    copiedAhead: copiedAhead.start,
                                                    best: best.start))
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Pointers into a `Memory`, valid while it is borrowed.
struct MemoryPointers<S: Real> {
    let parameters: UnsafeMutablePointer<S>
    let gradients: UnsafeMutablePointer<S>
    let statistics: UnsafeMutablePointer<S>
    let optimizer: UnsafeMutablePointer<S>?
    let scratch: UnsafeMutablePointer<S>
    let losses: UnsafeMutablePointer<Double>
    let copies: UnsafeMutablePointer<S>?
    let copiedAhead: UnsafeMutablePointer<CopiedAhead>?
    let best: UnsafeMutablePointer<S>?
}

extension Array where Element: Numeric {
    /// Appends zeros up to `count` numbers.
    fileprivate mutating func extend(to count: Int) {
        if self.count < count { append(contentsOf: repeatElement(0, count: count - self.count)) }
    }
}

/// The memory of a workspace in one number type.
final class WorkspaceMemory<S: Real> {
    var memory = Memory<S>()
}

/// Buffers that gradient requests reuse, which grow to the largest request, and what was compiled for
/// the smallest; see `SmallChainCache`.
///
/// Not `Sendable`: one owner at a time, as a rule one for each worker.
public final class Workspace {
    let single = WorkspaceMemory<Float>()
    let double = WorkspaceMemory<Double>()
    let dual = WorkspaceMemory<Dual>()

    /// The most numbers that the results of one computation may have beside the gradients of the
    /// parameters.
    ///
    /// What would have more is refused before there is memory for it.
    public let mostNumbers: Int

    /// The default of `mostNumbers`: 128 MiB in float32, and 256 MiB in float64.
    public static let defaultMostNumbers = 1 << 25

    /// Makes a workspace that holds nothing yet, for results of up to `mostNumbers` numbers.
    public init(mostNumbers: Int = Workspace.defaultMostNumbers) {
        self.mostNumbers = mostNumbers
    }

    /// Gives back the buffers of each number type that have grown beyond so many bytes together, so that one
    /// large request isn't paid for ever after.
    public func release(beyond bytes: Int) {
        if single.memory.byteCount > bytes { single.memory = Memory() }
        if double.memory.byteCount > bytes { double.memory = Memory() }
        if dual.memory.byteCount > bytes { dual.memory = Memory() }
    }
}
