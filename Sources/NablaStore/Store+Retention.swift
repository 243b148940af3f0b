import GRDB

extension Store {
    /// Deletes ended runs, the oldest first, with all that is theirs.
    ///
    /// - Parameters:
    ///   - time: Deletes those that ended before it, in milliseconds since 1970 UTC; nil for none.
    ///   - count: Deletes all but so many of those that ended last; nil for none.
    ///   - limit: The most runs that are deleted, so that other writes wait for no long one.
    /// - Returns: The ids of the runs that are gone.
    /// - Throws: `full`, `busy` and what else keeps the database from writing.
    public func deleteEnded(
        before time: Int64?, beyond count: Int?, atMost limit: Int
    ) throws(StoreError) -> [String] {
        try writer.write { db in
            let ended = "status NOT IN ('queued', 'running')"
            // Nothing is before the first time there is, and nothing lies beyond that many.
            let rows = try db.rows(
                """
                SELECT number, id FROM runs WHERE \(ended) AND (
                    ifnull(finished_at, created_at) < ?
                    OR number NOT IN (
                        SELECT number FROM runs WHERE \(ended)
                        ORDER BY ifnull(finished_at, created_at) DESC, id DESC LIMIT ?))
                ORDER BY ifnull(finished_at, created_at), id LIMIT ?
                """, [time ?? .min, count ?? .max, limit])
            for row in rows {
                try db.run("DELETE FROM runs WHERE number = ?", [row[0] as Int64])
            }
            return rows.map { $0[1] }
        }
    }
}
