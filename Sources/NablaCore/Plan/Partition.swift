import NablaNetworks

/// How a batch is cut: into shards that run side by side, each in blocks that run one after
/// another.
///
/// The cut depends on nothing but the sizes of batch and network, so that the order
/// in which gradients are summed, and with it every bit, is the same on any number of threads.
struct Partition {
    /// The most samples of a block: enough for the matrix products to be efficient, few enough for
    /// the caches.
    static let blockSize = 256
    /// The most shards of a batch.
    private static let maximumShards = 16
    /// The most numbers in a kind of buffer of all shards together: 128 or 256 MB; inputs that are copied ahead
    /// take twice as many.
    private static let maximumNumbers = 1 << 25
    /// The most intermediate numbers of a block: 1 or 2 GB.
    ///
    /// Where the samples of a longer block would have more, blocks are shorter, and there is but one shard.
    private static let maximumBlockNumbers = 1 << 28

    /// The most samples that are cut into shards of one block each.
    static var largestCount: Int { blockSize * maximumShards }

    /// The samples of the batch.
    let count: Int
    /// How many shards there are; each has its own gradients.
    let shards: Int
    /// The most samples of a block of this batch.
    private let blockSize: Int

    /// Cuts a batch of `count` samples whose shards need buffers of so many numbers.
    init(count: Int, numbers: Int, blockSize: Int = Partition.blockSize) {
        let affordable = max(1, Partition.maximumNumbers / max(numbers, 1))
        let useful = (count + Partition.blockSize - 1) / Partition.blockSize
        self.count = count
        shards =
            blockSize < Partition.blockSize ? 1 : min(useful, affordable, Partition.maximumShards)
        self.blockSize = blockSize
    }

    /// Leaves a batch whole: one block of one shard, for layers that need all samples at once.
    init(uncut count: Int) {
        self.count = count
        shards = 1
        blockSize = max(count, 1)
    }

    /// Cuts a batch for passes through a network, unless it must stay whole in that mode.
    init<S: Real>(count: Int, of plan: borrowing Plan<S>, _ mode: PassMode = PassMode()) {
        if mode.isTraining && plan.sizes.normalizesBatches {
            self.init(uncut: count)
        } else {
            let affordable = Partition.maximumBlockNumbers / max(plan.sizes.ofSample, 1)
            self.init(
                count: count, numbers: plan.numbersOfShard,
                blockSize: max(1, min(Partition.blockSize, affordable)))
        }
    }

    /// Refuses a batch that must stay whole and would take too much memory.
    ///
    /// - Throws: `invalid` at `pointer`.
    static func check<S: Real>(
        batch count: Int, of plan: Plan<S>, _ mode: PassMode, at pointer: String
    ) throws(ComputationError) {
        guard mode.isTraining, plan.sizes.normalizesBatches else { return }
        let numbers = plan.sizes.ofSample
        guard count <= maximumBlockNumbers / max(numbers, 1) else {
            throw .invalid(
                InvalidValue(
                    .outOfRange,
                    "batch normalisation needs a batch's \(count) samples at once, with \(numbers) "
                        + "numbers each; \(maximumBlockNumbers) numbers are the most",
                    at: pointer))
        }
    }

    /// Whether the batch is one block of one shard.
    var isWhole: Bool { shards == 1 && count <= blockSize }

    /// How many parts of a batch threads can have side by side: panels of a layer, or shards.
    func parts<S: Real>(of plan: Plan<S>) -> Int { isWhole ? plan.mostPanels : shards }

    /// How many blocks the longest shard has.
    var blocks: Int { (longest + blockSize - 1) / blockSize }

    /// The most samples a block really has.
    var rows: Int { min(longest, blockSize) }

    private var longest: Int { (count + shards - 1) / shards }

    /// The samples of a shard's block; empty where the shard is shorter than others.
    @inline(__always)
    func positions(shard: Int, block: Int) -> Range<Int> {
        let (first, end) = (count * shard / shards, count * (shard + 1) / shards)
        let start = min(first + block * blockSize, end)
        return start..<min(start + blockSize, end)
    }

    /// The positions of all blocks that have samples, shard by shard.
    var allPositions: [Range<Int>] {
        (0..<shards).flatMap { shard in
            (0..<blocks).map { positions(shard: shard, block: $0) }.filter { !$0.isEmpty }
        }
    }

    /// Finds the first layer and tensor in which any sample meets NaN or infinity, by passes
    /// forward.
    ///
    /// - Parameters:
    ///   - sample: The index of the sample at a position.
    ///   - pass: The pass over the samples at some positions.
    /// - Returns: The place, or nil when all is finite.
    func firstNonFinite<S: Real>(
        sample: (Int) -> Int, _ pass: (Range<Int>) -> ShardPass<S>?
    ) -> NonFinite? {
        var first: (layer: Int, tensor: LayerTensor, position: Int)?
        for positions in allPositions {
            guard let (layer, tensor, row) = pass(positions)?.firstNonFinite() else { continue }
            if let first, (first.layer, first.tensor) <= (layer, tensor) { continue }
            first = (layer, tensor, positions.lowerBound + row)
        }
        return first.map {
            NonFinite(layer: $0.layer, tensor: $0.tensor.name, sample: sample($0.position))
        }
    }
}

extension Range<Int> {
    /// The positions so many further on.
    @inline(__always)
    func shifted(by distance: Int) -> Range<Int> {
        lowerBound + distance..<upperBound + distance
    }
}

/// A layer's tensors in the order they are computed in.
enum LayerTensor: Comparable {
    case preActivations
    case activations

    /// The name in `NonFinite.tensor`.
    var name: String { self == .preActivations ? "pre_activations" : "activations" }
}
