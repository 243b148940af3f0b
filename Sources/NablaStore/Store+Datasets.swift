import Foundation
import GRDB
import GRDBSQLite

/// A stored dataset, without its samples.
public struct DatasetRecord: Sendable, Equatable {
    /// A UUIDv7 in lower case.
    public var id: String
    /// What requests name it by; unique.
    public var name: String
    /// The SHA-256 of the samples' bytes: 32 bytes.
    public var digest: [UInt8]
    /// What there is to tell of the samples, as JSON.
    public var description: String
    /// How many bytes the samples take.
    public var byteCount: Int
    /// When it was stored, in milliseconds since 1970 UTC.
    public var createdAt: Int64

    /// Describes a dataset.
    public init(
        id: String, name: String, digest: [UInt8], description: String, byteCount: Int,
        createdAt: Int64
    ) {
        self.id = id
        self.name = name
        self.digest = digest
        self.description = description
        self.byteCount = byteCount
        self.createdAt = createdAt
    }
}

extension Store {
    /// Stores samples under a name; the same samples lie once, however many names they have.
    ///
    /// Where the name is taken it is given to these samples, with the new id unless they are the same.
    ///
    /// - Parameters:
    ///   - dataset: The dataset; its `byteCount` isn't looked at.
    ///   - content: The samples' bytes, of which `digest` is the SHA-256; at most 1,000,000,000.
    /// - Returns: The dataset as it is stored, and whether the name is new.
    /// - Throws: `invalidValue` for a text with a NUL in it, too many bytes, or a digest that isn't 32
    ///   bytes long.
    public func put(
        _ dataset: DatasetRecord, content: [UInt8]
    ) throws(StoreError) -> (dataset: DatasetRecord, isNew: Bool) {
        try StoreError.check(length: content.count, named: "dataset")
        return try put(dataset) { db in
            // Not kept compiled: a statement that is kept also keeps the last values bound to it.
            try db.execute(
                sql: """
                    INSERT INTO dataset_contents (digest, description, content)
                    VALUES (?, ?, ?)
                    """, arguments: [Data(dataset.digest), dataset.description, Data(content)])
        }
    }

    /// The same with bytes that are read piece by piece, so that memory never has all of them.
    ///
    /// - Parameters:
    ///   - dataset: The dataset; its `byteCount` says how many bytes there are.
    ///   - read: Gives bytes from an offset on, at most so many and at least one; may be called again from the
    ///     beginning, and from any thread.
    /// - Returns: The dataset as it is stored, and whether the name is new.
    /// - Throws: As above, what `read` throws, and `ioFailure` where it gives too few bytes.
    public func put(
        _ dataset: DatasetRecord,
        reading read: @escaping @Sendable (_ offset: Int, _ most: Int) throws(StoreError) -> [UInt8]
    ) throws(StoreError) -> (dataset: DatasetRecord, isNew: Bool) {
        try StoreError.check(length: dataset.byteCount, named: "dataset")
        return try put(dataset) { db in
            try db.execute(
                sql: """
                    INSERT INTO dataset_contents (digest, description, content)
                    VALUES (?, ?, zeroblob(?))
                    """,
                arguments: [Data(dataset.digest), dataset.description, dataset.byteCount])
            try DatasetRows.fill(db.lastInsertedRowID, dataset.byteCount, db, from: read)
        }
    }

    /// Refuses what no dataset can be long, before it is written anywhere.
    ///
    /// - Throws: `invalidValue` above 1,000,000,000 bytes.
    public static func check(size byteCount: Int) throws(StoreError) {
        try StoreError.check(length: byteCount, named: "dataset")
    }

    private func put(
        _ dataset: DatasetRecord, inserting insert: @escaping @Sendable (Database) throws -> Void
    ) throws(StoreError) -> (dataset: DatasetRecord, isNew: Bool) {
        try StoreError.check(text: dataset.name, named: "name")
        try StoreError.check(text: dataset.description, named: "description")
        guard isRunID(dataset.id), dataset.digest.count == 32 else {
            throw .invalidValue(why: "A dataset needs a UUID and a digest of 32 bytes")
        }
        return try writer.write { db in
            let before = try db.rows("SELECT 1 FROM datasets WHERE name = ?", [dataset.name]).first
            let digest = Data(dataset.digest)
            let known = try db.rows(
                "SELECT number FROM dataset_contents WHERE digest = ?", [digest]
            ).first
            let number: Int64
            if let known {
                number = known[0]
            } else {
                try insert(db)
                number = db.lastInsertedRowID
            }
            try db.run(
                """
                INSERT INTO datasets (name, id, content, created_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET
                    id = excluded.id, content = excluded.content, created_at = excluded.created_at
                    WHERE content <> excluded.content
                """, [dataset.name, dataset.id, number, dataset.createdAt])
            try db.run(Schema.deleteUnused)
            let stored = try DatasetRows.find(dataset.name, db)
                .unwrapped(or: .notFound(id: dataset.name))
            return (stored.dataset, before == nil)
        }
    }

    /// The dataset of that name or id, or nil if there is none.
    public func dataset(_ reference: String) throws(StoreError) -> DatasetRecord? {
        try StoreError.check(text: reference, named: "name")
        return try read { db in try DatasetRows.find(reference, db)?.dataset }
    }

    /// The samples' bytes of the dataset of that name or id, or nil if there is none.
    public func datasetContent(
        _ reference: String
    ) throws(StoreError) -> (dataset: DatasetRecord, content: [UInt8])? {
        try StoreError.check(text: reference, named: "name")
        return try read { db in
            guard let found = try DatasetRows.find(reference, db) else { return nil }
            let rows = try Row.fetchCursor(
                db, sql: "SELECT content FROM dataset_contents WHERE number = ?",
                arguments: [found.content])
            guard let row = try rows.next() else { return nil }
            return (found.dataset, try row.withUnsafeData(atIndex: 0) { [UInt8]($0 ?? Data()) })
        }
    }

    /// The datasets whose names follow `name`, by name; at most `limit` of them.
    public func datasets(after name: String?, limit: Int) throws(StoreError) -> [DatasetRecord] {
        try StoreError.check(text: name, named: "name")
        return try read { db in
            try db.rows(
                "SELECT \(DatasetRows.columns) WHERE name > ? ORDER BY name LIMIT ?",
                [name ?? "", limit]
            ).map { DatasetRows.record($0).dataset }
        }
    }

    /// Takes a dataset's name away, and deletes its samples unless they have another.
    ///
    /// - Throws: `notFound`; `conflict` while a run that isn't over, or was interrupted, needs samples that
    ///   have no other name.
    public func deleteDataset(_ reference: String) throws(StoreError) {
        try StoreError.check(text: reference, named: "name")
        try writer.write { db in
            let found = try DatasetRows.find(reference, db).unwrapped(or: .notFound(id: reference))
            let names = try db.rows(
                "SELECT name FROM datasets WHERE content = ?", [found.content])
            if names.count == 1,
                let run = try db.rows(Schema.runsInNeed + " LIMIT 1", [found.content]).first
            {
                throw StoreError.conflict(
                    why:
                        "The run \(run[0] as String) needs the dataset \(found.dataset.name): cancel "
                        + "or delete it first")
            }
            try db.run("DELETE FROM datasets WHERE name = ?", [found.dataset.name])
            try db.run(Schema.deleteUnused)
        }
    }
}

/// Datasets between their record and the rows they lie in.
enum DatasetRows {
    /// What `record` reads, and where from.
    static let columns = """
        datasets.id, name, digest, description, length(dataset_contents.content), created_at, \
        dataset_contents.number FROM datasets \
        JOIN dataset_contents ON dataset_contents.number = datasets.content
        """

    static func record(_ row: Row) -> (dataset: DatasetRecord, content: Int64) {
        let dataset = DatasetRecord(
            id: row[0], name: row[1], digest: Array(row[2] as Data), description: row[3],
            byteCount: row[4], createdAt: row[5])
        return (dataset, row[6])
    }

    /// The dataset of that name or id, and the number of its content.
    static func find(
        _ reference: String, _ db: Database
    ) throws -> (dataset: DatasetRecord, content: Int64)? {
        try db.rows(
            "SELECT \(columns) WHERE name = ? OR datasets.id = ? LIMIT 1", [reference, reference]
        ).first.map(record)
    }

    /// Writes content over zeros of its length, piece by piece.
    static func fill(
        _ number: Int64, _ count: Int, _ db: Database,
        from read: (_ offset: Int, _ most: Int) throws(StoreError) -> [UInt8]
    ) throws {
        func check(_ code: Int32) throws {
            guard code == SQLITE_OK else {
                throw DatabaseError(resultCode: ResultCode(rawValue: code))
            }
        }
        var blob: OpaquePointer?
        try check(
            sqlite3_blob_open(
                db.sqliteConnection, "main", "dataset_contents", "content", number, 1, &blob))
        defer { sqlite3_blob_close(blob) }
        var offset = 0
        while offset < count {
            let piece = try read(offset, min(count - offset, 256 << 10))
            guard !piece.isEmpty else {
                throw StoreError.ioFailure(why: "a dataset's bytes end early", sql: nil)
            }
            try check(sqlite3_blob_write(blob, piece, Int32(piece.count), Int32(offset)))
            offset += piece.count
        }
    }

    /// Notes that a run is trained or measured on the samples of that digest.
    ///
    /// - Throws: `conflict` when they were deleted in the meantime.
    static func keep(_ digest: [UInt8], for run: Int64, _ db: Database) throws {
        let found = try db.rows(
            "SELECT number FROM dataset_contents WHERE digest = ?", [Data(digest)]
        ).first
        guard let found else {
            throw StoreError.conflict(why: "The dataset was deleted in the meantime")
        }
        try db.run(
            "INSERT OR IGNORE INTO run_datasets (run, content) VALUES (?, ?)",
            [run, found[0] as Int64])
    }
}
