import GRDB

extension Store {
    /// Reads the run of that id, or nil if there is none.
    public func run(id: String) throws(StoreError) -> RunRecord? {
        try read { db in try RunRows.run(id: id, db) }
    }

    /// Reads one page of the runs that `query` matches, in its order.
    ///
    /// Following `nextCursor` meets every matching run once that was there at the first page and is
    /// still there, whatever is added meanwhile; in an order by something that changes meanwhile, a run
    /// whose place it changes may be met twice or not at all.
    ///
    /// - Throws: `invalidCursor`; `invalidValue` for a limit outside `RunQuery.limits`, more tags than
    ///   `RunQuery.maximumTags`, more conditions than `RunFilter.Limits.maximumConditions`, or a text with a
    ///   NUL in it.
    public func runs(matching query: RunQuery = RunQuery()) throws(StoreError) -> RunPage {
        try runs(matching: query, RunSearch.Bounds())
    }

    /// The same, with other bounds of the ways to find them.
    func runs(
        matching query: RunQuery, _ bounds: RunSearch.Bounds
    ) throws(StoreError) -> RunPage {
        try Self.check(query)
        let cursor: RunCursor? =
            if let text = query.cursor { try RunCursor(text: text) } else { nil }
        guard cursor.map({ ($0.value == nil) == query.order.isByAge }) ?? true else {
            throw .invalidCursor
        }
        return try read { db in
            var search = try RunSearch(query, bounds, db)
            // One more than the limit, which says whether there is a next page.
            var rows: [Row] = []
            let isAtLacking = cursor?.value == .missing
            if !isAtLacking {
                rows = try search.rows(.having, after: cursor, limit: query.limit + 1, db)
            }
            let valued = rows.count
            if !query.order.isByAge, valued <= query.limit {
                rows += try search.rows(
                    .lacking, after: isAtLacking ? cursor : nil,
                    limit: query.limit + 1 - valued, db)
            }
            let isLast = rows.count <= query.limit
            rows = Array(rows.prefix(query.limit))
            let runs = try RunRows.records(rows, db)
            guard !isLast, let row = rows.last, let run = runs.last else {
                return RunPage(runs: runs, nextCursor: nil)
            }
            let isLacking = rows.count > valued
            let isByNumber = !isLacking && query.order.field.table != nil
            var value: RunCursor.Value?
            if !query.order.isByAge {
                value = isLacking ? .missing : .init(row["ordering_value"] as DatabaseValue)
            }
            let end = RunCursor(
                value: value, place: isByNumber ? row[0] : run.createdAt, id: run.id)
            return RunPage(runs: runs, nextCursor: end.text)
        }
    }

    private static func check(_ query: RunQuery) throws(StoreError) {
        guard RunQuery.limits.contains(query.limit) else {
            let limits = RunQuery.limits
            throw .invalidValue(
                why: "The limit is \(query.limit), but must be from \(limits.lowerBound) to "
                    + "\(limits.upperBound)")
        }
        guard query.tags.count <= RunQuery.maximumTags else {
            throw .invalidValue(why: "More than \(RunQuery.maximumTags) tags are asked for")
        }
        guard query.conditions.count <= RunFilter.Limits.maximumConditions else {
            throw .invalidValue(
                why: "More than \(RunFilter.Limits.maximumConditions) conditions are set")
        }
        try StoreError.check(text: query.name, named: "name")
        try StoreError.check(tags: query.tags)
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
