import NablaAPI
import NablaHTTP
import NablaStore
import Testing

@testable import NablaService

@Suite struct GateTests {
    /// Stores a token and gives its text.
    @discardableResult
    private func add(
        _ name: String, _ scopes: Set<TokenRecord.Scope> = [.read], expiresAt: Int64? = nil,
        to store: Store
    ) throws -> String {
        let text = TokenText.draw()
        try store.insert(
            TokenRecord(
                name: name, digest: TokenDigest(of: text).bytes, scopes: scopes,
                createdAt: Timestamp.now.milliseconds, expiresAt: expiresAt))
        return text
    }

    /// What comes of showing a token, in words: `granted NAME`, or the status and the challenge.
    private func outcome(
        _ gate: Gate, _ scope: Scope?, _ token: String? = nil, at now: Double = 1
    ) -> String {
        let fields: Fields = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        do throws(Gate.Refusal) {
            return "granted \(try gate.admit(to: scope, fields, at: now) ?? "anybody")"
        } catch {
            return "\(error.problem.kind.status) "
                + error.fields.map { "\($0): \($1)" }.joined()
        }
    }

    private let challenge = "401 WWW-Authenticate: Bearer realm=\"nabla\""
    private let invalid = "401 WWW-Authenticate: Bearer realm=\"nabla\", error=\"invalid_token\""

    @Test func withoutTokensEverybodyMayDoEverything() throws {
        try withWorkbench { bench in
            let gate = try Gate(store: bench.store, limit: RateLimit())
            for scope in [nil, Scope.read, .write] {
                #expect(outcome(gate, scope) == "granted anybody")
                #expect(outcome(gate, scope, "nonsense") == "granted anybody")
            }
        }
    }

    @Test func aTokenAllowsItsScopesAndNoOther() throws {
        try withWorkbench { bench in
            let read = try add("r", [.read], to: bench.store)
            let write = try add("w", [.write], to: bench.store)
            let both = try add("rw", [.read, .write], to: bench.store)
            let gate = try Gate(store: bench.store, limit: RateLimit())
            #expect(outcome(gate, .read, read) == "granted r")
            #expect(outcome(gate, .write, write) == "granted w")
            #expect(outcome(gate, .read, both) == "granted rw")
            #expect(outcome(gate, .write, both) == "granted rw")
            let lacking =
                "403 WWW-Authenticate: Bearer realm=\"nabla\", error=\"insufficient_scope\""
            #expect(outcome(gate, .write, read) == lacking + ", scope=\"write\"")
            #expect(outcome(gate, .read, write) == lacking + ", scope=\"read\"")
        }
    }

    @Test func withTokensACallNeedsOne() throws {
        try withWorkbench { bench in
            let token = try add("ci", to: bench.store)
            let gate = try Gate(store: bench.store, limit: RateLimit())
            #expect(outcome(gate, nil) == "granted anybody")
            #expect(outcome(gate, .read) == challenge)
            for wrong in [
                "nonsense", String(token.dropLast()), token + "x", token.uppercased(),
                TokenText.draw(),
            ] {
                #expect(outcome(gate, .read, wrong) == invalid, "\(wrong)")
            }
            let refusal = try #require(throws: Gate.Refusal.self) {
                try gate.admit(to: .read, ["Authorization": "Basic \(token)"], at: 1)
            }
            #expect(refusal.problem.kind == .unauthorized)
            #expect(refusal.fields.map(\.value) == ["Bearer realm=\"nabla\""])
            #expect(!refusal.problem.detail.contains(token))
        }
    }

    @Test func anExpiredTokenIsGoodForNothing() throws {
        try withWorkbench { bench in
            let now = Timestamp.now.milliseconds
            let past = try add("past", expiresAt: now, to: bench.store)
            let future = try add("future", expiresAt: now + 3_600_000, to: bench.store)
            let gate = try Gate(store: bench.store, limit: RateLimit())
            #expect(outcome(gate, .read, past) == invalid)
            #expect(outcome(gate, .read, future) == "granted future")
        }
    }

    @Test func whatOtherProcessesChangeCountsAfterALook() throws {
        try withWorkbench { bench in
            let gate = try Gate(store: bench.store, limit: RateLimit())
            let token = try add("ci", to: bench.store)
            #expect(outcome(gate, .read) == "granted anybody")
            try gate.refresh()
            #expect(outcome(gate, .read) == challenge)
            #expect(outcome(gate, .read, token) == "granted ci")
            #expect(try bench.store.revokeToken(named: "ci", at: 1))
            try gate.refresh()
            #expect(outcome(gate, .read, token) == invalid)
            // The last token's end must not open the door.
            #expect(outcome(gate, .read) == challenge)
        }
    }

    @Test func aUseIsNotedOnceAMinuteAndAtTheEnd() throws {
        try withWorkbench { bench in
            let token = try add("ci", to: bench.store)
            try add("idle", to: bench.store)
            let gate = try Gate(store: bench.store, limit: RateLimit())
            let lastUsed = { try bench.store.tokens().map(\.lastUsedAt) }
            try gate.refresh(isLast: true)
            #expect(try lastUsed() == [nil, nil])
            let (start, before) = (Stopwatch.now(), Timestamp.now.milliseconds)
            #expect(outcome(gate, .read, token, at: start) == "granted ci")
            try gate.refresh()
            let first = try #require(try lastUsed()[0])
            #expect(abs(first - before) <= 60_000)
            #expect(outcome(gate, .read, token, at: start + 5) == "granted ci")
            try gate.refresh()
            #expect(try lastUsed()[0] == first)
            try gate.refresh(isLast: true)
            #expect(try #require(try lastUsed()[0]) > first)
            #expect(try lastUsed()[1] == nil)
        }
    }

    @Test func whoIsRefusedHasNotUsedTheToken() throws {
        try withWorkbench { bench in
            let token = try add("ci", [.read], to: bench.store)
            let gate = try Gate(store: bench.store, limit: RateLimit())
            #expect(outcome(gate, .write, token, at: Stopwatch.now()).hasPrefix("403"))
            try gate.refresh(isLast: true)
            #expect(try bench.store.tokens().map(\.lastUsedAt) == [nil])
        }
    }

    @Test func eachTokenHasItsOwnRate() throws {
        try withWorkbench { bench in
            let (first, second) = (
                try add("a", to: bench.store), try add("b", to: bench.store)
            )
            let limit = RateLimit(requestsPerSecond: 1, burst: 2)
            let gate = try Gate(store: bench.store, limit: limit)
            for _ in 0..<2 { #expect(outcome(gate, .read, first) == "granted a") }
            #expect(outcome(gate, .read, first) == "429 Retry-After: 1")
            // A look at the database must not refill it.
            try gate.refresh()
            #expect(outcome(gate, .read, first) == "429 Retry-After: 1")
            #expect(outcome(gate, .read, second) == "granted b")
            #expect(outcome(gate, nil, first) == "granted anybody")
            #expect(outcome(gate, .read, first, at: 2) == "granted a")
        }
    }

    @Test func whoNeedsNoTokenSharesARate() throws {
        try withWorkbench { bench in
            let limit = RateLimit(requestsPerSecond: 1, burst: 1)
            let gate = try Gate(store: bench.store, limit: limit)
            #expect(outcome(gate, .read) == "granted anybody")
            #expect(outcome(gate, .read, at: 1.5) == "429 Retry-After: 1")
            #expect(outcome(gate, .read, at: 2) == "granted anybody")
        }
    }

    @Test func aDatabaseThatFailsIsToldOnceAndTokensStayGood() throws {
        try withWorkbench { bench in
            let token = try add("ci", to: bench.store)
            let gate = try Gate(store: bench.store, limit: RateLimit())
            #expect(outcome(gate, .read, token, at: Stopwatch.now()) == "granted ci")
            try bench.setIsReadOnly(true)
            #expect(throws: StoreError.self) { try gate.refresh(isLast: true) }
            try gate.refresh(isLast: true)
            #expect(outcome(gate, .read, token, at: Stopwatch.now()) == "granted ci")
            try bench.setIsReadOnly(false)
            try gate.refresh(isLast: true)
            #expect(try bench.store.tokens()[0].lastUsedAt != nil)
        }
    }
}
