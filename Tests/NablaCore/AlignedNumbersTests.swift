import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Numbers that begin with a cache line")
struct AlignedNumbersTests {
    @Test("begin where a line does, whatever their number", arguments: [1, 2, 15, 16, 17, 100_003])
    func alignment(count: Int) {
        func isAligned<S: Real>(_ type: S.Type) -> Bool {
            var numbers = AlignedNumbers<S>()
            numbers.extend(to: count)
            return numbers.withPointer { UInt(bitPattern: $0) % 64 == 0 && $0 != nil }
        }
        #expect(isAligned(Float.self))
        #expect(isAligned(Double.self))
        #expect(isAligned(Dual.self))
    }

    @Test("keep what they hold when they grow, and are 0 behind it")
    func growth() {
        var numbers = AlignedNumbers<Double>([1, 2, 3])
        numbers.extend(to: 40)
        #expect(numbers[0..<40] == [1, 2, 3] + [Double](repeating: 0, count: 37))
        // Never shorter.
        numbers.extend(to: 2)
        #expect(numbers[39..<40] == [0])
    }

    @Test("are a value: a copy doesn't see what is written to the other")
    func copies() {
        var first = AlignedNumbers<Float>([1, 2])
        let second = first
        first.withPointer { $0?.pointee = 7 }
        #expect(first[0..<2] == [7, 2])
        #expect(second[0..<2] == [1, 2])
        let kept = first.withPointer { $0 }
        first.withPointer { $0?.pointee = 8 }
        // Alone again, it is written where it is.
        #expect(first.withPointer { $0 } == kept)
    }

    @Test("are a value where one of two grows, too")
    func growthOfACopy() {
        let first = AlignedNumbers<Double>([1, 2])
        var second = first
        second.extend(to: 3)
        second.withPointer { $0?.pointee = 5 }
        #expect(first[0..<2] == [1, 2])
        #expect(second[0..<3] == [5, 2, 0])
    }

    @Test("are there for each shard, which begins with a line")
    func shards() throws {
        let network = try Network(
            inputShape: [3],
            layers: [Layer(.dense(Dense(units: 5, activation: .identity)))])
        let plan = try Plan<Double>(network, samples: 1)
        #expect(plan.parameterCount == 20 && plan.shardStride == 24)
        var memory = Memory<Double>()
        memory.reserve(shards: 3, gradients: plan.shardStride, scratch: 1)
        #expect(memory.gradients[0..<3 * 24] == [Double](repeating: 0, count: 72))
    }

    @Test("are none at first")
    func none() {
        var numbers = AlignedNumbers<Float>()
        #expect(numbers.withPointer { $0 } == nil)
        #expect(numbers.withNumbers(0) { $0.isEmpty })
        #expect(AlignedNumbers<Float>([])[0..<0] == [])
    }

    @Test("fill whole lines")
    func lines() {
        #expect([0, 1, 16, 17].map { AlignedNumbers<Float>.inLines($0) } == [0, 16, 16, 32])
        #expect([0, 1, 8, 9].map { AlignedNumbers<Double>.inLines($0) } == [0, 8, 8, 16])
        #expect([0, 1, 4, 5].map { AlignedNumbers<Dual>.inLines($0) } == [0, 4, 4, 8])
    }
}
