import Dispatch
import NablaAPI
import NablaNetworks
import NablaStore
import Testing

@testable import NablaService

@Suite struct RunSchedulerTests {
    /// The parameters of a run's network as the database keeps them.
    private func parameters(of id: String, _ bench: Workbench) throws -> [UInt8] {
        guard let record = try bench.store.network(runID: id, epoch: nil) else {
            throw TestFailure("run \(id) has no network")
        }
        return record.parameters
    }

    @Test("any number of workers gives the same bits, beside other work and in short slices too")
    func sameBits() throws {
        // Batches of four shards: what one worker sums in order, several must sum in the same order.
        let request = try TrainRequest.regression(samples: 1500, batchSize: 1024, epochs: 6)
        var networks: [[UInt8]] = []
        for workers in [1, 2, 4] {
            try withWorkbench(workers: workers) { limits in
                limits.sliceMilliseconds = workers == 2 ? 1 : 20
            } _: { bench in
                let other = workers == 4 ? try bench.submit(.endless()) : nil
                let run = try bench.submit(request)
                #expect(try bench.end(of: run.id).status == .succeeded)
                networks.append(try parameters(of: run.id, bench))
                if let other { #expect(bench.scheduler.cancel(other.id)) }
            }
        }
        #expect(networks[0].count == (8 * 16 + 16 + 16 + 1) * 4)
        #expect(networks[1] == networks[0])
        #expect(networks[2] == networks[0])
    }

    @Test func aRunIsStoredBeforeItIsAcknowledged() throws {
        try withWorkbench(limits: { $0.concurrentRuns = 1 }) { bench in
            let first = try bench.submit(.endless())
            let second = try bench.submit(.regression())
            #expect(first.status == .queued && second.status == .queued)
            #expect(try bench.stored(second.id).status == .queued)
            #expect(bench.scheduler.load == (waiting: 1, training: 1))
        }
    }

    @Test func aRunThatEndedMeanwhileStillTellsItsEnd() throws {
        try withWorkbench { bench in
            let (run, live) = try bench.submitted(.regression())
            #expect(try bench.end(of: run.id).status == .succeeded)
            let told = DispatchSemaphore(value: 0)
            live.whenEnded { ended in
                #expect(ended.status == .succeeded)
                told.signal()
            }
            #expect(told.wait(timeout: .now()) == .success)
        }
    }

    @Test func waitingRunsAreTrainedInTheirOrder() throws {
        try withWorkbench(limits: { $0.concurrentRuns = 1 }) { bench in
            let first = try bench.submit(.endless())
            let later = try (0..<3).map { _ in try bench.submit(.regression()).id }
            #expect(bench.scheduler.cancel(first.id))
            for id in later { #expect(try bench.end(of: id).status == .succeeded) }
            let began = bench.events.all.compactMap { event -> String? in
                guard case .run(let id, .running, _) = event else { return nil }
                return id
            }
            #expect(began == [first.id] + later)
        }
    }

    @Test func aCancelledRunKeepsWhatItDid() throws {
        try withWorkbench { bench in
            let run = try bench.submit(.endless())
            try waitUntil("an epoch to be stored") { try bench.stored(run.id).progress.epoch > 0 }
            #expect(bench.scheduler.cancel(run.id))
            let ended = try bench.end(of: run.id)
            #expect(ended.status == .cancelled)
            #expect(ended.finishedAt != nil && ended.error == nil)
            #expect(try bench.store.metrics(runID: run.id, key: "loss", fromEpoch: nil).count > 0)
            #expect(!bench.scheduler.cancel(run.id))
            #expect(!bench.scheduler.cancel("0190a0a0-0000-7000-8000-000000000000"))
        }
    }

    @Test func aRunThatMeetsInfinityFailsWithThePlace() throws {
        try withWorkbench { bench in
            let run = try bench.submit(.regression(epochs: 200, learningRate: 1e6))
            let ended = try bench.end(of: run.id)
            #expect(ended.status == .failed)
            let error = try #require(ended.error)
            #expect(error.kind == .nonFinite)
            #expect(error.detail.contains("epoch"), "\(error.detail)")
            #expect(bench.scheduler.load == (waiting: 0, training: 0))
        }
    }

    @Test func aRunThatTheDatabaseRefusesEndsOnceItTakesWritesAgain() throws {
        try withWorkbench { bench in
            let run = try bench.submit(.endless())
            try waitUntil("an epoch to be stored") { try bench.stored(run.id).progress.epoch > 0 }
            try bench.setIsReadOnly(true)
            try waitUntil("the run to end") { bench.scheduler.load == (waiting: 0, training: 0) }
            #expect(bench.failures.count == 1)
            #expect(!bench.scheduler.cancel(run.id))
            let told = try RunReader(store: bench.store, scheduler: bench.scheduler).run(run.id)
            let stored = try bench.stored(run.id)
            #expect(told.status == .running && stored.status == .running)
            #expect(told.progress.epoch == stored.progress.epoch)
            #expect(told.latest == stored.latest)
            try bench.setIsReadOnly(false)
            let ended = try bench.end(of: run.id)
            #expect(ended.status == .failed && ended.error?.kind == .unavailable)
            // What it did meanwhile is not lost.
            #expect(ended.progress.epoch > stored.progress.epoch)
            try waitUntil("the run to be let go") { bench.scheduler.live(run.id) == nil }
        }
    }

    @Test func aNetworkThatIsTooLargeIsRefused() throws {
        try withWorkbench(limits: { $0.parameters = 160 }) { bench in
            let problem = #expect(throws: Problem.self) { try bench.submit(.regression()) }
            #expect(problem?.kind == .outOfRange)
            #expect(problem?.pointer == "/network")
            #expect(problem?.detail.contains("160") == true)
            let stored = try bench.store.runs().runs
            #expect(stored.isEmpty)
        }
        try withWorkbench(limits: { $0.parameters = 161 }) { bench in
            let run = try bench.submit(.regression())
            #expect(try bench.end(of: run.id).status == .succeeded)
        }
    }

    @Test func aRefusedRunLeavesItsPlaceToTheNext() throws {
        try withWorkbench(limits: { limits in
            limits.concurrentRuns = 1
            limits.queuedRuns = 1
        }) { bench in
            let first = try bench.submit(.endless())
            var bad = try TrainRequest.regression()
            bad.loss = try Loss(.binaryCrossEntropy)
            let refusal = #expect(throws: Problem.self) { try bench.submit(bad) }
            #expect(refusal?.kind == .inconsistent)
            _ = try bench.submit(.regression())
            let full = #expect(throws: Problem.self) { try bench.submit(.regression()) }
            #expect(full?.kind == .queueFull)
            #expect(bench.scheduler.cancel(first.id))
        }
    }

    @Test func aStopInterruptsWhatTrainsAndWhatWaitsAndTakesNothingMore() throws {
        try withWorkbench(limits: { $0.concurrentRuns = 1 }) { bench in
            let runs = [try bench.submit(.endless()), try bench.submit(.regression())]
            bench.scheduler.stop()
            for run in runs { #expect(try bench.stored(run.id).status == .interrupted) }
            let problem = #expect(throws: Problem.self) { try bench.submit(.regression()) }
            #expect(problem?.kind == .unavailable)
        }
    }

    @Test func aStopWithoutTimeLeavesTheNetworkOfTheLastCheckpoint() throws {
        try withWorkbench(limits: { $0.checkpointSeconds = 86_400 }) { bench in
            let run = try bench.submit(.endless())
            try waitUntil("some epochs") {
                bench.scheduler.live(run.id)?.run.progress.epoch ?? 0 > 100
            }
            bench.scheduler.stop(within: 0)
            let stored = try bench.stored(run.id)
            #expect(stored.status == .interrupted)
            let epoch = try bench.store.network(runID: run.id)?.epoch ?? 0
            #expect(epoch < stored.progress.epoch)
        }
    }

    @Test func aStopStoresTheNetworkOfTheLastEpoch() throws {
        // Of the checkpoints within the run, only the first one is due in this test's time.
        try withWorkbench(limits: { $0.checkpointSeconds = 86_400 }) { bench in
            let run = try bench.submit(.endless())
            try waitUntil("some epochs") {
                bench.scheduler.live(run.id)?.run.progress.epoch ?? 0 > 100
            }
            bench.scheduler.stop()
            let stored = try bench.stored(run.id)
            #expect(stored.status == .interrupted && stored.progress.epoch > 100)
            let network = try #require(try bench.store.network(runID: run.id))
            #expect(network.epoch == stored.progress.epoch)
        }
    }
}
