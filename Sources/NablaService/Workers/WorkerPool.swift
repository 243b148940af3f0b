import CProcessor
import Dispatch
import Foundation
package import NablaCore
import Synchronization

/// Threads that run the gradient core, and the bounded queue before them.
///
/// Training has a pool of its own, whose threads are nice: whoever else wants a processor gets it at
/// once, or at the end of a step, so requests keep their latency while runs use what is left. Each worker owns one workspace,
/// lent to the job it runs.
package final class WorkerPool: Sendable {
    /// A piece of work, run once on one worker with that worker's workspace.
    package typealias Job = @Sendable (Workspace) -> Void

    private struct Queues {
        /// Parts of a job that is running already: they go first, since a worker waits for them.
        var shards: [ShardBatch] = []
        var jobs = Queue<Job>()
        var busy = 0
        var isClosed = false
    }

    /// The time slice of nice threads, in nanoseconds: the shortest that the kernel grants.
    private static let niceSlice: UInt64 = 100_000

    /// How many workers there are.
    let workers: Int
    /// How many jobs may wait.
    let capacity: Int
    private let name: String
    private let niceness: Int
    private let mostNumbers: Int
    private let keptBytes: Int
    /// Lets other threads have the processor while there is demand; see `Turn`.
    private let giveWay: (@Sendable () -> Void)?
    private let queues = Mutex(Queues())
    /// How many jobs wait, for those who may not wait for the lock.
    private let waiting = Atomic(0)
    private let available = DispatchSemaphore(value: 0)
    private let ended = DispatchGroup()

    /// Makes a pool.
    ///
    /// - Parameters:
    ///   - name: What the threads are called.
    ///   - workers: How many; at least 1.
    ///   - capacity: How many jobs may wait before the next is refused.
    ///   - niceness: How readily the threads leave a processor to others, from 0 to 19 as in nice(1).
    ///   - mostNumbers: How many numbers the results of a computation may have; see `Workspace`.
    ///   - keptBytes: How many bytes of memory a worker keeps for its next job, in each number type.
    ///   - startsNow: Whether the workers begin at once; otherwise jobs wait until `start()`.
    package convenience init(
        name: String = "worker", workers: Int, capacity: Int, niceness: Int = 0,
        mostNumbers: Int = Workspace.defaultMostNumbers, keptBytes: Int = 64 << 20,
        startsNow: Bool = true
    ) {
        self.init(
            name: name, workers: workers, capacity: capacity, niceness: niceness, demand: nil,
            mostNumbers: mostNumbers, keptBytes: keptBytes, startsNow: startsNow)
    }

    /// As above; nice threads give way between pieces of work while there is demand.
    init(
        name: String, workers: Int, capacity: Int, niceness: Int, demand: Demand?,
        mostNumbers: Int = Workspace.defaultMostNumbers, keptBytes: Int = 64 << 20,
        startsNow: Bool = true
    ) {
        self.name = name
        self.workers = max(1, workers)
        self.capacity = capacity
        self.niceness = niceness
        self.mostNumbers = mostNumbers
        self.keptBytes = keptBytes
        if niceness > 0, let demand {
            giveWay = { if demand.isThere(at: Stopwatch.now()) { sched_yield() } }
        } else {
            giveWay = nil
        }
        if startsNow { start() }
    }

    /// Has the workers begin; once.
    func start() {
        for index in 0..<workers {
            ended.enter()
            // Not one of Dispatch's threads, which would take its niceness along to other work.
            let thread = Thread { [self] in
                // Where the kernel doesn't allow it, the threads are as all others.
                if niceness > 0 { _ = nabla_be_nice(Int32(niceness), WorkerPool.niceSlice) }
                work()
                ended.leave()
            }
            thread.name = "nabla.\(name).\(index)"
            thread.start()
        }
    }

    /// Queues a job, or returns false when the queue is full or the pool closed.
    package func submit(_ job: @escaping Job) -> Bool {
        let isTaken = queues.withLock { queues in
            guard !queues.isClosed, queues.jobs.count < capacity else { return false }
            queues.jobs.append(job)
            waiting.add(1, ordering: .relaxed)
            return true
        }
        if isTaken { available.signal() }
        return isTaken
    }

    /// How many jobs wait, and how many workers are at work.
    var load: (waiting: Int, busy: Int) {
        queues.withLock { ($0.jobs.count, $0.busy) }
    }

    /// Runs the shards of a job on this worker and on those that have nothing better to do.
    package var shardRunner: ShardRunner {
        ShardRunner(
            threads: workers, isWantedElsewhere: { self.waiting.load(ordering: .relaxed) > 0 },
            giveWay: giveWay ?? {}
        ) { [giveWay] count, body in
            guard count > 1, self.workers > 1 else {
                var turn = Turn(givingWay: giveWay)
                for index in 0..<count {
                    body(index)
                    turn.endIfOver()
                }
                return
            }
            withoutActuallyEscaping(body) { body in
                withUnsafePointer(to: body) { body in
                    let batch = ShardBatch(count: count, body: body, giveWay: giveWay)
                    self.offer(batch, to: min(count, self.workers) - 1)
                    batch.runRemaining()
                    self.withdraw(batch)
                    batch.waitForOthers()
                }
            }
        }
    }

    /// Lets the workers end after what they are at; what still waits is dropped.
    package func close() {
        queues.withLock { queues in
            queues.isClosed = true
            queues.jobs = Queue()
        }
        for _ in 0..<workers { available.signal() }
        ended.wait()
    }

    private func offer(_ batch: ShardBatch, to helpers: Int) {
        queues.withLock { queues in
            for _ in 0..<helpers { queues.shards.append(batch) }
        }
        for _ in 0..<helpers { available.signal() }
    }

    private func withdraw(_ batch: ShardBatch) {
        queues.withLock { queues in queues.shards.removeAll { $0 === batch } }
    }

    private enum Next {
        case shards(ShardBatch)
        case job(Job)
        case nothing
        case end
    }

    private func work() {
        let workspace = Workspace(mostNumbers: mostNumbers)
        while true {
            available.wait()
            switch next() {
            case .shards(let batch): batch.help()
            case .job(let job):
                job(workspace)
                workspace.release(beyond: keptBytes)
            // Its work was withdrawn between the signal and now.
            case .nothing: continue
            case .end: return
            }
            queues.withLock { $0.busy -= 1 }
        }
    }

    private func next() -> Next {
        queues.withLock { queues in
            if queues.isClosed { return .end }
            queues.busy += 1
            if let batch = queues.shards.popLast() {
                batch.enter()
                return .shards(batch)
            }
            if let job = queues.jobs.popFirst() {
                waiting.subtract(1, ordering: .relaxed)
                return .job(job)
            }
            queues.busy -= 1
            return .nothing
        }
    }
}
