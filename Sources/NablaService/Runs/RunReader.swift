import NablaAPI
import NablaNetworks
import NablaStore

/// Tells how runs stand: from this process where they live here, else from the database.
struct RunReader: Sendable {
    let store: Store
    let scheduler: RunScheduler

    /// One run.
    ///
    /// - Throws: `Problem` when there is none of that id.
    func run(_ id: String) throws(Problem) -> Run {
        if let live = scheduler.live(id) { return live.run }
        let record = try Problem.storing { () throws(StoreError) in try store.run(id: id) }
        guard let record else { throw RunReader.missing(id) }
        return try Run(record)
    }

    /// The history of its metrics, or of one of them, from an epoch on.
    ///
    /// - Throws: `Problem` when there is no such run.
    func history(of id: String, key: String?, from epoch: Int?) throws(Problem) -> MetricHistory {
        let records = try Problem.storing { () throws(StoreError) in
            try store.metrics(runID: id, key: key, fromEpoch: epoch)
        }
        var metrics: [(key: String, points: [MetricHistory.Point])] = []
        for record in records {
            if metrics.last?.key != record.key { metrics.append((record.key, [])) }
            metrics[metrics.count - 1].points.append(
                MetricHistory.Point(
                    epoch: record.epoch, step: record.step, value: record.value,
                    time: Timestamp(milliseconds: record.time)))
        }
        return MetricHistory(metrics: metrics)
    }

    /// The `metrics` events of the epochs in a range, in their order.
    ///
    /// - Throws: `Problem` when there is no such run.
    func events(of id: String, in epochs: ClosedRange<Int>) throws(Problem) -> [RunEvent] {
        let records = try Problem.storing { () throws(StoreError) in
            try store.metrics(
                runID: id, fromEpoch: epochs.lowerBound, toEpoch: epochs.upperBound)
        }
        var found: [Int: (step: Int, values: [String: Double])] = [:]
        for record in records {
            found[record.epoch, default: (record.step, [:])].values[record.key] = record.value
        }
        return found.sorted { $0.key < $1.key }.map { epoch, row in
            RunEvent(.metrics(epoch: epoch, step: row.step, values: row.values))
        }
    }

    /// The network as stored after that epoch, by default as last stored.
    ///
    /// - Throws: `Problem` when there is no such run, or nothing of it is stored yet, or not that epoch.
    func network(of id: String, epoch: Int? = nil) throws(Problem) -> Network {
        let record = try Problem.storing { () throws(StoreError) in
            try store.network(runID: id, epoch: epoch)
        }
        guard let record else {
            if let epoch {
                throw Problem(
                    .notFound, "the run \(id) has no network of epoch \(epoch) any more or yet")
            }
            throw Problem(.conflict, "the run \(id) has no trained network yet")
        }
        return try Network(record)
    }

    private static func missing(_ id: String) -> Problem {
        Problem(.notFound, "there is no run \(id)")
    }
}
