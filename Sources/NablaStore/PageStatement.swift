import GRDB

/// The SQL of a page of runs: its text depends on which filters are set, never on their values.
struct PageStatement {
    private(set) var sql = ""
    private(set) var arguments: [(any DatabaseValueConvertible)?] = []

    /// How many runs a tag may have at most to be worth sorting them all.
    private static let rare = 1000

    /// Finds a tag of the query that few runs have.
    ///
    /// SQLite can't know which tags are rare. To walk all runs from the newest is right for a common
    /// one, where the first few will do, and slow for a rare one; to sort what has it, the reverse.
    static func rareTag(of query: RunQuery, _ db: Database) throws -> String? {
        try query.tags.first { key, value in
            try db.rows(
                "SELECT 1 FROM tags WHERE key = ? AND value = ? LIMIT 1 OFFSET ?",
                [key, value, rare]
            ).isEmpty
        }?.key
    }

    /// Asks for one run more than the limit, which says whether there is a next page.
    init(_ query: RunQuery, after cursor: RunCursor?, rareTag: String?) {
        // A branch for each status wanted reads its few rows off the index in order, where
        // `status IN (…)` would have SQLite sort every run of those statuses.
        let statuses: [RunStatus?] =
            query.statuses.isEmpty
            ? [nil] : RunStatus.allCases.filter { query.statuses.contains($0) }
        let branches = statuses.map { status in
            "SELECT * FROM (\(branch(status, query, after: cursor, rareTag: rareTag)))"
        }
        sql =
            branches.joined(separator: " UNION ALL ")
            + " ORDER BY created_at DESC, id DESC LIMIT ?"
        arguments.append(query.limit + 1)
    }

    private mutating func branch(
        _ status: RunStatus?, _ query: RunQuery, after cursor: RunCursor?, rareTag: String?
    ) -> String {
        var source = "runs"
        var conditions: [String] = []
        if let rareTag, let value = query.tags[rareTag] {
            // SQLite keeps the order of a CROSS JOIN: first the tag's runs, then the rest of each.
            source = "tags AS rare CROSS JOIN runs ON number = rare.run"
            conditions.append("rare.key = ? AND rare.value = ?")
            arguments += [rareTag, value]
        }
        if let status {
            conditions.append("status = ?")
            arguments.append(status.rawValue)
        }
        if let name = query.name {
            conditions.append("name = ?")
            arguments.append(name)
        }
        for (key, value) in query.tags where key != rareTag {
            conditions.append(
                "EXISTS (SELECT 1 FROM tags WHERE run = number AND key = ? AND value = ?)")
            arguments += [key, value]
        }
        if let cursor {
            conditions.append("(created_at, id) < (?, ?)")
            arguments += [cursor.createdAt, cursor.id]
        }
        arguments.append(query.limit + 1)
        return "SELECT \(RunRows.columns) FROM \(source)"
            + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
            + " ORDER BY created_at DESC, id DESC LIMIT ?"
    }
}
