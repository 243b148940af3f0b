import Foundation
import NablaJSON
import Testing

/// Numbers that are written read back to the same bits.
@Suite struct RoundTripTests {
    private static let count = 1_000_000

    /// Another for each run; `NABLA_TEST_SEED=17 swift test` draws the same again.
    static let seed: UInt64 = {
        let chosen = ProcessInfo.processInfo.environment["NABLA_TEST_SEED"].flatMap(UInt64.init)
        let seed = chosen ?? UInt64.random(in: 0...UInt64.max)
        print("NABLA_TEST_SEED=\(seed)")
        return seed
    }()

    @Test func bringsAMillionRandomFloat64Back() throws {
        var generator = SplitMix(state: Self.seed)
        let values = (0..<Self.count).map { _ in Double(bitPattern: generator.next()) }
            .filter(\.isFinite)
        // One pattern in 2048 is infinite or no number, which JSON doesn't have.
        #expect(values.count > Self.count * 99 / 100)
        try roundTrip(values) { $0.bitPattern == $1.bitPattern }
    }

    @Test func bringsAMillionRandomFloat32Back() throws {
        var generator = SplitMix(state: Self.seed)
        let values = (0..<Self.count).map { _ in
            Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
        }.filter(\.isFinite)
        // One pattern in 256.
        #expect(values.count > Self.count * 99 / 100)
        try roundTrip(values) { $0.bitPattern == $1.bitPattern }
    }

    @Test func bringsTheEndsOfTheRangeBack() throws {
        let wide: [Double] = [
            0, -0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, .leastNormalMagnitude.nextDown,
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        ]
        try roundTrip(wide) { $0.bitPattern == $1.bitPattern }
        let narrow: [Float] = [
            0, -0.0, .leastNormalMagnitude, .leastNormalMagnitude.nextDown,
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        ]
        let smallest = (0..<10_000).map { Float(bitPattern: $0) }
        try roundTrip(narrow + smallest) { $0.bitPattern == $1.bitPattern }
    }

    private func roundTrip<N: JSONNumber>(_ values: [N], _ areSame: (N, N) -> Bool) throws {
        var writer = JSONWriter()
        writer.numbers(values, shape: [1, values.count])
        let (shape, back) = try JSONDocument(parsing: writer.finish()).root.shaped(N.self)
        try #require(shape == [1, values.count])
        let wrong = zip(values, back).filter { !areSame($0, $1) }
        #expect(wrong.isEmpty, "NABLA_TEST_SEED=\(Self.seed): \(wrong.prefix(3))")
    }
}
