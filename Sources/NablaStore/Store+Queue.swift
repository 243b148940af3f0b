import Foundation
import GRDB

extension Store {
    /// Puts every run back into the queue that the end of a process cut off: what a service does when
    /// it starts.
    ///
    /// Those are the runs that are queued, running or interrupted and have a request. Not among them are
    /// those that `failCrashing` ended.
    ///
    /// - Returns: The runs in the order of their turns: by priority, those that had begun before
    ///   others, then by age.
    public func requeueUnfinished() throws(StoreError) -> [QueuedRun] {
        try writer.write { db in
            try db.run(
                """
                UPDATE runs SET status = 'queued', finished_at = NULL, error = NULL
                WHERE status IN ('queued', 'running', 'interrupted')
                    AND number IN (SELECT run FROM requests)
                """)
            return try Self.queuedRuns("runs.status = 'queued'", [], db)
        }
    }

    /// Counts the end of a process for each run that it trained, and ends those as failed of which there are
    /// too many, because they may be what ended it: what a service does before it puts runs back.
    ///
    /// A checkpoint begins the count anew, as does whoever has the run go on.
    ///
    /// - Parameters:
    ///   - limit: How often a run may be taken up again without a checkpoint in between.
    ///   - time: When they ended, in milliseconds since 1970 UTC.
    ///   - problem: What failed a run, as JSON.
    /// - Returns: The ids of the runs that were ended, oldest first.
    /// - Throws: `invalidValue` for a text with a NUL in it.
    public func failCrashing(
        beyond limit: Int, at time: Int64, error problem: String
    ) throws(StoreError) -> [String] {
        try StoreError.check(text: problem, named: "error")
        return try writer.write { db in
            let trained = "status = 'running' AND number IN (SELECT run FROM requests)"
            try db.run("UPDATE runs SET crashes = crashes + 1 WHERE \(trained)")
            let rows = try db.rows(
                """
                SELECT number, id FROM runs WHERE \(trained) AND crashes > ?
                ORDER BY created_at, id
                """, [limit])
            for row in rows {
                let number = row[0] as Int64
                try db.run(
                    """
                    UPDATE runs SET status = 'failed', finished_at = ?, error = ?
                    WHERE number = ?
                    """, [time, problem, number])
                try db.journalEnd(of: number)
            }
            return rows.map { $0[1] }
        }
    }

    /// Puts an ended run back into the queue, to go on from its last checkpoint.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - epochs: How many epochs it is to do beyond those it did; nil for those that are left.
    /// - Returns: The run as it waits now.
    /// - Throws: `notFound`; `conflict` where it hasn't ended, its request isn't kept or nothing is left
    ///   to do.
    public func requeue(id: String, epochs: Int? = nil) throws(StoreError) -> QueuedRun {
        try writer.write { db in
            let (number, status) = try RunRows.find(id, db)
            guard status.isEnded else {
                throw StoreError.conflict(why: "The run \(id) is \(status.rawValue) already")
            }
            let rows = try db.rows(
                """
                SELECT epoch, epochs, EXISTS (SELECT 1 FROM requests WHERE run = number)
                FROM runs WHERE number = ?
                """, [number])
            let row = try rows.first.unwrapped(or: .notFound(id: id))
            guard row[2] as Bool else {
                throw StoreError.conflict(
                    why: "The run \(id) can't go on: it is of an earlier version, which kept no "
                        + "samples")
            }
            let (done, asked) = (row[0] as Int, row[1] as Int)
            let total = epochs.map { done.addingReportingOverflow($0).partialValue } ?? asked
            guard total > done else {
                throw StoreError.conflict(
                    why: "The run \(id) has done all its epochs, \(done): say how many more")
            }
            try db.run(
                """
                UPDATE runs SET status = 'queued', finished_at = NULL, error = NULL, epochs = ?,
                    crashes = 0,
                    resumed = (SELECT epoch FROM checkpoints WHERE run = runs.number)
                WHERE number = ?
                """, [total, number])
            return try Self.queuedRuns("runs.number = ?", [number], db).first
                .unwrapped(or: .notFound(id: id))
        }
    }

    private static func queuedRuns(
        _ condition: String, _ arguments: StatementArguments, _ db: Database
    ) throws -> [QueuedRun] {
        // One query for both, since both must be in the same order.
        let columns = RunRows.columns.split(separator: ", ").map { "runs.\($0)" }
        let rows = try db.rows(
            """
            SELECT \(columns.joined(separator: ", ")), requests.priority, requests.owner
            FROM runs JOIN requests ON requests.run = runs.number WHERE \(condition)
            ORDER BY requests.priority DESC, runs.started_at IS NULL, runs.created_at, runs.id
            """, arguments)
        return try zip(RunRows.records(rows, db), rows).map { run, row in
            QueuedRun(run: run, priority: row["priority"], owner: row["owner"])
        }
    }

    /// Reads what a run is to do; nil where it isn't kept.
    ///
    /// - Throws: `notFound`.
    public func request(runID: String) throws(StoreError) -> RequestRecord? {
        try read { db in
            let run = try RunRows.find(runID, db).number
            let rows = try Row.fetchCursor(
                db, sql: "SELECT body, priority, owner FROM requests WHERE run = ?",
                arguments: [run])
            guard let row = try rows.next() else { return nil }
            let body = try row.withUnsafeData(atIndex: 0) { [UInt8]($0 ?? Data()) }
            return RequestRecord(body: body, priority: row[1], owner: row[2])
        }
    }

    /// Reads where a run can be taken up; nil before its first checkpoint.
    ///
    /// - Throws: `notFound`.
    public func checkpoint(runID: String) throws(StoreError) -> CheckpointRecord? {
        try read { db in
            let run = try RunRows.find(runID, db).number
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT networks.epoch, description, dtype, networks.parameters, state,
                        resumed IS networks.epoch
                    FROM checkpoints JOIN networks USING (run, epoch)
                    JOIN runs ON runs.number = run WHERE run = ?
                    """, arguments: [run])
            guard let row = try rows.next() else { return nil }
            let parameters = try row.withUnsafeData(atIndex: 3) { [UInt8]($0 ?? Data()) }
            let state = try row.withUnsafeData(atIndex: 4) { [UInt8]($0 ?? Data()) }
            return CheckpointRecord(
                network: NetworkRecord(
                    runID: runID, epoch: row[0], description: row[1], dtype: row[2],
                    parameters: parameters),
                state: state, isResumed: row[5])
        }
    }

    /// Writes what a run is to do.
    static func put(_ request: RequestRecord, of run: Int64, _ db: Database) throws {
        // Not kept compiled: a statement that is kept also keeps the last values bound to it.
        try db.execute(
            sql: "INSERT INTO requests (run, priority, owner, body) VALUES (?, ?, ?, ?)",
            arguments: [run, request.priority, request.owner, Data(request.body)])
    }

    /// Writes what a training has beside its network at the end of an epoch, over what it had before.
    static func put(state: [UInt8], epoch: Int, of run: Int64, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO checkpoints (run, epoch, state) VALUES (?, ?, ?)",
            arguments: [run, epoch, Data(state)])
        try db.run("UPDATE runs SET crashes = 0 WHERE number = ? AND crashes > 0", [run])
    }
}
