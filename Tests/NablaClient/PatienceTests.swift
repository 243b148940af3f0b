import Testing

@testable import NablaClient

/// Which callers spin for a moment before they wait.
@Suite struct PatienceTests {
    /// How many callers wait at once before the next one spins.
    private func skipped(_ patience: inout Patience) -> Int {
        var count = 0
        while !patience.spins() { count += 1 }
        return count
    }

    @Test func whoIsAnsweredAtOnceSpinsAgain() {
        var patience = Patience()
        for _ in 0..<10 {
            let count = skipped(&patience)
            #expect(count == 0)
            patience.note(wasEnough: true)
        }
    }

    @Test func aSlowServiceIsWaitedForWithoutSpinning() {
        var patience = Patience()
        var counts: [Int] = []
        for _ in 0..<9 {
            counts.append(skipped(&patience))
            patience.note(wasEnough: false)
        }
        #expect(counts == [0, 1, 3, 7, 15, 31, 63, 63, 63])
        let count = skipped(&patience)
        #expect(count == 63)
        patience.note(wasEnough: true)
        let next = skipped(&patience)
        #expect(next == 0)
    }
}
