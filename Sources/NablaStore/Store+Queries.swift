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
    /// - Throws: `invalidCursor`; `invalidValue` for a limit outside `RunQuery.limits` or a text with a
    ///   NUL in it.
    public func runs(matching query: RunQuery = RunQuery()) throws(StoreError) -> RunPage {
        guard RunQuery.limits.contains(query.limit) else {
            throw .invalidValue(
                why: "The limit is \(query.limit), but must be from 1 to 1000")
        }
        try StoreError.check(text: query.name, named: "name")
        try StoreError.check(tags: query.tags)
        let cursor: RunCursor? =
            if let text = query.cursor { try RunCursor(text: text) } else { nil }
        let statement = PageStatement(query, after: cursor)
        return try read { db in
            var rows = try db.rows(statement.sql, StatementArguments(statement.arguments))
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

/// The SQL of a page: its text depends on which filters are set, never on their values.
private struct PageStatement {
    private(set) var sql = ""
    private(set) var arguments: [(any DatabaseValueConvertible)?] = []

    /// Asks for one run more than the limit, which says whether there is a next page.
    init(_ query: RunQuery, after cursor: RunCursor?) {
        // A branch for each status wanted reads its few rows off the index in order, where
        // `status IN (…)` would have SQLite sort every run of those statuses.
        let statuses: [RunStatus?] =
            query.statuses.isEmpty
            ? [nil] : RunStatus.allCases.filter { query.statuses.contains($0) }
        let branches = statuses.map { status in
            "SELECT * FROM (\(branch(status, query, after: cursor)))"
        }
        sql =
            branches.joined(separator: " UNION ALL ")
            + " ORDER BY created_at DESC, id DESC LIMIT ?"
        arguments.append(query.limit + 1)
    }

    private mutating func branch(
        _ status: RunStatus?, _ query: RunQuery, after cursor: RunCursor?
    ) -> String {
        var conditions: [String] = []
        if let status {
            conditions.append("status = ?")
            arguments.append(status.rawValue)
        }
        if let name = query.name {
            conditions.append("name = ?")
            arguments.append(name)
        }
        for (key, value) in query.tags {
            conditions.append(
                "EXISTS (SELECT 1 FROM tags WHERE run = number AND key = ? AND value = ?)")
            arguments += [key, value]
        }
        if let cursor {
            conditions.append("(created_at, id) < (?, ?)")
            arguments += [cursor.createdAt, cursor.id]
        }
        arguments.append(query.limit + 1)
        return "SELECT \(RunRows.columns) FROM runs"
            + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
            + " ORDER BY created_at DESC, id DESC LIMIT ?"
    }
}
