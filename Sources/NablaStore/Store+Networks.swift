import Foundation
import GRDB

/// A network that is stored under a name.
public struct StoredNetworkRecord: Sendable, Equatable {
    /// What requests name it by; unique.
    public var name: String
    /// What there is to tell of it, as JSON.
    public var description: String
    /// How many bytes it takes.
    public var byteCount: Int
    /// When it was stored, in milliseconds since 1970 UTC.
    public var createdAt: Int64

    /// Describes a network.
    public init(name: String, description: String, byteCount: Int, createdAt: Int64) {
        self.name = name
        self.description = description
        self.byteCount = byteCount
        self.createdAt = createdAt
    }
}

extension Store {
    /// Stores a network under a name, in place of one that has it.
    ///
    /// - Parameters:
    ///   - network: The network; its `byteCount` isn't looked at.
    ///   - content: Its bytes; at most 1,000,000,000.
    /// - Returns: Whether the name is new.
    /// - Throws: `invalidValue` for a text with a NUL in it, or too many bytes.
    public func put(_ network: StoredNetworkRecord, content: [UInt8]) throws(StoreError) -> Bool {
        try StoreError.check(text: network.name, named: "name")
        try StoreError.check(text: network.description, named: "description")
        try StoreError.check(length: content.count, named: "network")
        return try writer.write { db in
            let before = try db.rows(
                "SELECT 1 FROM stored_networks WHERE name = ?", [network.name])
            // Not kept compiled: a statement that is kept also keeps the last values bound to it.
            try db.execute(
                sql: """
                    INSERT INTO stored_networks (name, description, content, created_at)
                    VALUES (?, ?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET description = excluded.description,
                        content = excluded.content, created_at = excluded.created_at
                    """,
                arguments: [network.name, network.description, Data(content), network.createdAt])
            return before.isEmpty
        }
    }

    /// The bytes of the network of that name, or nil if there is none.
    public func networkContent(named name: String) throws(StoreError) -> [UInt8]? {
        try StoreError.check(text: name, named: "name")
        return try read { db in
            let rows = try Row.fetchCursor(
                db, sql: "SELECT content FROM stored_networks WHERE name = ?", arguments: [name])
            guard let row = try rows.next() else { return nil }
            return try row.withUnsafeData(atIndex: 0) { [UInt8]($0 ?? Data()) }
        }
    }

    /// The networks whose names follow `name`, by name; at most `limit` of them.
    public func networks(
        after name: String?, limit: Int
    ) throws(StoreError) -> [StoredNetworkRecord] {
        try StoreError.check(text: name, named: "name")
        return try read { db in
            try db.rows(
                """
                SELECT name, description, length(content), created_at FROM stored_networks
                WHERE name > ? ORDER BY name LIMIT ?
                """, [name ?? "", limit]
            ).map { row in
                StoredNetworkRecord(
                    name: row[0], description: row[1], byteCount: row[2], createdAt: row[3])
            }
        }
    }

    /// Deletes the network of that name.
    ///
    /// - Returns: Whether there was one.
    public func deleteNetwork(named name: String) throws(StoreError) -> Bool {
        try StoreError.check(text: name, named: "name")
        return try writer.write { db in
            try db.run("DELETE FROM stored_networks WHERE name = ?", [name])
            return db.changesCount > 0
        }
    }
}
