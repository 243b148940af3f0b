import Synchronization

/// How many requests whoever has one token may make.
public struct RateLimit: Sendable, Equatable {
    /// Requests a second in the long run; 0 for any number, which is the default.
    public var requestsPerSecond: Int
    /// Requests that may come at once; 100, and at least 1.
    public var burst: Int

    /// Sets the limit; each part has the default its property names.
    public init(requestsPerSecond: Int = 0, burst: Int = 100) {
        self.requestsPerSecond = requestsPerSecond
        self.burst = burst
    }
}

/// A bucket that `burst` requests fit into and that leaks `requestsPerSecond` of them.
///
/// Kept as one number, the time at which the bucket will be empty.
/// - Source: the generic cell rate algorithm, ITU-T I.371, annex A.
final class RateMeter: Sendable {
    /// The time that one request takes to leak, and that a full bucket does, in nanoseconds.
    private let interval: Int
    private let capacity: Int
    private let emptyAt = Atomic(Int.min)

    /// Makes an empty bucket; nil where there is no limit.
    init?(_ limit: RateLimit) {
        guard limit.requestsPerSecond > 0 else { return nil }
        interval = max(1, 1_000_000_000 / limit.requestsPerSecond)
        capacity = interval.multipliedReportingOverflow(by: max(1, limit.burst)).partialValue
    }

    /// Takes a request in.
    ///
    /// - Parameter now: The time in nanoseconds, from any beginning.
    /// - Returns: Nil when it fits in, else the nanoseconds after which it will.
    func take(at now: Int) -> Int? {
        var found = emptyAt.load(ordering: .relaxed)
        while true {
            let next = max(found, now) + interval
            let excess = next - now - capacity
            guard excess <= 0 else { return excess }
            let (isDone, original) = emptyAt.weakCompareExchange(
                expected: found, desired: next, ordering: .relaxed)
            guard !isDone else { return nil }
            found = original
        }
    }
}
