import Dispatch
import NablaAPI
import NablaNetworks
import NablaStore
import Testing

@testable import NablaCore
@testable import NablaService

@Suite struct RunRecorderTests {
    private func summary(_ epoch: Int, loss: Double) -> EpochSummary {
        EpochSummary(
            epoch: epoch, step: epoch * 2, metrics: [("loss", loss), ("learning_rate", 0.5)])
    }

    private func entry(_ epoch: Int, loss: Double, network: Network? = nil) -> RunRecorder.Entry {
        .epoch(
            summary(epoch, loss: loss), progress: Run.Progress(epoch: epoch, epochs: 9),
            time: Timestamp(milliseconds: 1000 + Int64(epoch)), checkpoint: network)
    }

    @Test func whatIsRecordedIsStoredInItsOrder() throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let network = live.training.withLock { $0.network() }
            for (epoch, loss) in [(1, 3.0), (2, 1.0), (3, 2.0)] {
                recorder.record(
                    entry(epoch, loss: loss, network: epoch == 2 ? network : nil), of: live)
            }
            recorder.record(.ended(.succeeded, Timestamp(milliseconds: 5000), error: nil), of: live)
            recorder.flush()
            let run = try bench.stored(live.id)
            #expect(run.status == .succeeded)
            #expect(run.finishedAt == Timestamp(milliseconds: 5000))
            #expect(run.progress.epoch == 3)
            #expect(run.latest == ["loss": 2, "learning_rate": 0.5])
            // A rate has no best value.
            #expect(run.best == ["loss": 1])
            let losses = try bench.store.metrics(runID: live.id, key: "loss", fromEpoch: nil)
            #expect(losses.map(\.value) == [3, 1, 2])
            #expect(losses.map(\.step) == [2, 4, 6])
            #expect(losses.map(\.time) == [1001, 1002, 1003])
            let stored = try #require(try bench.store.network(runID: live.id, epoch: nil))
            #expect(stored.epoch == 2)
            #expect(try Network(stored) == network)
        }
    }

    @Test func followersHearOfAnEpochOnlyOnceItIsStored() throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let heard = Log<(epoch: Int, stored: Int)>()
            let store = bench.store
            #expect(
                live.follow { event in
                    guard let epoch = event.id else { return true }
                    let stored = try? store.metrics(
                        runID: live.id, key: "loss", fromEpoch: epoch)
                    heard.add((epoch, stored?.first?.epoch ?? 0))
                    return true
                })
            for epoch in 1...20 { recorder.record(entry(epoch, loss: 1), of: live) }
            recorder.flush()
            #expect(heard.all.map(\.epoch) == Array(1...20))
            #expect(heard.all.allSatisfy { $0.stored == $0.epoch })
        }
    }

    @Test func aFollowerThatWantsNoMoreGetsNoMore() throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let (short, long) = (Log<Int>(), Log<Int>())
            #expect(
                live.follow { event in
                    if let epoch = event.id { short.add(epoch) }
                    return false
                })
            #expect(
                live.follow { event in
                    if let epoch = event.id { long.add(epoch) }
                    return true
                })
            for epoch in 1...3 {
                recorder.record(entry(epoch, loss: 1), of: live)
                recorder.flush()
            }
            #expect(short.all == [1])
            #expect(long.all == [1, 2, 3])
        }
    }

    @Test func aRunWhoseEpochsCantBeStoredFails() throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let written = DispatchSemaphore(value: 0)
            try bench.store.close()
            recorder.record(entry(1, loss: 1), of: live)
            recorder.flush()
            let failure = try #require(live.failure)
            #expect(failure.kind == .unavailable)
            #expect(live.run.status != .failed)
            recorder.record(.ended(.failed, .now, error: failure), of: live) { written.signal() }
            recorder.flush()
            try wait(for: written, "the end to be told")
            // Nothing of it is stored, but whoever waits for the run hears of its end.
            #expect(live.run.status == .failed)
            #expect(live.run.error?.kind == .unavailable)
            let told = bench.events.all.compactMap { event -> String? in
                guard case .failure(nil, let detail) = event else { return nil }
                return detail
            }
            #expect(told.count == 2 && told.allSatisfy { $0.contains(live.id) })
        }
    }
}
