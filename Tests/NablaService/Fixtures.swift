import Dispatch
import Foundation
import GRDB
import NablaAPI
import NablaHTTP
import NablaNetworks
import Synchronization

@testable import NablaService
@testable import NablaStore

/// The head of a request with a method and a target, as in `GET /runs`.
func head(_ line: String) -> RequestHead {
    var reader = RequestReader(limits: HTTPLimits())
    guard
        case .request(let head, _) = reader.read(
            Array("\(line) HTTP/1.1\r\nHost: a\r\n\r\n".utf8).span)
    else { preconditionFailure("\(line) is no request") }
    return head
}

/// The parts of a service without its sockets: a real store, pool and scheduler.
final class Workbench: Sendable {
    let store: Store
    let pool: WorkerPool
    let trainingPool: WorkerPool
    let identifiers = IdentifierSource()
    let scheduler: RunScheduler
    let events = EventLog()
    private let directory: String

    init(workers: Int = 2, queuedRequests: Int = 8, limits: TrainingLimits) throws {
        directory = NSTemporaryDirectory() + "nabla-service-\(UUID().uuidString)"
        store = try StartError.openStore(in: directory)
        pool = WorkerPool(workers: workers, capacity: queuedRequests)
        trainingPool = WorkerPool(workers: workers, capacity: .max)
        scheduler = RunScheduler(
            limits: limits, pool: trainingPool, store: store, identifiers: identifiers,
            onEvent: events.add)
    }

    /// Ends what runs and removes the database.
    func clear() {
        scheduler.stop()
        pool.close()
        trainingPool.close()
        try? store.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Takes a run in, with the network its request writes out.
    func submit(_ request: TrainRequest) throws -> Run { try submitted(request).acknowledged }

    /// The same, with the run as it goes on.
    func submitted(_ request: TrainRequest) throws -> (acknowledged: Run, live: LiveRun) {
        try scheduler.submit(request, RunMaterial(writtenOutIn: request))
    }

    /// Waits for the end of a run, and gives it as the database has it then.
    func end(of id: String) throws -> Run {
        if let live = scheduler.live(id) {
            let ended = DispatchSemaphore(value: 0)
            live.whenEnded { _ in ended.signal() }
            try wait(for: ended, "the end of run \(id)")
        }
        return try stored(id)
    }

    /// A run as the database has it.
    func stored(_ id: String) throws -> Run {
        guard let record = try store.run(id: id) else { throw TestFailure("no run \(id)") }
        return try Run(record)
    }
}

extension Workbench {
    /// What the operator was told of things that went wrong.
    var failures: [String] {
        events.all.compactMap { event in
            guard case .failure(_, let detail) = event else { return nil }
            return detail
        }
    }

    /// Has the database grow no more, as on a full disk, or grow again.
    func setDiskIsFull(_ isFull: Bool) throws {
        try store.pool.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 1
            try db.execute(sql: "PRAGMA max_page_count = \(isFull ? pages : 1_000_000)")
        }
    }

    /// Has what going on needs be cut short.
    func damageCheckpoints() throws {
        try store.pool.write { db in
            try db.execute(sql: "UPDATE checkpoints SET state = x'01'")
        }
    }

    /// Has the database say what it says when a process crashes: that the runs are being trained.
    func leaveAsAfterCrash() throws {
        try store.pool.write { db in
            try db.execute(sql: "UPDATE runs SET status = 'running', finished_at = NULL")
        }
    }

    /// Has the database take no writes, as a file that is read-only, or take them again.
    func setIsReadOnly(_ isReadOnly: Bool) throws {
        try store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA query_only = \(isReadOnly ? 1 : 0)")
        }
    }
}

/// Runs a test on a workbench of its own.
func withWorkbench(
    workers: Int = 2, queuedRequests: Int = 8,
    limits configure: (inout TrainingLimits) -> Void = { _ in },
    _ body: (Workbench) throws -> Void
) throws {
    var limits = TrainingLimits()
    configure(&limits)
    let bench = try Workbench(workers: workers, queuedRequests: queuedRequests, limits: limits)
    defer { bench.clear() }
    try body(bench)
}

/// Waits for a signal, but not for ever.
func wait(for semaphore: DispatchSemaphore, _ what: String) throws {
    guard semaphore.wait(timeout: .now() + 30) == .success else {
        throw TestFailure("waited too long for \(what)")
    }
}

/// Looks again and again, but not for ever.
func waitUntil(_ what: String, _ isSo: () throws -> Bool) throws {
    for _ in 0..<30_000 {
        if try isSo() { return }
        usleep(1000)
    }
    throw TestFailure("waited too long for \(what)")
}

/// Keeps values that come from many threads, in the order they came.
final class Log<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    var all: [Value] { values.withLock { $0 } }

    @Sendable func add(_ value: Value) {
        values.withLock { $0.append(value) }
    }
}

typealias EventLog = Log<ServiceEvent>

struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension TrainRequest {
    /// Eight features, 16 hidden units, one output; the samples follow a fixed pattern.
    static func regression(
        samples count: Int = 64, batchSize: Int = 64, epochs: Int = 4, learningRate: Double = 0.01,
        seed: UInt64 = 5
    ) throws -> TrainRequest {
        let inputs = (0..<count * 8).map { Float($0 * 37 % 101) / 50 - 1 }
        let targets = (0..<count).map { Float($0 * 53 % 97) / 97 }
        return TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [8],
                    layers: [
                        Layer(.dense(try Dense(units: 16, activation: .relu))),
                        Layer(.dense(try Dense(units: 1, activation: .identity))),
                    ])),
            loss: try Loss(.meanSquaredError),
            samples: try Samples(
                inputs: Tensor(inputs, shape: [count, 8]), targets: Tensor(targets)),
            settings: try TrainingSettings(
                optimizer: .sgd(SGD(learningRate: learningRate)), epochs: epochs,
                batchSize: batchSize, seed: seed))
    }

    /// More epochs than any test waits for.
    static func endless() throws -> TrainRequest { try regression(epochs: 100_000_000) }
}
