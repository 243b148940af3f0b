import GRDB

extension Store {
    /// Reads the run of that id, or nil if there is none.
    public func run(id: String) throws(StoreError) -> RunRecord? {
        try read { db in try RunRows.run(id: id, db) }
    }

    /// Reads one page of the runs that `query` matches, newest first.
    ///
    /// Following `nextCursor` meets every matching run once that was there at the first page and is
    /// still there, whatever is added meanwhile.
    ///
    /// - Throws: `invalidCursor`; `invalidValue` for a limit outside `RunQuery.limits`, more tags than
    ///   `RunQuery.maximumTags`, or a text with a NUL in it.
    public func runs(matching query: RunQuery = RunQuery()) throws(StoreError) -> RunPage {
        guard RunQuery.limits.contains(query.limit) else {
            let limits = RunQuery.limits
            throw .invalidValue(
                why: "The limit is \(query.limit), but must be from \(limits.lowerBound) to "
                    + "\(limits.upperBound)")
        }
        guard query.tags.count <= RunQuery.maximumTags else {
            throw .invalidValue(why: "More than \(RunQuery.maximumTags) tags are asked for")
        }
        try StoreError.check(text: query.name, named: "name")
        try StoreError.check(tags: query.tags)
        let cursor: RunCursor? =
            if let text = query.cursor { try RunCursor(text: text) } else { nil }
        return try read { db in
            let statement = PageStatement(
                query, after: cursor, rareTag: try PageStatement.rareTag(of: query, db))
            // Not kept compiled: callers' filters make too many different texts.
            var rows = try Row.fetchAll(
                db, sql: statement.sql, arguments: StatementArguments(statement.arguments))
            let isLast = rows.count <= query.limit
            rows = Array(rows.prefix(query.limit))
            let runs = try RunRows.records(rows, db)
            let end = isLast ? nil : runs.last.map { RunCursor(createdAt: $0.createdAt, id: $0.id) }
            return RunPage(runs: runs, nextCursor: end?.text)
        }
    }

    /// Counts the runs of each status; every status is there.
    public func counts() throws(StoreError) -> [RunStatus: Int] {
        try read { db in
            var counts = Dictionary(uniqueKeysWithValues: RunStatus.allCases.map { ($0, 0) })
            for row in try db.rows("SELECT status, count(*) FROM runs GROUP BY status") {
                if let status = RunStatus(rawValue: row[0]) { counts[status] = row[1] }
            }
            return counts
        }
    }
}
