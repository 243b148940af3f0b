import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Samples copied ahead")
struct CopiedAheadTests {
    /// What a training has beside products of panels.
    enum Variant: CaseIterable {
        case plain, single, branches, normalized, validated, clipped
    }

    /// One block; shards that one or two threads have; blocks one after another; and last batches that are cut
    /// as the others, and in another way.
    static let sizes = [
        (24, 24 * 7), (40, 390), (300, 1500), (700, 1500), (300, 1100), (1040, 2600), (4500, 9900),
    ]

    @Test("are those of the order, whoever computes", arguments: sizes)
    func cuts(batch: Int, count: Int) throws {
        try check(.plain, batch: batch, count: count)
    }

    @Test("are those of the order, whatever else a training has", arguments: Variant.allCases)
    func kinds(_ variant: Variant) throws {
        for (batch, count) in [(40, 390), (300, 1100), (500, 500)] {
            try check(variant, batch: batch, count: count)
        }
    }

    /// Trains with samples in a drawn order, by other threads each time, and epoch by epoch with samples that
    /// lie in that order, by the products that copy nothing.
    private func check(_ variant: Variant, batch: Int, count: Int) throws {
        var generator = Generator(seed: UInt64(batch))
        let network = try network(variant, &generator)
        let inputs = generator.normals(count * 19)
        let targets = generator.normals(count * 2)
        func samples(_ order: some Sequence<Int32>, count: Int) throws -> Samples {
            try Samples(
                inputs: Tensor(
                    order.flatMap { inputs[Int($0) * 19..<(Int($0) + 1) * 19] },
                    shape: [count, 19]),
                targets: Tensor(
                    order.flatMap { targets[Int($0) * 2..<(Int($0) + 1) * 2] }, shape: [count, 2]))
        }
        let validation = variant == .validated ? try samples(0..<30, count: 30) : nil
        func trained(
            _ network: Network, _ samples: Samples, epochs: Int, shuffles: Bool, steps: Int = 1000,
            _ shards: ShardRunner...
        ) throws -> Network {
            var training = try Training(
                network: network, loss: Loss(.meanSquaredError), samples: samples,
                validation: validation,
                settings: TrainingSettings(
                    optimizer: .sgd(SGD(learningRate: 0.05)), epochs: epochs, batchSize: batch,
                    shuffle: shuffles, seed: 3, dtype: variant == .single ? .float32 : .float64,
                    clipNorm: variant == .clipped ? 0.1 : nil,
                    healthEvery: variant == .validated ? 1 : 0))
            var slice = 0
            while !training.isFinished {
                _ = try training.advance(
                    maximumSteps: steps, shards: shards[slice % shards.count])
                slice += 1
            }
            return training.network()
        }
        // As they are drawn: all parameters are there.
        var drawing = Generator(seed: 3)
        var order = [Int32](repeating: 0, count: count)
        var expected = network
        for _ in 0..<3 {
            drawing.fill(&order)
            expected = try trained(
                expected, samples(order, count: count), epochs: 1, shuffles: false, .serial)
        }
        let unordered = try samples(0..<Int32(count), count: count)
        let found = try trained(network, unordered, epochs: 3, shuffles: true, .serial)
        let worst = zip(found.flat, expected.flat).map { abs($0 - $1) }.max()
        #expect(try #require(worst) < (variant == .single ? 1e-4 : 1e-12))
        for shards in [ShardRunner.workers(2), .workers(3), .workers(8), .backwards] {
            #expect(
                try trained(network, unordered, epochs: 3, shuffles: true, shards) == found)
        }
        // Slice by slice, each with other threads.
        #expect(
            try trained(
                network, unordered, epochs: 3, shuffles: true, steps: 2, .workers(2), .serial,
                .workers(8)) == found)
    }

    /// A network with a last panel that isn't whole, and inputs that don't fill a cache line.
    private func network(_ variant: Variant, _ generator: inout Generator) throws -> Network {
        func dense(_ units: Int, _ inputs: Int) throws -> Dense {
            try Dense(
                weights: Tensor(
                    generator.normals(units * inputs).map { $0 * 0.2 }, shape: [units, inputs]),
                bias: Tensor(generator.normals(units)), activation: .tanh)
        }
        switch variant {
        case .branches:
            return try Network(
                inputShape: [19],
                layers: [
                    Layer(name: "left", .dense(dense(70, 19))),
                    Layer(name: "right", inputs: ["input"], .dense(dense(40, 19))),
                    Layer(inputs: ["left", "right"], .concatenate), Layer(.dense(dense(2, 110))),
                ])
        case .normalized:
            return try Network(
                layers: [
                    Layer(.dense(dense(70, 19))),
                    Layer(.batchNormalization(BatchNormalization())),
                    Layer(.dense(dense(2, 70))),
                ])
        default:
            return try Network(layers: [
                Layer(.dense(dense(70, 19))), Layer(.dense(dense(2, 70))),
            ])
        }
    }

    @Test("are known for their block and their order alone")
    func blocks() {
        var copied = CopiedAhead()
        let numbers: [Float] = [0, 1, 2, 3, 4, 5]
        let order: [Int32] = [5, 4, 3, 2, 1, 0]
        var target = [Float](repeating: -1, count: 6)
        func copy(_ count: Int) {
            numbers.withUnsafeBufferPointer { numbers in
                order.withUnsafeBufferPointer { order in
                    target.withUnsafeMutableBufferPointer { target in
                        guard let start = target.baseAddress else { return }
                        let source = SampleSource<Float>(
                            inputs: numbers.baseAddress, targets: nil, weights: nil,
                            order: order.baseAddress, inputWidth: 1, targetWidth: 1)
                        copied.copy(source, to: start) { copies in
                            let count = min(count, copies.count)
                            guard let table = copies.table, let order = copies.order else {
                                return 0
                            }
                            for row in 0..<count { copies.target[row] = table[Int(order[row])] }
                            return count
                        }
                    }
                }
            }
        }
        #expect(copied.begin(0..<2, of: 0, next: 2..<5) == 0 && !copied.isSecond)
        copy(2)
        copy(2)
        #expect(target == [3, 2, 1, -1, -1, -1])
        #expect(copied.begin(2..<5, of: 0, next: 5..<6) == 3 && copied.isSecond)
        // Another block than was thought.
        #expect(copied.begin(4..<6, of: 0, next: 0..<2) == 0 && copied.isSecond)
        copy(1)
        // The same block in another order.
        #expect(copied.begin(0..<2, of: 1, next: 2..<4) == 0 && copied.isSecond)
        copy(1)
        #expect(copied.begin(2..<4, of: 1, next: 0..<0) == 1 && !copied.isSecond)
        copy(1)
        // The same block once more.
        #expect(copied.begin(2..<4, of: 1, next: 0..<0) == 0 && !copied.isSecond)
    }

    @Test("are those that a thread's next block probably has")
    func next() {
        func next(
            _ count: Int, after block: Int = 0, of shard: Int, as member: Int, of members: Int,
            then following: Int?
        ) -> Range<Int> {
            withUnsafeTemporaryAllocation(of: CopiedAhead.self, capacity: 1) { copied in
                let partition = Partition(count: count, numbers: 1)
                return BlocksAhead(
                    copied: copied.baseAddress.unsafelyUnwrapped, epoch: 0,
                    next: following.map { (10_000 + count, Partition(count: $0, numbers: 1)) }
                ).positions(
                    after: block, of: shard, as: member, of: members, first: 10_000, partition)
            }
        }
        // A whole batch's is the next batch, for each member.
        for member in [0, 1] {
            #expect(next(128, of: 0, as: member, of: 1, then: 128) == 10_128..<10_256)
            #expect(next(128, of: 0, as: member, of: 1, then: 60) == 10_128..<10_188)
            #expect(next(128, of: 0, as: member, of: 1, then: nil).isEmpty)
        }
        // Four shards, by one thread and by two.
        #expect(next(1024, of: 1, as: 0, of: 1, then: 1024) == 10_512..<10_768)
        #expect(next(1024, of: 3, as: 0, of: 1, then: 1024) == 11_024..<11_280)
        #expect(next(1024, of: 1, as: 1, of: 2, then: 1024) == 10_768..<11_024)
        #expect(next(1024, of: 3, as: 1, of: 2, then: 1024) == 11_280..<11_536)
        #expect(next(1024, of: 2, as: 0, of: 2, then: 1024) == 11_024..<11_280)
        // A last batch with fewer shards than threads, and one that is shared within its block.
        #expect(next(1024, of: 3, as: 3, of: 4, then: 700).isEmpty)
        #expect(next(1024, of: 2, as: 2, of: 4, then: 700) == 11_490..<11_724)
        #expect(next(1024, of: 3, as: 1, of: 2, then: 200).isEmpty)
        // Sixteen shards of several blocks.
        let block = next(8192, of: 15, as: 0, of: 1, then: 8192)
        #expect(block == 10_256..<10_512)
        #expect(next(8192, after: 1, of: 15, as: 0, of: 1, then: 8192) == 18_192..<18_448)
    }
}
