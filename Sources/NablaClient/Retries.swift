import NablaAPI

/// How often, and how soon, a call that failed on its way is made again.
///
/// Only what may pass is tried again (`ClientError.connection` and `.timedOut`, and answers that say so), and
/// only for calls that may run twice without harm: those that change nothing, those whose method
/// is idempotent, and those that carry an `Idempotency-Key`.
/// - Source: RFC 9110, section 9.2.2.
public struct Retries: Sendable, Equatable {
    /// How often a call is made at most, the first time included; 3 by default, 1 for no repetition.
    ///
    /// Event streams are opened again for a time (`ClientConfiguration.streamRetrySeconds`), however often that
    /// is; not at all where this is 1.
    public var attempts: Int
    /// What the first wait is at most, in milliseconds; 100 by default.
    ///
    /// Each further one may be twice as long as the one before it.
    public var baseMilliseconds: Int
    /// What no wait is longer than, in milliseconds; 5,000 by default.
    ///
    /// Where the service asks for a longer one with `Retry-After`, its answer is given to the caller.
    public var longestMilliseconds: Int

    /// No repetition.
    public static let none = Retries(attempts: 1)

    /// Makes settings.
    public init(
        attempts: Int = 3, baseMilliseconds: Int = 100, longestMilliseconds: Int = 5_000
    ) {
        self.attempts = attempts
        self.baseMilliseconds = baseMilliseconds
        self.longestMilliseconds = longestMilliseconds
    }

    /// How long to wait after that many failures; nil where it is too long, or enough was tried.
    ///
    /// Any time up to the bound is as likely ("full jitter"), so that callers that failed together don't
    /// come back together.
    func milliseconds(afterFailures failures: Int, retryAfterSeconds: Int = 0) -> Int? {
        guard failures < attempts else { return nil }
        return wait(afterFailures: failures, retryAfterSeconds: retryAfterSeconds)
    }

    /// The same for what is tried for a time, and not so many times.
    func wait(afterFailures failures: Int, retryAfterSeconds: Int) -> Int? {
        let longest = max(longestMilliseconds, 0)
        let (asked, overflows) = max(retryAfterSeconds, 0).multipliedReportingOverflow(by: 1000)
        guard !overflows, asked <= longest else { return nil }
        let factor = 1 << min(max(failures - 1, 0), 20)
        let (grown, isHuge) = max(baseMilliseconds, 0).multipliedReportingOverflow(by: factor)
        return max(asked, Int.random(in: 0...(isHuge ? longest : min(grown, longest))))
    }
}

/// The attempts of one call.
struct Attempts {
    private let message: Message
    private let retries: Retries
    private let deadline: ContinuousClock.Instant?
    private var failures = 0
    /// Whether an attempt broke off, so that nobody knows whether the service did what it was asked.
    private var isFateUnknown = false

    init(_ message: Message, _ configuration: ClientConfiguration) {
        self.message = configuration.compressesRequests ? message.compressed : message
        retries = message.isRepeatable ? configuration.retries : .none
        deadline =
            configuration.totalMilliseconds > 0
            ? .now + .milliseconds(configuration.totalMilliseconds) : nil
    }

    /// The message of the next attempt, which gets what time is left.
    var next: Message {
        var message = message
        message.milliseconds = leftMilliseconds.map { max($0, 1) } ?? 0
        return message
    }

    private var leftMilliseconds: Int? {
        deadline.map { deadline in
            let (seconds, attoseconds) = ContinuousClock.now.duration(to: deadline).components
            return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
        }
    }

    /// How long to wait before the next attempt, in milliseconds; nil when there is to be none.
    mutating func pause(after outcome: Result<Received, ClientError>) -> Int? {
        failures += 1
        var asked = 0
        switch outcome {
        case .success(let received):
            guard [429, 502, 503, 504].contains(received.status) else { return nil }
            asked = received.retryAfterSeconds
            // A gateway's answer says nothing about what became of the call behind it.
            if received.status == 502 || received.status == 504 { isFateUnknown = true }
        case .failure(.connection), .failure(.timedOut): isFateUnknown = true
        case .failure: return nil
        }
        guard
            let pause = retries.milliseconds(afterFailures: failures, retryAfterSeconds: asked)
        else { return nil }
        if let leftMilliseconds, leftMilliseconds <= pause { return nil }
        return pause
    }

    /// What the last attempt means for the call.
    ///
    /// What was to be deleted and isn't there any more was deleted by an attempt whose answer got lost.
    func settled(_ outcome: Result<Received, ClientError>) throws(ClientError) -> Received {
        var received = try outcome.get()
        if isFateUnknown, message.method == "DELETE", received.status == 404 {
            received = Received(status: 204)
        }
        return received
    }
}

extension ClientError {
    /// Whether the same may go well a moment later.
    var isPassing: Bool {
        switch self {
        case .connection, .timedOut: true
        case .problem(let problem): [429, 503].contains(problem.kind.status)
        case .unexpected(let status, _): [429, 502, 503, 504].contains(status)
        case .configuration, .cancelled: false
        }
    }
}

/// A key that no other call has.
func madeUpKey() -> String {
    let words = [UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)]
    return words.map { word in
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
}
