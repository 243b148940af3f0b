import Foundation
import GRDB
import Glibc
import NablaAPI
import NablaNetworks
import Testing

/// The file of a data folder, as a process left it that was killed.
struct LeftDatabase {
    /// What is stored of a run.
    struct Outcome: Equatable {
        /// Its network as last stored.
        var network = Data()
        /// Each metric's values, epoch by epoch.
        var metrics: [String: [Int: Double]] = [:]
    }

    private let queue: DatabaseQueue

    /// Opens a copy, so that the server's own recovery still has everything to do.
    init(of data: String, in folder: TemporaryFolder, named name: String) throws {
        let copy = folder.file(name)
        for suffix in ["", "-wal"] {
            try? FileManager.default.removeItem(atPath: copy + suffix)
            guard FileManager.default.fileExists(atPath: data + "/nabla.sqlite" + suffix)
            else { continue }
            try FileManager.default.copyItem(
                atPath: data + "/nabla.sqlite" + suffix, toPath: copy + suffix)
        }
        queue = try DatabaseQueue(path: copy)
    }

    /// What is wrong with it: pages, references, and rows that only part of a write has made.
    func complaints() throws -> [String] {
        try queue.read { db in
            let pages = try String.fetchAll(db, sql: "PRAGMA integrity_check")
            let references = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check")
            let torn = try String.fetchAll(
                db,
                sql: """
                    SELECT 'no request: ' || id FROM runs
                        WHERE number NOT IN (SELECT run FROM requests)
                    UNION ALL SELECT 'metrics of ' || key || ': ' || id
                        FROM runs JOIN series ON run = number JOIN summaries USING (run, place)
                        -- A training's health is looked at now and then.
                        WHERE key NOT LIKE '%gradient_norm' AND key NOT LIKE '%_units'
                        GROUP BY run, place
                        HAVING sum((last - series.epoch) / stride + 1) <> max(last)
                            OR max(last) <> runs.epoch
                    UNION ALL SELECT 'no network: ' || run FROM checkpoints
                        WHERE (run, epoch) NOT IN (SELECT run, epoch FROM networks)
                    """)
            return pages.filter { $0 != "ok" } + references.map { "\($0)" } + torn
        }
    }

    /// The ids of those runs that aren't there.
    func missing(of ids: [String]) throws -> [String] {
        let known = try queue.read { Set(try String.fetchAll($0, sql: "SELECT id FROM runs")) }
        return ids.filter { !known.contains($0) }
    }

    /// How many runs wait or are under way.
    func unfinished() throws -> Int {
        try queue.read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM runs WHERE status IN ('queued', 'running')") ?? 0
        }
    }

    /// Why a run failed, as a problem in JSON.
    func failure(of id: String) throws -> String? {
        try queue.read { db in
            try String.fetchOne(db, sql: "SELECT error FROM runs WHERE id = ?", arguments: [id])
        }
    }

    /// The status and what is stored of a run.
    func outcome(of id: String) throws -> (status: String?, outcome: Outcome) {
        try queue.read { db in
            var outcome = Outcome()
            let status = try String.fetchOne(
                db, sql: "SELECT status FROM runs WHERE id = ?", arguments: [id])
            outcome.network =
                try Data.fetchOne(
                    db,
                    sql: """
                        SELECT networks.parameters FROM networks JOIN runs ON run = number
                        WHERE id = ? ORDER BY networks.epoch DESC
                        """, arguments: [id]) ?? Data()
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT key, samples, series.epoch, last, stride
                    FROM series JOIN summaries USING (run, place)
                    JOIN runs ON series.run = number WHERE id = ? ORDER BY series.epoch
                    """, arguments: [id])
            for row in rows {
                let epochs = Array(stride(from: row[2] as Int, through: row[3], by: row[4]))
                let values = Self.values(row[1], count: epochs.count)
                for (epoch, value) in zip(epochs, values) {
                    outcome.metrics[row[0], default: [:]][epoch] = value
                }
            }
            return (status, outcome)
        }
    }

    /// The values of some epochs, which lie one after another, or once where they are the same.
    private static func values(_ samples: DatabaseValue, count: Int) -> [Double] {
        guard let bytes = Data.fromDatabaseValue(samples), case .blob = samples.storage else {
            let value = Double.fromDatabaseValue(samples) ?? .nan
            return Array(repeating: value, count: count)
        }
        return bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map {
                Double(
                    bitPattern: UInt64(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
            }
        }
    }
}

/// What a stream of a run's events brought before it was cut.
struct HeardEvents: Sendable {
    /// Each metric's values by epoch.
    private(set) var metrics: [Int: [String: Double]] = [:]

    /// Listens until the stream ends.
    init(of run: String, at address: String) throws {
        let stream = try PlainConnection(address)
        // A 1.0 client gets the stream as it is, without chunks.
        stream.send("GET \(Path.run(run, .events)) HTTP/1.0\r\nHost: a\r\n\r\n")
        let text = stream.receive()
        // What is behind the last empty line is half an event.
        for block in text.components(separatedBy: "\n\n").dropLast() {
            guard let start = block.range(of: "event: metrics\ndata: ") else { continue }
            let event = try RunEvent(name: "metrics", data: Array(block[start.upperBound...].utf8))
            guard case .metrics(let epoch, _, let values)? = event?.content else { continue }
            metrics[epoch] = values
        }
    }
}

extension TrainRequest {
    /// A small run that has all that going on must restore: shuffling, dropout, batch normalisation and
    /// the state of an optimizer.
    static func restorable(_ optimizer: Optimizer, epochs: Int) throws -> TrainRequest {
        let count = 12
        let inputs = (0..<count * 3).map { Float($0 * 37 % 101) / 50 - 1 }
        let targets = (0..<count).map { Float($0 * 53 % 97) / 97 }
        return TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [3],
                    layers: [
                        Layer(.dense(try Dense(units: 4, activation: .relu))),
                        Layer(.batchNormalization(BatchNormalization())),
                        Layer(.dropout(Dropout(rate: 0.25))),
                        Layer(.dense(try Dense(units: 1, activation: .identity))),
                    ])),
            loss: try Loss(.meanSquaredError),
            samples: try Samples(
                inputs: Tensor(inputs, shape: [count, 3]), targets: Tensor(targets)),
            settings: try TrainingSettings(
                optimizer: optimizer, epochs: epochs,
                batchSize: optimizer.takesAllSamples ? nil : 5, seed: 9))
    }
}
