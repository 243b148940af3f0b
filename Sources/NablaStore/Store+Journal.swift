import GRDB

extension Store {
    /// Reads what was stored behind a place in the journal.
    ///
    /// - Parameters:
    ///   - number: The place; 0 for the beginning.
    ///   - runIDs: The runs wanted; nil for all.
    ///   - limit: The most entries.
    /// - Returns: The entries, in their order.
    /// - Throws: `notFound` where there is no run of such an id.
    public func journal(
        after number: Int, of runIDs: [String]? = nil, limit: Int
    ) throws(StoreError) -> [JournalEntry] {
        try read { db in
            var sql = """
                SELECT journal.number, id, journal.epoch, last
                FROM journal CROSS JOIN runs ON runs.number = run WHERE journal.number > ?
                """
            var arguments: StatementArguments = [number]
            if let runIDs {
                let numbers = try runIDs.map { try RunRows.find($0, db).number }
                let list = numbers.map(String.init).joined(separator: ",")
                sql += " AND run IN (SELECT value FROM json_each(?))"
                arguments += ["[\(list)]"]
            }
            arguments += [limit]
            return try db.rows(sql + " ORDER BY journal.number LIMIT ?", arguments)
                .map(Self.entry)
        }
    }

    /// Reads the last entries of a run, in their order.
    ///
    /// - Throws: `notFound`.
    public func journalEnd(of runID: String, count: Int) throws(StoreError) -> [JournalEntry] {
        try read { db in
            let run = try RunRows.find(runID, db).number
            return try db.rows(
                """
                SELECT number, ?, epoch, last FROM journal WHERE run = ?
                ORDER BY number DESC LIMIT ?
                """, [runID, run, count]
            ).reversed().map(Self.entry)
        }
    }

    private static func entry(_ row: Row) throws -> JournalEntry {
        guard let first = row[2] as Int? else {
            return JournalEntry(number: row[0], runID: row[1], epochs: nil)
        }
        let last = row[3] as Int
        guard first <= last else {
            throw StoreError.corrupt(why: "an entry's epochs are out of order", sql: nil)
        }
        return JournalEntry(number: row[0], runID: row[1], epochs: first...last)
    }

    /// The place of the journal's last entry; 0 where there is none.
    public func journalEnd() throws(StoreError) -> Int {
        try read { db in
            try db.rows("SELECT max(number) FROM journal").first?[0] as Int? ?? 0
        }
    }
}

extension Database {
    /// Notes in the journal that a run ended.
    func journalEnd(of run: Int64) throws {
        try self.run("INSERT INTO journal (run) VALUES (?)", [run])
    }
}
