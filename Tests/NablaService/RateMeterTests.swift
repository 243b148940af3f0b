import Testing

@testable import NablaService

@Suite struct RateMeterTests {
    private let second = 1_000_000_000

    @Test func withoutARateThereIsNone() {
        #expect(RateMeter(RateLimit()) == nil)
        #expect(RateMeter(RateLimit(requestsPerSecond: 1)) != nil)
    }

    @Test func aBurstIsTakenAtOnceAndTheRestAtTheRate() throws {
        let meter = try #require(RateMeter(RateLimit(requestsPerSecond: 4, burst: 3)))
        // Times near the ends of what a clock may give.
        for start in [-second, 0, 1 << 60] {
            for _ in 0..<3 { #expect(meter.take(at: start) == nil) }
            #expect(meter.take(at: start) == second / 4)
            #expect(meter.take(at: start + second / 8) == second / 8)
            #expect(meter.take(at: start + second / 4) == nil)
            #expect(meter.take(at: start + second / 4) == second / 4)
        }
    }

    @Test func whatIsRefusedCostsNothing() throws {
        let meter = try #require(RateMeter(RateLimit(requestsPerSecond: 1, burst: 1)))
        #expect(meter.take(at: 0) == nil)
        for _ in 0..<100 { #expect(meter.take(at: 1) == second - 1) }
        #expect(meter.take(at: second) == nil)
    }

    @Test func restFillsTheBurstAndNoMore() throws {
        let meter = try #require(RateMeter(RateLimit(requestsPerSecond: 10, burst: 2)))
        for time in [0, 1000 * second] {
            #expect(meter.take(at: time) == nil)
            #expect(meter.take(at: time) == nil)
            #expect(meter.take(at: time) != nil)
        }
    }

    @Test func manyThreadsGetTheBurstTogether() async throws {
        let meter = try #require(RateMeter(RateLimit(requestsPerSecond: 1, burst: 500)))
        let granted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<200).count { _ in meter.take(at: 0) == nil } }
            }
            return await group.reduce(0, +)
        }
        #expect(granted == 500)
    }
}
