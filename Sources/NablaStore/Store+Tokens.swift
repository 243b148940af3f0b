import Foundation
import GRDB

extension Store {
    /// Adds a token.
    ///
    /// - Throws: `conflict` if one in force has its name; `invalidValue` for an empty name, one with
    ///   a NUL in it, a digest that isn't 32 bytes long, or no scope.
    public func insert(_ token: TokenRecord) throws(StoreError) {
        try StoreError.check(text: token.name, named: "name")
        guard !token.name.isEmpty, token.digest.count == 32, !token.scopes.isEmpty else {
            throw .invalidValue(why: "A token needs a name, a digest of 32 bytes and a scope")
        }
        try writer.write { db in
            let taken = try db.rows(
                "SELECT 1 FROM tokens WHERE name = ? AND revoked_at IS NULL", [token.name])
            guard taken.isEmpty else {
                throw StoreError.conflict(
                    why: "There is already a token \(token.name): revoke it, or take another name")
            }
            try db.run(
                """
                INSERT INTO tokens (name, digest, scopes, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?)
                """,
                [
                    token.name, Data(token.digest), Self.text(of: token.scopes), token.createdAt,
                    token.expiresAt,
                ])
        }
    }

    /// Every token there has been, oldest first, those that were revoked among them; `atStart` where a
    /// service that starts asks, which then waits for no other connection, and where there are none not
    /// until the store is open.
    public func tokens(atStart isStart: Bool = false) throws(StoreError) -> [TokenRecord] {
        if isStart, try !opening.mayHoldTokens() { return [] }
        return try read(atStart: isStart) { db in
            try db.rows(
                """
                SELECT name, digest, scopes, created_at, expires_at, last_used_at, revoked_at
                FROM tokens ORDER BY number
                """
            ).map(Self.token)
        }
    }

    /// Takes the token of that name out of force.
    ///
    /// - Parameters:
    ///   - name: The token's name.
    ///   - time: When that is, in milliseconds since 1970 UTC.
    /// - Returns: Whether there was one in force; otherwise nothing changed.
    /// - Throws: `invalidValue` for a name with a NUL in it.
    public func revokeToken(named name: String, at time: Int64) throws(StoreError) -> Bool {
        try StoreError.check(text: name, named: "name")
        return try writer.write { db in
            try db.run(
                "UPDATE tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL",
                [time, name])
            return db.changesCount > 0
        }
    }

    /// Notes when tokens were used last.
    ///
    /// - Parameter uses: For each token's digest the time, in milliseconds since 1970 UTC; one that
    ///   is earlier than what is noted changes nothing.
    /// - Throws: `full`, `busy` and what else keeps the database from writing.
    public func noteUses(_ uses: [[UInt8]: Int64]) throws(StoreError) {
        try writer.write { db in
            for (digest, time) in uses {
                try db.run(
                    "UPDATE tokens SET last_used_at = max(ifnull(last_used_at, 0), ?) WHERE digest = ?",
                    [time, Data(digest)])
            }
        }
    }

    private static func text(of scopes: Set<TokenRecord.Scope>) -> String {
        TokenRecord.Scope.allCases.filter(scopes.contains).map(\.rawValue).joined(separator: ",")
    }

    private static func token(_ row: Row) throws(StoreError) -> TokenRecord {
        let names = (row[2] as String).split(separator: ",")
        let scopes = Set(names.compactMap { TokenRecord.Scope(rawValue: String($0)) })
        guard scopes.count == names.count else {
            throw .corrupt(why: "a token has the unknown scopes \(names)", sql: nil)
        }
        var token = TokenRecord(
            name: row[0], digest: Array(row[1] as Data), scopes: scopes, createdAt: row[3],
            expiresAt: row[4])
        token.lastUsedAt = row[5]
        token.revokedAt = row[6]
        return token
    }
}
