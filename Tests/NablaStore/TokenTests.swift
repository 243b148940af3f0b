import GRDB
import Testing

@testable import NablaStore

@Suite("Tokens")
struct TokenTests {
    let temporary: TemporaryStore

    init() throws {
        temporary = try TemporaryStore()
    }

    private var store: Store { temporary.store }

    private func token(
        _ name: String, _ number: UInt8, scopes: Set<TokenRecord.Scope> = [.read],
        expiresAt: Int64? = nil
    ) -> TokenRecord {
        TokenRecord(
            name: name, digest: [UInt8](repeating: number, count: 32), scopes: scopes,
            createdAt: noon, expiresAt: expiresAt)
    }

    @Test("What was stored comes back, oldest first, after the store is opened again")
    func persistence() throws {
        let tokens = [
            token("z", 1, scopes: [.read, .write]), token("a", 2, scopes: [.write]),
            token("m", 3, expiresAt: noon + 5),
        ]
        for token in tokens { try store.insert(token) }
        #expect(try store.tokens() == tokens)
        try store.close()
        #expect(try Store(path: temporary.folder.file).tokens() == tokens)
    }

    @Test("A name belongs to one token in force, and is free once that is revoked")
    func names() throws {
        try store.insert(token("ci", 1))
        let error = #expect(throws: StoreError.self) { try store.insert(token("ci", 2)) }
        #expect(error?.detail.contains("already a token ci") == true)
        #expect(try store.revokeToken(named: "ci", at: noon + 1))
        try store.insert(token("ci", 2))
        #expect(try store.tokens().map(\.revokedAt) == [noon + 1, nil])
    }

    @Test("A token is revoked once, and no other with it")
    func revoking() throws {
        try store.insert(token("a", 1))
        try store.insert(token("b", 2))
        #expect(try !store.revokeToken(named: "c", at: noon))
        #expect(try store.revokeToken(named: "a", at: noon))
        #expect(try !store.revokeToken(named: "a", at: noon + 1))
        #expect(try store.tokens().map(\.revokedAt) == [noon, nil])
    }

    @Test("Uses are noted for each token, and never go back")
    func uses() throws {
        let (first, second) = (token("a", 1), token("b", 2))
        try store.insert(first)
        try store.insert(second)
        try store.noteUses([first.digest: noon + 7])
        try store.noteUses([first.digest: noon + 3, [UInt8](repeating: 9, count: 32): noon])
        #expect(try store.tokens().map(\.lastUsedAt) == [noon + 7, nil])
    }

    @Test("What is no token is refused")
    func invalid() throws {
        let short = TokenRecord(name: "a", digest: [1, 2], scopes: [.read], createdAt: noon)
        for bad in [token("", 1), token("a\0b", 1), token("a", 1, scopes: []), short] {
            let error = #expect(throws: StoreError.self) { try store.insert(bad) }
            guard case .invalidValue = error else {
                Issue.record("\(bad): \(String(describing: error))")
                continue
            }
        }
        #expect(try store.tokens().isEmpty)
    }

    @Test("A file from before there were tokens gets their table and keeps its runs")
    func migration() throws {
        try temporary.add(1)
        try store.close()
        try temporary.folder.withDatabase { db in
            try db.execute(sql: "DROP TABLE tokens")
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '2 tokens'")
        }
        let again = try Store(path: temporary.folder.file)
        try again.insert(token("ci", 1))
        #expect(try again.tokens() == [token("ci", 1)])
        #expect(try again.run(id: exampleID(1)) == .example(1))
    }

    @Test("Another process sees a change at once")
    func otherProcess() throws {
        let other = try Store(path: temporary.folder.file)
        #expect(try other.tokens().isEmpty)
        try store.insert(token("ci", 1))
        #expect(try other.tokens().count == 1)
        #expect(try store.revokeToken(named: "ci", at: noon))
        #expect(try other.tokens().map(\.revokedAt) == [noon])
    }
}
