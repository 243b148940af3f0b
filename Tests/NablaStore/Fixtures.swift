import Foundation
import GRDB

@testable import NablaStore

/// A folder of its own for one test, removed with what is in it when the test ends.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("nabla-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit {
        // A folder left behind does no harm, and there is nobody here to tell.
        try? FileManager.default.removeItem(atPath: path)
    }

    var file: String { path + "/nabla.sqlite" }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    /// Opens the file behind the store's back.
    func withDatabase<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let queue = try DatabaseQueue(path: file)
        let value = try queue.writeWithoutTransaction(body)
        try queue.close()
        return value
    }
}

/// A store in a folder of its own.
struct TemporaryStore {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.file)
    }

    /// Adds the run of that number and takes it to `status`.
    @discardableResult
    func add(_ number: Int, _ status: RunStatus = .queued) throws -> RunRecord {
        var run = RunRecord.example(number)
        run.status = status
        try store.insert(run)
        return run
    }
}

/// The start of all examples, in milliseconds since 1970 UTC.
let noon: Int64 = 1_800_000_000_000

/// The id of the example run of that number, from 0 to 65,535.
func exampleID(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "01a31f4f-0000-7000-8000-00000000" + String(repeating: "0", count: 4 - digits.count)
        + digits
}

extension RunRecord {
    /// A queued run, a second younger than the one before it.
    static func example(_ number: Int) -> RunRecord {
        RunRecord(
            id: exampleID(number), createdAt: noon + Int64(number) * 1000,
            request: #"{"loss":"mean_squared_error"}"#, parameters: 9, epochs: 10)
    }
}

extension Store {
    /// Stores one epoch.
    func record(_ epoch: EpochRecord) throws(StoreError) -> Bool { try record([epoch]) }
}

extension EpochRecord {
    /// An epoch whose loss is its number and whose accuracy is its hundredth.
    static func example(_ epoch: Int, of number: Int, network: [UInt8]? = nil) -> EpochRecord {
        let values = [("loss", Double(epoch)), ("accuracy", Double(epoch) / 100)]
        return EpochRecord(
            runID: exampleID(number), epoch: epoch, step: epoch * 4, samplesPerSecond: 1000,
            metrics: values.map { key, value in
                MetricSeries(
                    MetricRecord(
                        key: key, epoch: epoch, step: epoch * 4, value: value,
                        time: noon + Int64(epoch)))
            },
            best: ["loss": 1],
            network: network.map { parameters in
                NetworkRecord(
                    runID: exampleID(number), epoch: epoch, description: #"{"layers":[]}"#,
                    dtype: "float32", parameters: parameters)
            })
    }
}
