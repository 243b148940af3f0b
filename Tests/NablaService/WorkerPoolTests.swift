import Dispatch
import Foundation
import Testing

@testable import NablaCore
@testable import NablaService

@Suite struct WorkerPoolTests {
    /// A pool whose one worker is at a job that lasts until `release` is called.
    private final class BusyPool: Sendable {
        let pool: WorkerPool
        private let gate = DispatchSemaphore(value: 0)

        init(capacity: Int) throws {
            pool = WorkerPool(workers: 1, capacity: capacity)
            let begun = DispatchSemaphore(value: 0)
            let isTaken = pool.submit { [gate] _ in
                begun.signal()
                gate.wait()
            }
            #expect(isTaken)
            try wait(for: begun, "the worker to take its job")
        }

        func release() { gate.signal() }
    }

    @Test func aFullQueueRefusesUntilThereIsRoom() throws {
        let busy = try BusyPool(capacity: 2)
        let done = DispatchSemaphore(value: 0)
        #expect(busy.pool.submit { _ in done.signal() })
        #expect(busy.pool.submit { _ in done.signal() })
        #expect(!busy.pool.submit { _ in Issue.record("the refused job ran") })
        #expect(busy.pool.load == (waiting: 2, busy: 1))
        busy.release()
        for _ in 0..<2 { try wait(for: done, "the jobs that waited") }
        #expect(busy.pool.submit { _ in done.signal() })
        try wait(for: done, "a job after the queue emptied")
        busy.pool.close()
    }

    @Test func jobsWaitForAPoolThatIsStartedLater() throws {
        let pool = WorkerPool(workers: 2, capacity: 2, startsNow: false)
        let done = DispatchSemaphore(value: 0)
        for _ in 0..<2 { #expect(pool.submit { _ in done.signal() }) }
        #expect(!pool.submit { _ in Issue.record("the refused job ran") })
        #expect(done.wait(timeout: .now() + 0.1) == .timedOut)
        pool.start()
        for _ in 0..<2 { try wait(for: done, "the jobs that waited") }
        pool.close()
        // One that never began has nobody to wait for.
        WorkerPool(workers: 2, capacity: 2, startsNow: false).close()
    }

    @Test func jobsRunInTheirOrder() throws {
        let busy = try BusyPool(capacity: 8)
        let (order, done) = (Log<String>(), DispatchSemaphore(value: 0))
        let names = ["first", "second", "third"]
        for name in names {
            #expect(
                busy.pool.submit { _ in
                    order.add(name)
                    done.signal()
                })
        }
        busy.release()
        for _ in names { try wait(for: done, "all jobs") }
        #expect(order.all == names)
        busy.pool.close()
    }

    @Test(arguments: [0, 7, 19]) func workersAreAsNiceAsAskedFor(_ niceness: Int) throws {
        let pool = WorkerPool(workers: 1, capacity: 1, niceness: niceness)
        let (found, done) = (Log<Int>(), DispatchSemaphore(value: 0))
        let own = Int(getpriority(Int32(PRIO_PROCESS.rawValue), 0))
        #expect(
            pool.submit { _ in
                found.add(Int(getpriority(Int32(PRIO_PROCESS.rawValue), 0)))
                done.signal()
            })
        try wait(for: done, "the job")
        #expect(found.all == [niceness == 0 ? own : niceness])
        #expect(Int(getpriority(Int32(PRIO_PROCESS.rawValue), 0)) == own)
        pool.close()
    }

    @Test func demandLastsAWhileBeyondTheLastAnswer() {
        let demand = Demand()
        #expect(!demand.isThere(at: 0) && !demand.isThere(at: 1))
        demand.note()
        #expect(demand.isThere(at: 2) && demand.isThere(at: 2 + Demand.seconds / 2))
        #expect(!demand.isThere(at: 2 + Demand.seconds * 2))
        demand.note()
        demand.note()
        #expect(demand.isThere(at: 3) && demand.isThere(at: 3 + Demand.seconds / 2))
        #expect(!demand.isThere(at: 4))
    }

    @Test func aWorkerKeepsItsWorkspace() throws {
        let pool = WorkerPool(workers: 1, capacity: 8)
        let (spaces, done) = (Log<ObjectIdentifier>(), DispatchSemaphore(value: 0))
        for _ in 0..<4 {
            #expect(
                pool.submit { workspace in
                    spaces.add(ObjectIdentifier(workspace))
                    done.signal()
                })
        }
        for _ in 0..<4 { try wait(for: done, "the jobs") }
        #expect(spaces.all.count == 4 && Set(spaces.all).count == 1)
        pool.close()
    }

    @Test func aClosedPoolDropsWhatWaitsAndTakesNothing() throws {
        let busy = try BusyPool(capacity: 8)
        #expect(busy.pool.submit { _ in Issue.record("a dropped job ran") })
        let closed = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            busy.pool.close()
            closed.signal()
        }
        try waitUntil("the queue to be dropped") { busy.pool.load.waiting == 0 }
        #expect(!busy.pool.submit { _ in Issue.record("a job ran after the end") })
        busy.release()
        try wait(for: closed, "the workers to end")
    }

    @Test("every shard runs once, on any number of workers", arguments: [1, 2, 4])
    func shards(_ workers: Int) throws {
        let pool = WorkerPool(workers: workers, capacity: 8)
        let (runs, done) = (Log<Int>(), DispatchSemaphore(value: 0))
        // From within a job, as computations do, with the other workers free to help.
        #expect(
            pool.submit { _ in
                for _ in 0..<100 { pool.shardRunner.run(16, runs.add) }
                done.signal()
            })
        try wait(for: done, "the shards")
        #expect(runs.all.sorted() == (0..<16).flatMap { [Int](repeating: $0, count: 100) })
        pool.close()
    }
}
