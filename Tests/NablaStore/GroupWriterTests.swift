import Dispatch
import GRDB
import Glibc
import Synchronization
import Testing

@testable import NablaStore

@Suite("Many callers at once")
struct GroupWriterTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
    }

    /// Keeps the writer busy, with an uncommitted change, while `body` runs.
    private func whileWriting(_ body: () throws -> Void) throws {
        let entered = DispatchSemaphore(value: 0)
        let leave = DispatchSemaphore(value: 0)
        let left = DispatchSemaphore(value: 0)
        let store = store
        Background.start {
            #expect(throws: Never.self) {
                try store.writer.write { db in
                    try db.run("UPDATE runs SET name = 'half-written'")
                    entered.signal()
                    leave.wait()
                    try db.run("UPDATE runs SET name = NULL")
                }
            }
            left.signal()
        }
        entered.wait()
        defer {
            leave.signal()
            left.wait()
        }
        try body()
    }

    @Test("Readers wait for no writer and see nothing of its unfinished work")
    func readers() throws {
        try temporary.add(1)
        try whileWriting { () throws in
            #expect(try store.run(id: exampleID(1)) == .example(1))
            #expect(try store.runs().runs == [.example(1)])
            #expect(try store.counts()[.queued] == 1)
        }
    }

    @Test("Writes that line up are all done, each with its own answer")
    func line() throws {
        try temporary.add(0)
        let errors = Mutex<[Int: StoreError]>([:])
        let group = DispatchGroup()
        let arrived = DispatchSemaphore(value: 0)
        let store = store
        try whileWriting {
            for number in 0..<8 {
                group.enter()
                Background.start {
                    arrived.signal()
                    do throws(StoreError) {
                        try store.insert(.example(number))
                    } catch {
                        errors.withLock { $0[number] = error }
                    }
                    group.leave()
                }
            }
            for _ in 0..<8 { arrived.wait() }
        }
        group.wait()
        // Run 0 was there already: its conflict is nobody else's.
        #expect(
            errors.withLock { $0 } == [0: .conflict(why: "There is already a run \(exampleID(0))")])
        #expect(try store.counts()[.queued] == 8)
    }

    @Test("Callers that write all the time share commits")
    func sharing() throws {
        let counter = CommitCounter()
        try store.pool.add(transactionObserver: counter)
        let group = DispatchGroup()
        let store = store
        for _ in 0..<8 {
            group.enter()
            Background.start {
                #expect(throws: Never.self) {
                    for _ in 0..<10 {
                        // Long enough for the others to line up meanwhile.
                        try store.writer.write { db in
                            try db.run("DELETE FROM write_probe")
                            usleep(1000)
                        }
                    }
                }
                group.leave()
            }
        }
        group.wait()
        // Unshared, each of the 80 writes has its own; at best there are about 10.
        #expect((1...60).contains(counter.commits.load(ordering: .relaxed)))
    }

    @Test("One write that finds the disk full takes none of its neighbours with it")
    func full() throws {
        for number in 0..<6 { try temporary.add(number, .running) }
        try store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA max_page_count = 40")
        }
        let results = Mutex<[Int: Result<Bool, StoreError>]>([:])
        let group = DispatchGroup()
        let arrived = DispatchSemaphore(value: 0)
        let store = store
        try whileWriting {
            for number in 0..<6 {
                group.enter()
                Background.start {
                    // Only the third is larger than the forty pages.
                    let network = [UInt8](repeating: 1, count: number == 2 ? 400_000 : 10)
                    arrived.signal()
                    let result = Result { () throws(StoreError) in
                        try store.record(.example(1, of: number, network: network))
                    }
                    results.withLock { $0[number] = result }
                    group.leave()
                }
            }
            for _ in 0..<6 { arrived.wait() }
        }
        group.wait()
        for number in 0..<6 {
            let epoch = try store.run(id: exampleID(number))?.epoch
            let result = try #require(results.withLock { $0[number] })
            if number == 2 {
                guard case .failure(.full) = result else {
                    Issue.record("\(result)")
                    continue
                }
                #expect(epoch == 0)
            } else {
                #expect(result == .success(true))
                #expect(epoch == 1)
            }
        }
    }

    @Test("Readers among writers see whole epochs only, and none goes back")
    func wholeEpochs() throws {
        try temporary.add(1, .running)
        let isDone = Atomic(false)
        let seen = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 3) { index in
            #expect(throws: Never.self) {
                guard index > 0 else {
                    defer { isDone.store(true, ordering: .releasing) }
                    for epoch in 1...60 {
                        let stored = try store.record(.example(epoch, of: 1, network: [1]))
                        #expect(stored)
                    }
                    return
                }
                var last = 0
                repeat {
                    let run = try #require(try store.run(id: exampleID(1)))
                    #expect(run.epoch >= last)
                    #expect(run.step == run.epoch * 4)
                    #expect(run.latest["loss"] ?? 0 == Double(run.epoch))
                    let losses = try store.metrics(runID: exampleID(1), key: "loss").map(\.epoch)
                    #expect(losses == Array(1..<(losses.count + 1)))
                    #expect(losses.count >= run.epoch)
                    let network = try store.network(runID: exampleID(1))?.epoch ?? 0
                    #expect(network >= run.epoch)
                    last = run.epoch
                    seen.add(1, ordering: .relaxed)
                } while !isDone.load(ordering: .acquiring)
            }
        }
        #expect(seen.load(ordering: .relaxed) >= 2)
        #expect(try store.run(id: exampleID(1))?.epoch == 60)
    }
}

/// A thread for each closure: Dispatch's own pool may be too small for what waits here.
private enum Background {
    static func start(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "test").async(execute: body)
    }
}

private final class CommitCounter: TransactionObserver, Sendable {
    let commits = Atomic(0)

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { commits.add(1, ordering: .relaxed) }
    func databaseDidRollback(_ db: Database) {}
}
