/// What a thread has copied of the block of samples that it will probably have next.
///
/// Samples in a random order are in no cache, and copying them takes a tenth of a training. While
/// products are computed a thread waits for nothing: there the next block's samples come and are copied in
/// hardly any time; see `Real.multiplyPanel`. A thread has memory for the samples of two blocks, of
/// which one is computed and the other copied.
struct CopiedAhead {
    /// The epoch whose order they come in, and where they are in it.
    private var epoch = 0
    private var positions = 0..<0
    /// How many of them are copied.
    private var count = 0
    /// Whether the block that is computed has the second part of the memory.
    private(set) var isSecond = false

    /// How many of these lie between those of two threads, so that no two write to the same cache line.
    private static var spacing: Int { 4 }
    /// How many all threads need.
    static var countForAll: Int { Team.mostParts * spacing }

    /// Goes on to a block at `positions`, after which that at `next` will probably come.
    ///
    /// - Returns: How many of its samples are copied, the first ones.
    mutating func begin(_ positions: Range<Int>, of epoch: Int, next: Range<Int>) -> Int {
        var known = 0
        if positions == self.positions && epoch == self.epoch {
            known = count
            isSecond.toggle()
        }
        (self.epoch, self.positions, count) = (epoch, next, 0)
        return known
    }

    /// Gives `body` what is still to be copied, to the rows at `target`; it returns how many rows it copied.
    @inline(__always)
    mutating func copy<S: Real>(
        _ source: SampleSource<S>, to target: UnsafeMutablePointer<S>,
        _ body: (RowCopies<S>) -> Int
    ) {
        count &+= body(
            RowCopies(
                table: source.inputs,
                order: source.order.map { $0 + (positions.lowerBound &+ count) },
                target: target + count &* source.inputWidth, count: positions.count &- count))
    }

    /// Where a thread's is.
    @inline(__always)
    static func place(
        of thread: Int, in first: UnsafeMutablePointer<CopiedAhead>
    ) -> UnsafeMutablePointer<CopiedAhead> { first + thread &* spacing }
}

/// Rows of a table that are to be copied to where they follow one another.
struct RowCopies<S: Real> {
    let table: UnsafePointer<S>?
    /// The rows' numbers.
    let order: UnsafePointer<Int32>?
    let target: UnsafeMutablePointer<S>
    let count: Int
}

/// The blocks that are copied ahead while a batch of a training is computed.
struct BlocksAhead {
    /// The threads' own.
    let copied: UnsafeMutablePointer<CopiedAhead>
    /// The epoch whose order the samples come in.
    let epoch: Int
    /// The batch after this one, where the epoch has one: where it begins, and how it is cut.
    let next: (first: Int, partition: Partition)?

    /// Where the block is that a thread, `member` of so many, will probably have after one of this batch,
    /// which begins at `first`; none where nothing is known.
    func positions(
        after block: Int, of shard: Int, as member: Int, of members: Int, first: Int,
        _ partition: Partition
    ) -> Range<Int> {
        if shard + members < partition.shards {
            return partition.positions(shard: shard + members, block: block).shifted(by: first)
        }
        if block + 1 < partition.blocks {
            return partition.positions(shard: member, block: block + 1).shifted(by: first)
        }
        // Threads that share a block have other memory than those with blocks of their own.
        guard let next, next.partition.isWhole == partition.isWhole,
            member < next.partition.shards || partition.isWhole
        else { return 0..<0 }
        let shard = partition.isWhole ? 0 : member
        return next.partition.positions(shard: shard, block: 0).shifted(by: next.first)
    }
}

/// How the samples of a block are copied where threads copy those of the next one, too.
struct CopyingAhead {
    /// That of the thread which has the block, or of the first one that does.
    let copied: UnsafeMutablePointer<CopiedAhead>
    let epoch: Int
    /// Where the next block is.
    let next: Range<Int>
}
