import Dispatch

/// Whether a caller spins for a moment before it waits for its answer.
///
/// It does as long as answers come in that moment. When one doesn't, the next calls wait at once, twice as
/// many each time: with a service that is slow or far away, one call in 64 tries again.
struct Patience {
    /// How long a caller spins: some times what falling asleep and being woken takes.
    static let moment = DispatchTimeInterval.microseconds(100)
    /// How many calls wait at once at most before one tries again.
    private static let mostSkipped = 63

    private var skipped = 0
    private var left = 0

    /// Whether the next caller spins.
    mutating func spins() -> Bool {
        guard left > 0 else { return true }
        left -= 1
        return false
    }

    /// Takes note of what came of it.
    mutating func note(wasEnough: Bool) {
        skipped = wasEnough ? 0 : min(2 * skipped + 1, Patience.mostSkipped)
        left = skipped
    }
}
