import GRDB
import Testing

@testable import NablaStore

@Suite("Runs that wait, and what going on needs")
struct QueueTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
    }

    /// Adds the run of that number, with a request unless `request` is nil.
    @discardableResult
    private func add(
        _ number: Int, _ status: RunStatus = .queued, begun: Bool = false,
        request: RequestRecord? = RequestRecord(body: [1, 2, 3])
    ) throws -> RunRecord {
        var run = RunRecord.example(number)
        run.status = status
        if begun { run.startedAt = noon }
        if status.isEnded { run.finishedAt = noon + 1 }
        try store.insert(run, request: request)
        return run
    }

    @Test("A request is read as it was written")
    func request() throws {
        let whole = RequestRecord(body: [0, 255, 7], priority: -3, owner: "ci")
        try add(1, request: whole)
        try add(2, request: nil)
        #expect(try store.request(runID: exampleID(1)) == whole)
        #expect(try store.request(runID: exampleID(2)) == nil)
        #expect(throws: StoreError.notFound(id: exampleID(3))) {
            try store.request(runID: exampleID(3))
        }
        #expect(throws: StoreError.self) {
            try add(4, request: RequestRecord(body: [], owner: "a\0b"))
        }
        #expect(try store.run(id: exampleID(4)) == nil)
    }

    @Test("What was cut off waits again, in the order of the turns; what ended stays as it is")
    func requeueUnfinished() throws {
        for (number, status) in RunStatus.allCases.enumerated() { try add(number, status) }
        try add(10, .running, begun: true)
        try add(11, .queued, request: RequestRecord(body: [], priority: 1, owner: "b"))
        try add(12, .running, begun: true, request: nil)
        #expect(try store.interruptUnfinished(at: noon) == [exampleID(12)])
        let queued = try store.requeueUnfinished()
        // The higher priority, then what had begun, then by age: queued, running, interrupted.
        #expect(queued.map(\.run.id) == [11, 10, 0, 1, 5].map(exampleID))
        #expect(queued.map(\.priority) == [1, 0, 0, 0, 0])
        #expect(queued.map(\.owner) == ["b", nil, nil, nil, nil])
        #expect(queued.allSatisfy { $0.run.status == .queued && $0.run.finishedAt == nil })
        #expect(queued[1].run.startedAt == noon)
        for number in [2, 3, 4, 12] {
            #expect(try store.run(id: exampleID(number))?.status.isEnded == true)
        }
        #expect(try store.requeueUnfinished() == queued)
    }

    @Test("A run that is cut off again and again fails, unless it gets to a checkpoint in between")
    func failCrashing() throws {
        try add(1, .running, begun: true)
        try add(2, .running, begun: true)
        try add(3, .queued)
        try add(4, .running, begun: true, request: nil)
        func crash(beyond limit: Int = 1) throws -> [String] {
            let failed = try store.failCrashing(beyond: limit, at: noon + 7, error: "{}")
            for queued in try store.requeueUnfinished() where queued.run.id != exampleID(3) {
                _ = try store.start(id: queued.run.id, at: noon)
            }
            return failed
        }
        #expect(try crash() == [])
        var epoch = EpochRecord.example(3, of: 2)
        epoch.network = NetworkRecord(
            runID: exampleID(2), epoch: 3, description: "{}", dtype: "float32", parameters: [1])
        epoch.state = [1]
        #expect(try store.record([epoch]))
        let before = try store.journal(after: 0, limit: 100).count
        #expect(try crash() == [exampleID(1)])
        let failed = try #require(try store.run(id: exampleID(1)))
        #expect(failed.status == .failed && failed.error == "{}" && failed.finishedAt == noon + 7)
        #expect(try store.journal(after: 0, limit: 100).count == before + 1)
        #expect(try store.run(id: exampleID(2))?.status == .running)
        #expect(try store.run(id: exampleID(3))?.status == .queued)
        #expect(try crash() == [exampleID(2)])
        // Whoever has it go on gives it as many tries as at first.
        _ = try store.requeue(id: exampleID(1))
        #expect(try store.start(id: exampleID(1), at: noon))
        #expect(try crash() == [])
        #expect(try crash(beyond: 2) == [])
        #expect(try crash(beyond: 2) == [exampleID(1)])
        #expect(throws: StoreError.self) {
            try store.failCrashing(beyond: 1, at: noon, error: "\0")
        }
    }

    @Test("A checkpoint tells whether a caller has had the run go on from there")
    func isResumed() throws {
        try add(1, .running)
        func record(_ number: Int) throws {
            var epoch = EpochRecord.example(number, of: 1)
            epoch.network = NetworkRecord(
                runID: exampleID(1), epoch: number, description: "{}", dtype: "float32",
                parameters: [1])
            epoch.state = [UInt8(number)]
            #expect(try store.record([epoch], keepsEarlierNetworks: false))
        }
        try record(3)
        _ = try store.requeueUnfinished()
        #expect(try store.checkpoint(runID: exampleID(1))?.isResumed == false)
        _ = try store.finish(id: exampleID(1), status: .cancelled, at: noon)
        _ = try store.requeue(id: exampleID(1))
        #expect(try store.start(id: exampleID(1), at: noon))
        _ = try store.requeueUnfinished()
        #expect(try store.checkpoint(runID: exampleID(1))?.isResumed == true)
        #expect(try store.start(id: exampleID(1), at: noon))
        try record(4)
        #expect(try store.checkpoint(runID: exampleID(1))?.isResumed == false)
    }

    @Test("A run that begins once more keeps the time it first began")
    func firstBegin() throws {
        try add(1)
        #expect(try store.start(id: exampleID(1), at: noon))
        _ = try store.requeueUnfinished()
        #expect(try store.start(id: exampleID(1), at: noon + 50))
        let run = try #require(try store.run(id: exampleID(1)))
        #expect(run.startedAt == noon && run.status == .running)
    }

    @Test("An ended run waits again for its epochs left, or for more")
    func requeue() throws {
        for (number, status) in [RunStatus.failed, .cancelled, .interrupted].enumerated() {
            try add(number, .running)
            _ = try store.record(.example(4, of: number))
            _ = try store.finish(
                id: exampleID(number), status: status, at: noon, error: "{}")
            let left = try store.requeue(id: exampleID(number)).run
            #expect(left.status == .queued && left.error == nil && left.finishedAt == nil)
            #expect(left.epoch == 4 && left.epochs == 10)
            _ = try store.finish(id: exampleID(number), status: .cancelled, at: noon)
            #expect(try store.requeue(id: exampleID(number), epochs: 3).run.epochs == 7)
        }
    }

    @Test("A run that has nothing left, hasn't ended or has no request can't wait again")
    func conflicts() throws {
        try add(1, .running)
        #expect(throws: StoreError.conflict(why: "The run \(exampleID(1)) is running already")) {
            try store.requeue(id: exampleID(1))
        }
        _ = try store.record(.example(10, of: 1))
        _ = try store.finish(id: exampleID(1), status: .succeeded, at: noon)
        let done = #expect(throws: StoreError.self) { try store.requeue(id: exampleID(1)) }
        #expect(done?.detail.contains("has done all its epochs, 10") == true)
        #expect(throws: StoreError.self) { try store.requeue(id: exampleID(1), epochs: Int.max) }
        #expect(try store.run(id: exampleID(1))?.status == .succeeded)
        try add(2, .failed, request: nil)
        let old = #expect(throws: StoreError.self) { try store.requeue(id: exampleID(2)) }
        #expect(old?.detail.contains("earlier version") == true)
        #expect(throws: StoreError.notFound(id: exampleID(3))) {
            try store.requeue(id: exampleID(3))
        }
    }

    @Test("A checkpoint is the network of its epoch and what belongs to it, the last one's")
    func checkpoint() throws {
        try add(1, .running)
        #expect(try store.checkpoint(runID: exampleID(1)) == nil)
        var epoch = EpochRecord.example(2, of: 1, network: [5, 6])
        epoch.state = [9]
        #expect(try store.record([epoch], keepsEarlierNetworks: false))
        let network = try #require(epoch.network)
        #expect(
            try store.checkpoint(runID: exampleID(1))
                == CheckpointRecord(network: network, state: [9]))
        // Epochs without one leave it.
        #expect(try store.record([.example(3, of: 1)], keepsEarlierNetworks: false))
        #expect(try store.checkpoint(runID: exampleID(1))?.network.epoch == 2)
        var later = EpochRecord.example(4, of: 1, network: [7])
        later.state = [8, 8]
        #expect(try store.record([later], keepsEarlierNetworks: false))
        #expect(try store.checkpoint(runID: exampleID(1))?.state == [8, 8])
        #expect(try store.checkpoint(runID: exampleID(1))?.network.parameters == [7])
    }

    @Test("Progress never goes back, though a checkpoint of an earlier epoch is stored")
    func progress() throws {
        try add(1, .running)
        #expect(try store.record(.example(5, of: 1)))
        var earlier = EpochRecord.example(3, of: 1, network: [1])
        (earlier.metrics, earlier.state) = ([], [2])
        #expect(try store.record(earlier))
        let run = try #require(try store.run(id: exampleID(1)))
        #expect(run.epoch == 5 && run.step == 20)
        #expect(try store.checkpoint(runID: exampleID(1))?.network.epoch == 3)
    }

    @Test("Deleting a run deletes its request and its checkpoint")
    func delete() throws {
        try add(1, .running)
        var epoch = EpochRecord.example(1, of: 1, network: [1])
        epoch.state = [1]
        _ = try store.record(epoch)
        _ = try store.finish(id: exampleID(1), status: .cancelled, at: noon)
        try store.delete(id: exampleID(1))
        let rows = try store.pool.read { db in
            try ["requests", "checkpoints"].map { table in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)")
            }
        }
        #expect(rows == [0, 0])
    }
}
