import Dispatch
import NablaAPI
import NablaCore
import NablaNetworks
import NablaStore
import Synchronization

/// Writes what runs do to the database, away from the threads that train.
///
/// One queue writes; what comes in while it writes is written together in its next transaction.
/// Followers of a run hear of an epoch, and of the run's end, only when it is stored, so nothing they
/// heard is ever lost, and whoever asks gets what they heard. What the database refuses is written
/// again, together with what came after it, until the database takes it; that long, the run is told as
/// it stood before.
final class RunRecorder: Sendable {
    /// What is to be written of a run.
    enum Entry: Sendable {
        /// Its first step begins.
        case started(Timestamp)
        /// It came further within an epoch: not stored, but told after the epochs before.
        case progress(Run.Progress)
        /// Epochs ended, in parts that follow one on the other; with the last one's checkpoint where it is
        /// time for one.
        case epochs([EndedEpochs], progress: Run.Progress, time: Timestamp, checkpoint: Checkpoint?)
        /// The last of these epochs, which were stored before, is kept to go on from.
        case redone(EndedEpochs, checkpoint: Checkpoint)
        /// It ended.
        case ended(RunStatus, Timestamp, error: Problem?)

        /// How much it is for the database: rows, where one with many values counts as several.
        fileprivate var size: Int {
            guard case .epochs(let parts, _, _, _) = self, let first = parts.first else { return 1 }
            let count = parts.reduce(0) { $0 + $1.count }
            let healthValues = parts.reduce(0) { $0 + $1.healthValues.count }
            return first.keys.count * (1 + count / 1024) + healthValues / 64
        }
    }

    /// Where a run can be taken up.
    struct Checkpoint: Sendable {
        /// The network as trained so far.
        let network: Network
        /// What going on needs beside it.
        let training: TrainingCheckpoint?
    }

    private struct Item: Sendable {
        let run: LiveRun
        let entry: Entry
        let whenWritten: (@Sendable () -> Void)?
    }

    /// What is written of one run at once, and who waits for it.
    private struct Job {
        var batch: RunBatch
        var whenWritten: [@Sendable () -> Void] = []
        var isRefused = false
    }

    private struct Backlog {
        var entries: [Item] = []
        /// The size of the entries together.
        var size = 0
        var isWriting = false
        var whenShort: [@Sendable () -> Void] = []
        /// What the database refused, by run.
        var refused: [String: Job] = [:]
        var isRetryDue = false
    }

    /// How many rows may wait before the runs that make them do; 32 MB at most.
    private static let longBacklog = 4096

    /// How long what was refused waits before it is written again.
    private static let retryDelay = DispatchTimeInterval.seconds(1)

    private let store: Store
    /// The events of all runs.
    let feed: EventFeed
    private let onEvent: @Sendable (ServiceEvent) -> Void
    private let queue = DispatchQueue(label: "nabla.recorder", qos: .utility)
    private let backlog = Mutex(Backlog())

    init(store: Store, onEvent: @escaping @Sendable (ServiceEvent) -> Void) {
        self.store = store
        feed = EventFeed(store: store)
        self.onEvent = onEvent
    }

    /// Has an entry written soon; entries of a run are written in the order given.
    func record(
        _ entry: Entry, of run: LiveRun, whenWritten: (@Sendable () -> Void)? = nil
    ) {
        let starts = backlog.withLock { backlog in
            backlog.entries.append(Item(run: run, entry: entry, whenWritten: whenWritten))
            backlog.size += entry.size
            defer { backlog.isWriting = true }
            return !backlog.isWriting
        }
        if starts { queue.async { self.write() } }
    }

    /// Calls `action` when few enough rows wait: at once, unless the database is behind.
    func whenShort(_ action: @escaping @Sendable () -> Void) {
        let isShort = backlog.withLock { backlog in
            guard backlog.size >= RunRecorder.longBacklog else { return true }
            backlog.whenShort.append(action)
            return false
        }
        if isShort { action() }
    }

    /// Whether the database refuses what runs did, which is kept here meanwhile.
    var isRefused: Bool { backlog.withLock { !$0.refused.isEmpty } }

    /// Waits until everything recorded so far is written, as far as the database takes it.
    func flush() {
        queue.sync {
            write()
            retry()
        }
    }

    private func write() {
        while true {
            let (entries, waiting) = backlog.withLock { backlog in
                let taken = (backlog.entries, backlog.whenShort)
                backlog.isWriting = !taken.0.isEmpty
                (backlog.entries, backlog.size) = ([], 0)
                backlog.whenShort = []
                return taken
            }
            waiting.forEach { $0() }
            guard !entries.isEmpty else { return }
            for job in jobs(of: entries) { write(job) }
        }
    }

    /// Gathers what there is of each run, behind what was refused of it before.
    private func jobs(of items: [Item]) -> [Job] {
        var jobs: [Job] = []
        var places: [String: Int] = [:]
        for item in items {
            let place = places[item.run.id] ?? jobs.count
            if place == jobs.count {
                places[item.run.id] = place
                let refused = backlog.withLock { $0.refused.removeValue(forKey: item.run.id) }
                jobs.append(refused ?? Job(batch: RunBatch(item.run)))
            }
            jobs[place].batch.add(item.entry)
            if let action = item.whenWritten { jobs[place].whenWritten.append(action) }
        }
        return jobs
    }

    private func write(_ job: Job) {
        let batch = job.batch
        do {
            try batch.write(to: store)
        } catch {
            refuse(job, error)
            return
        }
        batch.publish(to: feed)
        if let status = batch.endStatus {
            onEvent(.run(id: batch.runID, status: status, detail: nil))
        }
        job.whenWritten.forEach { $0() }
    }

    private func refuse(_ job: Job, _ error: StoreError) {
        var job = job
        // Once for each: it is tried every second.
        if !job.isRefused {
            onEvent(.failure(requestID: nil, detail: "run \(job.batch.runID): \(error.detail)"))
        }
        job.isRefused = true
        guard job.batch.refuse(error) else { return }
        let isFirst = backlog.withLock { backlog in
            backlog.refused[job.batch.runID] = job
            defer { backlog.isRetryDue = true }
            return !backlog.isRetryDue
        }
        guard isFirst else { return }
        queue.asyncAfter(deadline: .now() + RunRecorder.retryDelay) { [weak self] in
            self?.backlog.withLock { $0.isRetryDue = false }
            self?.retry()
        }
    }

    private func retry() {
        let jobs = backlog.withLock { backlog in
            defer { backlog.refused = [:] }
            return backlog.refused
        }
        for job in jobs.values { write(job) }
    }
}
