import Foundation
import GRDB

/// What a caller names a request by, so that sending it again begins no second run.
public struct IdempotencyKey: Sendable, Equatable {
    /// The caller's text.
    public let text: String
    /// The SHA-256 of the request's body: 32 bytes.
    public let digest: [UInt8]

    /// Names a request.
    public init(text: String, digest: [UInt8]) {
        self.text = text
        self.digest = digest
    }

    func check() throws(StoreError) {
        try StoreError.check(text: text, named: "idempotency key")
        guard digest.count == 32 else {
            throw .invalidValue(why: "The idempotency key's digest isn't 32 bytes long")
        }
    }

    func insert(of run: Int64, _ db: Database) throws {
        let taken = try db.rows("SELECT 1 FROM idempotency_keys WHERE key = ?", [text])
        guard taken.isEmpty else {
            throw StoreError.conflict(
                why: "There is already a run with the idempotency key \(text)")
        }
        try db.run(
            "INSERT INTO idempotency_keys (key, digest, run) VALUES (?, ?, ?)",
            [text, Data(digest), run])
    }
}

extension Store {
    /// Finds the run that was begun with an idempotency key.
    ///
    /// - Parameter text: The key's text.
    /// - Returns: The run's id, and the key with the digest of the body it came with; nil if there is no
    ///   run with that key, or none any more.
    /// - Throws: `invalidValue` for a text with a NUL in it.
    public func run(
        withKey text: String
    ) throws(StoreError) -> (id: String, key: IdempotencyKey)? {
        try StoreError.check(text: text, named: "idempotency key")
        return try read { db in
            try db.rows(
                """
                SELECT id, digest FROM idempotency_keys JOIN runs ON number = run WHERE key = ?
                """, [text]
            ).first.map { row in
                (row[0], IdempotencyKey(text: text, digest: Array(row[1] as Data)))
            }
        }
    }
}
