import Dispatch
import NablaAPI
import NablaCore
import NablaNetworks
import NablaStore
import Synchronization

/// Writes what runs do to the database, away from the threads that train.
///
/// One queue writes; what comes in while it writes is written together in its next transaction.
/// Followers of a run hear of an epoch only when it is stored, so nothing they heard is ever lost.
final class RunRecorder: Sendable {
    /// What is to be written of a run.
    enum Entry: Sendable {
        /// Its first step begins.
        case started(Timestamp)
        /// It came further within an epoch: not stored, but told after the epochs before.
        case progress(Run.Progress)
        /// An epoch ended; with the network where it is time for a checkpoint.
        case epoch(EpochSummary, progress: Run.Progress, time: Timestamp, checkpoint: Network?)
        /// It ended.
        case ended(RunStatus, Timestamp, error: Problem?)
    }

    private struct Item: Sendable {
        let run: LiveRun
        let entry: Entry
        let whenWritten: (@Sendable () -> Void)?
    }

    private struct Backlog {
        var entries: [Item] = []
        var isWriting = false
        var whenShort: [@Sendable () -> Void] = []
    }

    /// How many entries may wait before the runs that make them do.
    private static let longBacklog = 4096

    private let store: Store
    private let onEvent: @Sendable (ServiceEvent) -> Void
    private let queue = DispatchQueue(label: "nabla.recorder", qos: .utility)
    private let backlog = Mutex(Backlog())

    init(store: Store, onEvent: @escaping @Sendable (ServiceEvent) -> Void) {
        self.store = store
        self.onEvent = onEvent
    }

    /// Has an entry written soon; entries of a run are written in the order given.
    func record(
        _ entry: Entry, of run: LiveRun, whenWritten: (@Sendable () -> Void)? = nil
    ) {
        let starts = backlog.withLock { backlog in
            backlog.entries.append(Item(run: run, entry: entry, whenWritten: whenWritten))
            defer { backlog.isWriting = true }
            return !backlog.isWriting
        }
        if starts { queue.async { self.write() } }
    }

    /// Calls `action` when few enough entries wait: at once, unless the database is behind.
    func whenShort(_ action: @escaping @Sendable () -> Void) {
        let isShort = backlog.withLock { backlog in
            guard backlog.entries.count >= RunRecorder.longBacklog else { return true }
            backlog.whenShort.append(action)
            return false
        }
        if isShort { action() }
    }

    /// Waits until everything recorded so far is written.
    func flush() {
        queue.sync { write() }
    }

    private func write() {
        while true {
            let (entries, waiting) = backlog.withLock { backlog in
                let taken = (backlog.entries, backlog.whenShort)
                backlog = Backlog(isWriting: !taken.0.isEmpty)
                return taken
            }
            waiting.forEach { $0() }
            guard !entries.isEmpty else { return }
            write(entries)
        }
    }

    private func write(_ items: [Item]) {
        var batches: [String: RunBatch] = [:]
        var order: [String] = []
        for item in items {
            if batches[item.run.id] == nil {
                order.append(item.run.id)
                batches[item.run.id] = RunBatch(item.run)
            }
            batches[item.run.id]?.add(item.entry)
        }
        for id in order {
            guard let batch = batches[id] else { continue }
            do {
                try batch.write(to: store)
                batch.publish()
            } catch {
                onEvent(.failure(requestID: nil, detail: "run \(id): \(error.detail)"))
                batch.fail(Problem(error))
            }
            if let status = batch.endStatus { onEvent(.run(id: id, status: status, detail: nil)) }
        }
        for item in items { item.whenWritten?() }
    }
}
