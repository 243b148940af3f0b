import GRDB

extension Store {
    /// Adds a run.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - key: The key under which it is asked for again, where it has one.
    ///   - datasets: The digests of the stored samples that it needs.
    ///   - request: What it is to do, so that another process can take it up.
    /// - Throws: `conflict` if there is one of this id, or with this key, or a dataset isn't there any more;
    ///   `invalidValue` for an id that is no UUID in lower case, a text with a NUL in it, or a NaN.
    public func insert(
        _ run: RunRecord, key: IdempotencyKey? = nil, needing datasets: [[UInt8]] = [],
        request: RequestRecord? = nil
    ) throws(StoreError) {
        try Self.check(run)
        try key?.check()
        if let request {
            try StoreError.check(text: request.owner, named: "owner")
            try StoreError.check(length: request.body.count, named: "request")
        }
        try writer.write { db in
            guard try db.rows("SELECT 1 FROM runs WHERE id = ?", [run.id]).isEmpty else {
                throw StoreError.conflict(why: "There is already a run \(run.id)")
            }
            let number = try RunRows.insert(run, db)
            try key?.insert(of: number, db)
            for digest in datasets { try DatasetRows.keep(digest, for: number, db) }
            if let request { try Self.put(request, of: number, db) }
        }
    }

    private static func check(_ run: RunRecord) throws(StoreError) {
        guard isRunID(run.id) else {
            throw .invalidValue(why: "A run's id must be a UUID in lower case")
        }
        try StoreError.check(text: run.name, named: "name")
        try StoreError.check(text: run.request, named: "request")
        try StoreError.check(text: run.error, named: "error")
        try StoreError.check(text: run.notes, named: "notes")
        try StoreError.check(tags: run.tags)
        for (key, value) in run.latest { try StoreError.check(metric: key, value) }
        for (key, value) in run.best { try StoreError.check(metric: key, value) }
    }

    /// Marks a queued run as running; one that was taken up again keeps the time it first began.
    ///
    /// - Returns: Whether it was queued; otherwise nothing changed.
    /// - Throws: `notFound`.
    public func start(id: String, at time: Int64) throws(StoreError) -> Bool {
        try writer.write { db in
            let run = try RunRows.find(id, db)
            guard RunStatus.running.canFollow(run.status) else { return false }
            try db.run(
                "UPDATE runs SET status = ?, started_at = ifnull(started_at, ?) WHERE number = ?",
                [RunStatus.running.rawValue, time, run.number])
            return true
        }
    }

    /// Marks a run as ended.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - status: Succeeded for a running run only; failed, cancelled and interrupted also for a
    ///     queued one.
    ///   - time: When it ended, in milliseconds since 1970 UTC.
    ///   - problem: What failed it, as JSON.
    /// - Returns: Whether it could end so; otherwise nothing changed.
    /// - Throws: `notFound`; `invalidValue` if `status` is no end.
    public func finish(
        id: String, status: RunStatus, at time: Int64, error problem: String? = nil
    ) throws(StoreError) -> Bool {
        guard status.isEnded else {
            throw .invalidValue(why: "A run cannot finish as \(status.rawValue)")
        }
        try StoreError.check(text: problem, named: "error")
        return try writer.write { db in
            let run = try RunRows.find(id, db)
            guard status.canFollow(run.status) else { return false }
            try db.run(
                "UPDATE runs SET status = ?, finished_at = ?, error = ? WHERE number = ?",
                [status.rawValue, time, problem, run.number])
            try db.journalEnd(of: run.number)
            return true
        }
    }

    /// Whether there is a run that hasn't ended, or was interrupted: what a service asks when it starts.
    public func hasUnfinished() throws(StoreError) -> Bool {
        try read(atStart: true) { db in
            try !db.rows(
                "SELECT 1 FROM runs WHERE status IN ('queued', 'running', 'interrupted') LIMIT 1"
            ).isEmpty
        }
    }

    /// Marks every queued and running run as interrupted, since whoever ran them is gone: what a service
    /// does when it starts with those that it can't take up again (see `requeueUnfinished()`).
    ///
    /// - Returns: Their ids, oldest first.
    public func interruptUnfinished(at time: Int64) throws(StoreError) -> [String] {
        try writer.write { db in
            let unfinished = """
                status IN ('queued', 'running') AND number NOT IN (SELECT run FROM requests)
                """
            let ids = try db.rows(
                "SELECT id FROM runs WHERE \(unfinished) ORDER BY created_at, id")
            try db.run(
                """
                INSERT INTO journal (run)
                SELECT number FROM runs WHERE \(unfinished) ORDER BY created_at, id
                """)
            try db.run(
                "UPDATE runs SET status = ?, finished_at = ? WHERE \(unfinished)",
                [RunStatus.interrupted.rawValue, time])
            return ids.map { $0[0] }
        }
    }

    /// Changes a run's name, tags and notes, whatever its status.
    ///
    /// - Parameters:
    ///   - id: The run's id.
    ///   - change: What becomes of it.
    ///   - textBytes: Bytes that its name, tags and notes may have together then.
    /// - Returns: The run as it is now.
    /// - Throws: `notFound`; `invalidValue` for a text with a NUL in it, a tag without a key, and too much text.
    public func update(
        id: String, _ change: RunChange, textBytes: Int = .max
    ) throws(StoreError) -> RunRecord {
        if let name = change.name { try StoreError.check(text: name, named: "name") }
        if let notes = change.notes { try StoreError.check(text: notes, named: "notes") }
        try StoreError.check(tags: change.tags.compactMapValues(\.self))
        return try writer.write { db in
            let run = try RunRows.find(id, db)
            if let name = change.name {
                try db.run("UPDATE runs SET name = ? WHERE number = ?", [name, run.number])
            }
            if let notes = change.notes {
                try db.run("UPDATE runs SET notes = ? WHERE number = ?", [notes, run.number])
            }
            for (key, value) in change.tags {
                if let value {
                    try RunRows.setTag(key, to: value, of: run.number, db)
                } else {
                    try db.run("DELETE FROM tags WHERE run = ? AND key = ?", [run.number, key])
                }
            }
            let changed = try RunRows.run(id: id, db).unwrapped(or: .notFound(id: id))
            guard changed.textBytes <= textBytes else {
                throw StoreError.invalidValue(
                    why: "name, tags and notes of the run would have \(changed.textBytes) bytes, "
                        + "and may have \(textBytes)")
            }
            return changed
        }
    }

    /// Deletes an ended run with its metrics and networks.
    ///
    /// - Throws: `notFound`; `conflict` if it hasn't ended.
    public func delete(id: String) throws(StoreError) {
        try writer.write { db in
            let run = try RunRows.find(id, db)
            guard run.status.isEnded else {
                throw StoreError.conflict(
                    why: "The run \(id) is \(run.status.rawValue): cancel it before deleting it")
            }
            try db.run("DELETE FROM runs WHERE number = ?", [run.number])
        }
    }
}
