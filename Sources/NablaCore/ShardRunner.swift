/// How the shards of a batch are run: on one thread after another, or on many at once.
///
/// The bits of a result don't depend on it: shards are cut by the batch's size alone and summed in
/// order.
public struct ShardRunner: Sendable {
    /// How many shards may run at once.
    public let threads: Int
    /// Whether a thread that helps should rather go.
    let isWantedElsewhere: @Sendable () -> Bool
    /// Lets other threads have the processor.
    let giveWay: @Sendable () -> Void
    private let body: @Sendable (Int, @Sendable (Int) -> Void) -> Void

    /// Makes a runner from a function.
    ///
    /// - Parameters:
    ///   - threads: How many calls of the function's second argument may run at once.
    ///   - isWantedElsewhere: Whether a thread that helps with many small pieces of work should leave
    ///     them to the one it helps; asked between pieces, so it should be quick. Never by default.
    ///   - giveWay: Lets other threads have the processor if they want it: called between the steps of a
    ///     training, and of long ones between the shards, by each thread that has any. Does nothing by
    ///     default.
    ///   - run: Calls its second argument with 0, 1, … up to below its first, once each, in any order
    ///     and on any threads, and returns when all calls have returned.
    public init(
        threads: Int, isWantedElsewhere: @escaping @Sendable () -> Bool = { false },
        giveWay: @escaping @Sendable () -> Void = {},
        _ run: @escaping @Sendable (Int, @Sendable (Int) -> Void) -> Void
    ) {
        self.threads = threads
        self.isWantedElsewhere = isWantedElsewhere
        self.giveWay = giveWay
        body = run
    }

    /// Runs the shards one after another on the calling thread.
    public static let serial = ShardRunner(threads: 1) { count, shard in
        for index in 0..<count { shard(index) }
    }

    /// Runs `shard(0)` … `shard(count - 1)`; a single one on the calling thread.
    public func run(_ count: Int, _ shard: @Sendable (Int) -> Void) {
        if count == 1 { shard(0) } else { body(count, shard) }
    }
}

/// What the shards of a batch share while they run side by side: pointers, for the most part.
///
/// Unchecked because a pointer isn't `Sendable`. It is safe where this is used: shards read the
/// same parameters and samples, write to memory of their own, by `Partition.positions` and the
/// shard's index, and have all returned before anything else touches that memory. What a team's
/// leader does is run by one thread alone.
struct SharedByShards<Value>: @unchecked Sendable {
    let value: Value
}
