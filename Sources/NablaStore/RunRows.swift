import GRDB

/// Runs between their record and the rows of `runs`, `tags` and `summaries`.
enum RunRows {
    /// The columns that `records` reads, in its order.
    static let columns = """
        number, id, name, status, created_at, started_at, finished_at, request, parameters, \
        epoch, epochs, step, samples_per_second, error, notes
        """

    /// The same, named so that no other table's can be meant.
    static let qualifiedColumns = columns.split(separator: " ").map { "runs.\($0)" }
        .joined(separator: " ")

    /// The number and status of the run of that id.
    static func find(
        _ id: String, _ db: Database
    ) throws -> (number: Int64, status: RunStatus) {
        // Any other text can't be one, and SQLite would take "ID\0…" for "ID".
        guard isRunID(id),
            let row = try db.rows("SELECT number, status FROM runs WHERE id = ?", [id]).first
        else {
            throw StoreError.notFound(id: id)
        }
        return (row[0], try status(row[1]))
    }

    /// The whole run of that id.
    static func run(id: String, _ db: Database) throws -> RunRecord? {
        guard isRunID(id) else { return nil }
        return try records(db.rows("SELECT \(columns) FROM runs WHERE id = ?", [id]), db).first
    }

    /// Writes a new run.
    ///
    /// - Returns: Its number.
    @discardableResult
    static func insert(_ run: RunRecord, _ db: Database) throws -> Int64 {
        try db.run(
            """
            INSERT INTO runs (id, name, status, created_at, started_at, finished_at, request,
                parameters, epoch, epochs, step, samples_per_second, error, notes)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run.id, run.name, run.status.rawValue, run.createdAt, run.startedAt,
                run.finishedAt, run.request, run.parameters, run.epoch, run.epochs, run.step,
                run.samplesPerSecond, run.error, run.notes,
            ])
        let number = db.lastInsertedRowID
        try db.run(Schema.params(of: "number = ?"), [number])
        for (key, value) in run.tags {
            try setTag(key, to: value, of: number, db)
        }
        var summaries = try Summaries(of: number, db)
        for (key, value) in run.latest.sorted(by: { $0.key < $1.key }) {
            try summaries.set(key, latest: value, db)
        }
        for (key, value) in run.best.sorted(by: { $0.key < $1.key }) {
            try summaries.set(key, best: value, db)
        }
        return number
    }

    static func setTag(
        _ key: String, to value: String, of number: Int64, _ db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO tags (run, key, value) VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET value = excluded.value
            """, [number, key, value])
    }

    /// Completes rows of `columns` to runs, with one query for all tags and one for all metrics.
    static func records(_ rows: [Row], _ db: Database) throws -> [RunRecord] {
        let numbers = "[\(rows.map { "\($0[0] as Int64)" }.joined(separator: ","))]"
        var tags: [Int64: [String: String]] = [:]
        for row in try db.rows(
            "SELECT run, key, value FROM tags WHERE run IN (SELECT value FROM json_each(?))",
            [numbers])
        {
            tags[row[0], default: [:]][row[1]] = row[2]
        }
        let metrics = try RunRows.metrics(of: numbers, db)
        return try rows.map { row in
            var run = try record(row)
            run.tags = tags[row[0]] ?? [:]
            (run.latest, run.best) = metrics[row[0]] ?? ([:], [:])
            return run
        }
    }

    /// The latest and the best values of the runs of these numbers, a JSON array.
    ///
    /// A page has thousands of them, so rows aren't copied, and a run's are gathered before they are put
    /// with the others'.
    private static func metrics(
        of numbers: String, _ db: Database
    ) throws -> [Int64: (latest: [String: Double], best: [String: Double])] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT run, key, latest, best FROM summaries
                WHERE run IN (SELECT value FROM json_each(?)) ORDER BY run
                """)
        var metrics: [Int64: (latest: [String: Double], best: [String: Double])] = [:]
        var (run, latest, best): (Int64?, [String: Double], [String: Double]) = (nil, [:], [:])
        let rows = try Row.fetchCursor(statement, arguments: [numbers])
        while let row = try rows.next() {
            let next: Int64 = row[0]
            if let done = run, done != next {
                metrics[done] = (latest, best)
                // Runs of a page mostly have as many as one another.
                latest = Dictionary(minimumCapacity: latest.count)
                best = Dictionary(minimumCapacity: best.count)
            }
            run = next
            let key: String = row[1]
            if let value = row[2] as Double? { latest[key] = value }
            if let value = row[3] as Double? { best[key] = value }
        }
        if let run { metrics[run] = (latest, best) }
        return metrics
    }

    private static func record(_ row: Row) throws -> RunRecord {
        var run = RunRecord(
            id: row[1], name: row[2], status: try status(row[3]), createdAt: row[4],
            startedAt: row[5], finishedAt: row[6], request: row[7], parameters: row[8],
            epoch: row[9], epochs: row[10], step: row[11], samplesPerSecond: row[12],
            error: row[13])
        run.notes = row[14]
        return run
    }

    private static func status(_ text: String) throws(StoreError) -> RunStatus {
        try RunStatus(rawValue: text)
            .unwrapped(or: .corrupt(why: "a run has the unknown status \(text)", sql: nil))
    }
}

extension Optional {
    /// The value, or `error` where there is none.
    func unwrapped(or error: StoreError) throws(StoreError) -> Wrapped {
        guard let self else { throw error }
        return self
    }
}
