import Foundation
import GRDB

extension Store {
    /// Stores what epochs of a running run gave, in one transaction.
    ///
    /// What is stored already of the same metrics from the first of the epochs on is replaced, as when a
    /// run is taken up again from an earlier epoch. The run's progress never goes back.
    ///
    /// - Parameters:
    ///   - epochs: The epochs of one run, in their order.
    ///   - keepsEarlierNetworks: Whether the networks of earlier epochs stay beside a new one.
    /// - Returns: Whether the run was running; otherwise nothing was stored.
    /// - Throws: `notFound`; `invalidValue` for a NaN, a text with a NUL in it, or a metric or
    ///   network of another epoch or run.
    public func record(
        _ epochs: [EpochRecord], keepsEarlierNetworks: Bool = true
    ) throws(StoreError) -> Bool {
        for epoch in epochs { try Self.check(epoch) }
        guard let last = epochs.last else { return true }
        guard epochs.allSatisfy({ $0.runID == last.runID }) else {
            throw .invalidValue(why: "The epochs are of several runs")
        }
        return try writer.write { db in
            let run = try RunRows.find(last.runID, db)
            guard run.status == .running else { return false }
            try Self.setProgress(
                of: run.number, epoch: last.epoch, step: last.step,
                samplesPerSecond: last.samplesPerSecond, db)
            var summaries = try Summaries(of: run.number, db)
            for epoch in epochs {
                try Self.append(epoch, to: run.number, &summaries, db)
                guard let network = epoch.network else { continue }
                try Self.put(network, of: run.number, db)
                if let state = epoch.state {
                    try Self.put(state: state, epoch: epoch.epoch, of: run.number, db)
                }
                guard !keepsEarlierNetworks else { continue }
                try db.run(
                    "DELETE FROM networks WHERE run = ? AND epoch < ?", [run.number, network.epoch])
            }
            return true
        }
    }

    private static func check(_ epoch: EpochRecord) throws(StoreError) {
        for series in epoch.metrics {
            for value in series.values { try StoreError.check(metric: series.key, value) }
            guard !series.values.isEmpty, series.stride >= 1, series.lastEpoch <= epoch.epoch else {
                throw .invalidValue(why: "The metric \(series.key) is of other epochs")
            }
        }
        for (key, value) in epoch.best { try StoreError.check(metric: key, value) }
        if let state = epoch.state { try StoreError.check(length: state.count, named: "state") }
        guard let network = epoch.network else { return }
        guard network.runID == epoch.runID, network.epoch == epoch.epoch else {
            throw .invalidValue(why: "The network is of another run or epoch")
        }
        try StoreError.check(text: network.description, named: "network's description")
        try StoreError.check(text: network.dtype, named: "network's dtype")
        try StoreError.check(length: network.parameters.count, named: "network")
    }

    private static func append(
        _ epoch: EpochRecord, to run: Int64, _ summaries: inout Summaries, _ db: Database
    ) throws {
        for series in epoch.metrics {
            let place = try summaries.set(series.key, latest: series.values.last, db)
            try SeriesRows.append(series, to: run, place, db)
        }
        for (key, value) in epoch.best.sorted(by: { $0.key < $1.key }) {
            try summaries.set(key, best: value, db)
        }
        // An epoch done once more, for its network alone, is in the journal already.
        guard let first = epoch.metrics.lazy.map(\.epoch).min() else { return }
        try db.run(
            "INSERT INTO journal (run, epoch, last) VALUES (?, ?, ?)", [run, first, epoch.epoch])
    }

    private static func put(_ network: NetworkRecord, of run: Int64, _ db: Database) throws {
        // Not kept compiled: a statement that is kept also keeps the last values bound to it.
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO networks (run, epoch, description, dtype, parameters)
                VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                run, network.epoch, network.description, network.dtype, Data(network.parameters),
            ])
    }

    /// Stores how far a running run is, between the ends of epochs.
    ///
    /// - Returns: Whether the run was running; otherwise nothing was stored.
    /// - Throws: `notFound`.
    public func progress(
        id: String, epoch: Int, step: Int, samplesPerSecond: Double?
    ) throws(StoreError) -> Bool {
        try writer.write { db in
            let run = try RunRows.find(id, db)
            guard run.status == .running else { return false }
            try Self.setProgress(
                of: run.number, epoch: epoch, step: step, samplesPerSecond: samplesPerSecond, db)
            return true
        }
    }

    private static func setProgress(
        of run: Int64, epoch: Int, step: Int, samplesPerSecond: Double?, _ db: Database
    ) throws {
        try db.run(
            """
            UPDATE runs SET epoch = max(epoch, ?), step = max(step, ?), samples_per_second = ?
            WHERE number = ?
            """, [epoch, step, samplesPerSecond, run])
    }

    /// Reads the history of a run's metrics.
    ///
    /// - Parameters:
    ///   - runID: The run.
    ///   - key: The metric wanted; nil (the default) for all. One the run doesn't have gives none.
    ///   - fromEpoch: The first epoch wanted; nil (the default) for all.
    ///   - toEpoch: The last epoch wanted; nil (the default) for all.
    /// - Returns: The points by key, in the order the run first gave them, then by epoch.
    /// - Throws: `notFound`.
    public func metrics(
        runID: String, key: String? = nil, fromEpoch: Int? = nil, toEpoch: Int? = nil
    ) throws(StoreError) -> [MetricRecord] {
        try read { db in
            let run = try RunRows.find(runID, db).number
            let summaries = try Summaries(of: run, db)
            var places = Int64(0)...Int64.max
            if let key {
                guard let place = summaries.place(of: key) else { return [] }
                places = place...place
            }
            let (first, last) = (fromEpoch ?? .min, toEpoch ?? .max)
            guard first <= last else { return [] }
            let epochs = first...last
            return try SeriesRows.read(of: run, places, epochs, keys: summaries.keys, db)
        }
    }

    /// Reads the network of a run at the end of `epoch`, by default of the latest that has one.
    ///
    /// - Returns: nil if none was stored for it.
    /// - Throws: `notFound`, if there is no such run.
    public func network(
        runID: String, epoch: Int? = nil
    ) throws(StoreError) -> NetworkRecord? {
        try read { db in
            let run = try RunRows.find(runID, db).number
            // A cursor, so that the parameters are copied once, from SQLite's memory.
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT epoch, description, dtype, parameters FROM networks
                    WHERE run = ? AND epoch BETWEEN ? AND ? ORDER BY epoch DESC LIMIT 1
                    """, arguments: [run, epoch ?? .min, epoch ?? .max])
            guard let row = try rows.next() else { return nil }
            let parameters = try row.withUnsafeData(atIndex: 3) { [UInt8]($0 ?? Data()) }
            return NetworkRecord(
                runID: runID, epoch: row[0], description: row[1], dtype: row[2],
                parameters: parameters)
        }
    }
}
