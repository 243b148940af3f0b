import Synchronization

/// Whether requests are coming, for threads that leave their processor to those.
///
/// To those alone: among other programs a thread that keeps giving way hardly gets on.
final class Demand: Sendable {
    /// How long after an answer more requests are expected, in seconds.
    static let seconds = 0.02

    private let answers = Atomic(0)
    /// How many answers there were when new ones were last seen, and when that was, by the bits of a time.
    private let seen = Atomic(0)
    private let seenAt = Atomic((-Demand.seconds).bitPattern)

    /// Counts an answer.
    func note() { answers.add(1, ordering: .relaxed) }

    /// Looks for new answers at `now`, a time by `Stopwatch`.
    ///
    /// - Returns: Whether this look or one in the last `seconds` found any.
    func isThere(at now: Double) -> Bool {
        let count = answers.load(ordering: .relaxed)
        if seen.exchange(count, ordering: .relaxed) != count {
            seenAt.store(now.bitPattern, ordering: .relaxed)
            return true
        }
        return now - Double(bitPattern: seenAt.load(ordering: .relaxed)) < Demand.seconds
    }
}
