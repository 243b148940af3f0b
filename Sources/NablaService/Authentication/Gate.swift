import NablaAPI
import NablaHTTP
import NablaStore
import Synchronization

/// Decides who may make a call: looks at tokens, scopes and rates.
///
/// It knows all tokens of the database, and looks for new and revoked ones with `refresh`, so that no
/// call waits for the database. While there never was a token, everybody may make every call.
final class Gate: Sendable {
    /// Why a request may not go on, with the fields that go with that.
    struct Refusal: Error {
        let problem: Problem
        let fields: [(name: String, value: String)]
    }

    private struct State {
        var holders: [TokenDigest: Holder] = [:]
        var hasFailed = false
    }

    private let store: Store
    private let limit: RateLimit
    private let state = Mutex(State())
    private let isOpen = Atomic(true)
    /// The bucket of all who need no token.
    private let everybody: RateMeter?

    /// Makes the gate with the tokens there are.
    init(store: Store, limit: RateLimit) throws(StoreError) {
        self.store = store
        self.limit = limit
        everybody = RateMeter(limit)
        take(try store.tokens(atStart: true))
    }

    /// Decides about a request.
    ///
    /// - Parameters:
    ///   - scope: What its endpoint asks for; nil where it asks nobody.
    ///   - fields: The request's fields; not asked for where nobody needs a token.
    ///   - now: The time of `Stopwatch`.
    /// - Returns: The name of the token that was shown and is good; nil where none is needed.
    /// - Throws: `Refusal` where the request may not go on.
    func admit(
        to scope: Scope?, _ fields: @autoclosure () -> Fields, at now: Double
    ) throws(Refusal) -> String? {
        guard let scope else { return nil }
        guard !isOpen.load(ordering: .acquiring) else {
            try meter(everybody, nil, at: now)
            return nil
        }
        let text: Substring
        switch Credentials(fields()) {
        case .token(let given): text = given
        case .none: throw refusal("this call needs a token: Authorization: Bearer TOKEN")
        case .unreadable:
            throw refusal("Authorization must be one field that says Bearer TOKEN")
        }
        let digest = TokenDigest(of: text)
        guard let holder = state.withLock({ $0.holders[digest] }) else {
            throw refusal("there is no such token", error: "invalid_token")
        }
        if let reason = holder.reasonToRefuse() {
            throw refusal("the token \(holder.name) \(reason)", error: "invalid_token")
        }
        guard holder.allows(scope) else { throw refusal(holder, without: scope) }
        holder.usage.note(now)
        try meter(holder.usage.meter, holder.name, at: now)
        return holder.name
    }

    /// Whether a request's token is good for what its endpoint asks for, whatever its rate.
    ///
    /// It is what `admit` will most likely say, asked before the body is there.
    func allows(_ scope: Scope?, _ fields: Fields) -> Bool {
        guard let scope, !isOpen.load(ordering: .acquiring) else { return true }
        guard case .token(let text) = Credentials(fields) else { return false }
        let digest = TokenDigest(of: text)
        let holder = state.withLock { $0.holders[digest] }
        return holder.map { $0.reasonToRefuse() == nil && $0.allows(scope) } ?? false
    }

    /// Takes a call from a token's meter, or everybody's.
    private func meter(
        _ meter: RateMeter?, _ name: String?, at now: Double
    ) throws(Refusal) {
        guard let wait = meter?.take(at: Int(now * 1e9)) else { return }
        let seconds = max(1, (wait + 999_999_999) / 1_000_000_000)
        let count =
            limit.requestsPerSecond == 1 ? "1 request" : "\(limit.requestsPerSecond) requests"
        let rate = "\(count) a second, \(limit.burst) at once"
        let whose = name.map { "the token \($0) may make" } ?? "callers without a token may make"
        throw Refusal(
            problem: Problem(.tooManyRequests, "\(whose) \(rate); try again in \(seconds) s"),
            fields: [("Retry-After", String(seconds))])
    }

    /// The challenge is that of RFC 6750, section 3.
    private func refusal(_ detail: String, error: String? = nil) -> Refusal {
        let parameters = error.map { ", error=\"\($0)\"" } ?? ""
        return Refusal(
            problem: Problem(.unauthorized, detail),
            fields: [("WWW-Authenticate", "Bearer realm=\"nabla\"\(parameters)")])
    }

    private func refusal(_ holder: Holder, without scope: Scope) -> Refusal {
        let challenge =
            "Bearer realm=\"nabla\", error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
        return Refusal(
            problem: Problem(
                .forbidden,
                "the token \(holder.name) lacks the scope \(scope.rawValue), which this call needs"),
            fields: [("WWW-Authenticate", challenge)])
    }
}

extension Gate {
    /// Notes in the database which tokens were used, where that is due, and looks which there are.
    ///
    /// - Parameter isLast: Whether all that is known must be noted now.
    /// - Throws: What the database says the first time it fails; until it works again, the tokens that
    ///   are known are good.
    func refresh(isLast: Bool = false) throws(StoreError) {
        do throws(StoreError) {
            try noteUses(all: isLast)
            take(try store.tokens())
            state.withLock { $0.hasFailed = false }
        } catch {
            let isFirst = state.withLock { state in
                defer { state.hasFailed = true }
                return !state.hasFailed
            }
            if isFirst { throw error }
        }
    }

    /// Notes uses of tokens that the database has no use of within the last minute.
    private func noteUses(all: Bool) throws(StoreError) {
        let (now, time) = (Int(Stopwatch.now() * 1e6), Timestamp.now.milliseconds)
        var uses: [[UInt8]: Int64] = [:]
        var done: [(usage: Usage, last: Int)] = []
        for (digest, holder) in state.withLock({ $0.holders }) {
            guard let last = holder.usage.use(toNoteAt: now, all: all) else { continue }
            uses[digest.bytes] = time - Int64((now - last) / 1000)
            done.append((holder.usage, last))
        }
        guard !uses.isEmpty else { return }
        try store.noteUses(uses)
        for (usage, last) in done { usage.isNoted(last) }
    }

    private func take(_ records: [TokenRecord]) {
        state.withLock { state in
            var holders: [TokenDigest: Holder] = [:]
            for record in records {
                guard let digest = TokenDigest(bytes: record.digest) else { continue }
                let usage = state.holders[digest]?.usage ?? Usage(meter: RateMeter(limit))
                holders[digest] = Holder(record, usage)
            }
            state.holders = holders
        }
        isOpen.store(records.isEmpty, ordering: .releasing)
    }
}

/// Whoever has a token.
private struct Holder: Sendable {
    let name: String
    let usage: Usage
    private let mayRead: Bool
    private let mayWrite: Bool
    private let expiresAt: Int64?
    private let isRevoked: Bool

    init(_ record: TokenRecord, _ usage: Usage) {
        name = record.name
        self.usage = usage
        mayRead = record.scopes.contains(.read)
        mayWrite = record.scopes.contains(.write)
        expiresAt = record.expiresAt
        isRevoked = record.revokedAt != nil
    }

    func allows(_ scope: Scope) -> Bool {
        switch scope {
        case .read: mayRead
        case .write: mayWrite
        }
    }

    /// Why the token is no longer good, if it isn't.
    func reasonToRefuse() -> String? {
        guard !isRevoked else { return "was revoked" }
        guard let expiresAt, Timestamp.now.milliseconds >= expiresAt else { return nil }
        return "expired at \(Timestamp(milliseconds: expiresAt).text)"
    }
}

/// What a token was used for; stays the same while what is known of the token changes.
private final class Usage: Sendable {
    let meter: RateMeter?
    /// Microseconds of `Stopwatch`; 0 for never.
    private let last = Atomic(0)
    private let noted = Atomic(0)

    init(meter: RateMeter?) {
        self.meter = meter
    }

    /// Notes a use.
    func note(_ now: Double) {
        last.store(Int(now * 1e6), ordering: .relaxed)
    }

    /// The last use where the database is to be told of it; times in microseconds of `Stopwatch`.
    func use(toNoteAt now: Int, all: Bool) -> Int? {
        let (last, noted) = (last.load(ordering: .relaxed), noted.load(ordering: .relaxed))
        let isDue = all || noted == 0 || now - noted >= 60_000_000
        return last > noted && isDue ? last : nil
    }

    /// Takes the database as told of that use.
    func isNoted(_ use: Int) {
        noted.store(use, ordering: .relaxed)
    }
}
