/// Why a stream of bytes came to no good end.
struct StreamFailure: Error {
    let error: ClientError
    /// How long the service asks callers to wait; 0 where it doesn't.
    let retryAfterSeconds: Int

    init(_ error: ClientError, retryAfterSeconds: Int = 0) {
        self.error = error
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// For how long, and how soon again, a stream that broke off is opened.
///
/// A call is made so many times; a stream is opened again for so long, since whoever follows a run for hours
/// wants to outlast the restart of a service, however many attempts that takes.
struct StreamAttempts {
    private let retries: Retries
    private let seconds: Int
    private var failures = 0
    /// When it broke off; nil while it goes well.
    private var brokenSince: ContinuousClock.Instant?

    init(_ configuration: ClientConfiguration) {
        retries = configuration.retries
        seconds = configuration.streamRetrySeconds
    }

    /// What no wait is longer than, in milliseconds.
    var longestMilliseconds: Int { retries.longestMilliseconds }

    /// Notes that something came, be it no event: whoever sent it is there.
    mutating func noteBytes() { brokenSince = nil }

    /// Notes that the stream moved on, so that its next break is a first one.
    mutating func noteEvent() { (brokenSince, failures) = (nil, 0) }

    /// How long to wait before it is opened again, in milliseconds; nil when that was tried for long enough,
    /// or the service asks for too long a wait.
    mutating func pause(
        retryAfterSeconds: Int = 0, now: ContinuousClock.Instant = .now
    ) -> Int? {
        failures += 1
        let since = brokenSince ?? now
        brokenSince = since
        guard retries.attempts > 1,
            let wait = retries.wait(
                afterFailures: failures, retryAfterSeconds: retryAfterSeconds)
        else { return nil }
        let (whole, attoseconds) = since.duration(to: now).components
        let spent = Int(whole) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
        let (budget, isHuge) = seconds.multipliedReportingOverflow(by: 1000)
        let left = (isHuge ? Int.max : budget) - spent
        // The last attempt comes when the time is up, but no sooner than the service asks.
        guard left > 0, retryAfterSeconds <= left / 1000 else { return nil }
        return min(wait, left)
    }
}
