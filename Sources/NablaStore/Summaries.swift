import GRDB

/// A run's metrics by key: their place in its listing, their latest and their best value.
struct Summaries {
    private let run: Int64
    private var places: [String: Int64] = [:]

    /// Reads which metrics the run has.
    init(of run: Int64, _ db: Database) throws {
        self.run = run
        for row in try db.rows("SELECT key, place FROM summaries WHERE run = ?", [run]) {
            places[row[0]] = row[1]
        }
    }

    /// The metrics' keys by place.
    var keys: [Int64: String] {
        Dictionary(places.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The place of a metric that the run has.
    func place(of key: String) -> Int64? {
        places[key]
    }

    /// Sets what is given of a metric, and gives a new one the next place.
    ///
    /// - Returns: The metric's place.
    @discardableResult
    mutating func set(
        _ key: String, latest: Double? = nil, best: Double? = nil, _ db: Database
    ) throws -> Int64 {
        let place = places[key] ?? Int64(places.count) + 1
        places[key] = place
        try db.run(
            """
            INSERT INTO summaries (run, key, place, latest, best) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET
                latest = coalesce(excluded.latest, latest), best = coalesce(excluded.best, best)
            """, [run, key, place, latest, best])
        return place
    }
}
