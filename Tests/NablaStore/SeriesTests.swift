import GRDB
import Testing

@testable import NablaStore

@Suite("Series: many epochs in a row of the database")
struct SeriesTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
        try temporary.add(1, .running)
    }

    /// Epochs from `first` on, three steps each, with those losses and a rate of ½.
    private func epochs(
        from first: Int = 1, _ losses: [Double], health: MetricSeries? = nil
    ) -> EpochRecord {
        func series(_ key: String, _ values: [Double]) -> MetricSeries {
            MetricSeries(
                key: key, epoch: first, step: 3 * first, stepStride: 3, values: values, time: noon)
        }
        let last = first + losses.count - 1
        return EpochRecord(
            runID: exampleID(1), epoch: last, step: 3 * last,
            metrics: [
                series("loss", losses), series("learning_rate", losses.map { _ in 0.5 }),
            ] + (health.map { [$0] } ?? []))
    }

    private func history(
        _ key: String, from first: Int? = nil, to last: Int? = nil
    ) throws -> [String] {
        try store.metrics(runID: exampleID(1), key: key, fromEpoch: first, toEpoch: last)
            .map { "\($0.epoch) \($0.step) \($0.value)" }
    }

    private func rows(_ sql: String) throws -> Int {
        try store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(sql)") ?? 0 }
    }

    @Test("Epochs that came together are one row a metric, and are read one by one")
    func together() throws {
        let values = (0..<5000).map { 1 / Double($0 + 3) }
        #expect(try store.record(epochs(values)))
        #expect(try rows("series") == 2)
        // All the same: one number, whose size is that of one.
        #expect(try rows("series WHERE typeof(samples) = 'real'") == 1)
        let points = try store.metrics(runID: exampleID(1), key: "loss")
        #expect(points.map(\.value.bitPattern) == values.map(\.bitPattern))
        #expect(points.map(\.epoch) == Array(1...5000))
        #expect(points.map(\.step) == (1...5000).map { 3 * $0 })
        let rates = try store.metrics(runID: exampleID(1), key: "learning_rate")
        #expect(rates.map(\.value) == values.map { _ in 0.5 })
        #expect(try store.run(id: exampleID(1))?.latest["loss"] == values.last)
    }

    @Test("A part of a history begins and ends within rows")
    func parts() throws {
        _ = try store.record([epochs([1, 2, 3]), epochs(from: 4, [4, 5, 6])])
        #expect(try history("loss", from: 3, to: 4) == ["3 9 3.0", "4 12 4.0"])
        #expect(try history("loss", from: 6) == ["6 18 6.0"])
        #expect(try history("loss", to: 1) == ["1 3 1.0"])
        #expect(try history("loss", from: 7).isEmpty)
        #expect(try history("loss", from: 5, to: 4).isEmpty)
    }

    @Test("Values may lie several epochs apart")
    func strides() throws {
        let norms = MetricSeries(
            key: "gradient_norm", epoch: 2, stride: 2, step: 6, stepStride: 6, values: [7, 8, 9],
            time: noon)
        _ = try store.record(epochs([1, 2, 3, 4, 5, 6], health: norms))
        #expect(try history("gradient_norm") == ["2 6 7.0", "4 12 8.0", "6 18 9.0"])
        #expect(try history("gradient_norm", from: 3, to: 5) == ["4 12 8.0"])
        // Epochs from 5 on are done again: what lies behind goes, also in the middle of a row.
        _ = try store.record(
            epochs(
                from: 5, [50, 60],
                health: MetricSeries(
                    key: "gradient_norm", epoch: 5, step: 15, stepStride: 0, values: [5],
                    time: noon)))
        #expect(try history("gradient_norm") == ["2 6 7.0", "4 12 8.0", "5 15 5.0"])
        #expect(
            try history("loss") == [
                "1 3 1.0", "2 6 2.0", "3 9 3.0", "4 12 4.0", "5 15 50.0", "6 18 60.0",
            ])
        #expect(try history("learning_rate").count == 6)
    }

    @Test("The journal has what happened to all runs in its order")
    func journal() throws {
        try temporary.add(2, .running)
        _ = try store.record(epochs([1, 2, 3]))
        _ = try store.record(.example(1, of: 2))
        _ = try store.record(epochs(from: 4, [4]))
        _ = try store.finish(id: exampleID(1), status: .succeeded, at: noon)
        let (first, second) = (exampleID(1), exampleID(2))
        let all = try store.journal(after: 0, limit: 10)
        #expect(all.map(\.number) == [1, 2, 3, 4])
        #expect(all.map(\.runID) == [first, second, first, first])
        #expect(all.map(\.epochs) == [1...3, 1...1, 4...4, nil])
        #expect(try store.journal(after: 1, limit: 2) == Array(all[1...2]))
        #expect(try store.journal(after: 0, of: [second], limit: 10) == [all[1]])
        #expect(try store.journalEnd() == 4)
        #expect(try store.journalEnd(of: first, count: 2) == Array(all[2...3]))
        #expect(try store.interruptUnfinished(at: noon) == [second])
        #expect(try store.journal(after: 4, limit: 10).map(\.runID) == [second])
        try store.delete(id: first)
        #expect(try store.journal(after: 0, limit: 10).map(\.runID) == [second, second])
        #expect(throws: StoreError.self) { try store.journal(after: 0, of: [first], limit: 1) }
    }

    @Test("A file of an earlier version keeps its history")
    func migration() throws {
        try store.close()
        try temporary.folder.withDatabase { db in
            try db.execute(
                sql: """
                    DROP TABLE series; DROP TABLE journal;
                    DELETE FROM grdb_migrations WHERE identifier = '3 series, journal';
                    CREATE TABLE metrics (
                        run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
                        place INTEGER NOT NULL, epoch INTEGER NOT NULL, step INTEGER NOT NULL,
                        value REAL NOT NULL, time INTEGER NOT NULL,
                        PRIMARY KEY (run, place, epoch)
                    ) STRICT, WITHOUT ROWID;
                    INSERT INTO summaries (run, key, place) VALUES (1, 'loss', 1);
                    INSERT INTO metrics VALUES (1, 1, 1, 3, 0.25, 5), (1, 1, 2, 6, 2, 7);
                    UPDATE runs SET status = 'failed';
                    """)
        }
        let store = try Store(path: temporary.folder.file)
        let points = try store.metrics(runID: exampleID(1))
        #expect(
            points == [
                MetricRecord(key: "loss", epoch: 1, step: 3, value: 0.25, time: 5),
                MetricRecord(key: "loss", epoch: 2, step: 6, value: 2, time: 7),
            ])
        #expect(try store.journal(after: 0, limit: 9).map(\.epochs) == [1...2, nil])
    }
}
