import Dispatch
import NablaAPI
import NablaNetworks
import NablaStore
import Testing

@testable import NablaCore
@testable import NablaService

@Suite struct RunRecorderTests {
    /// Epochs of two steps, from `first` on.
    private func epochs(from first: Int = 1, losses: [Double]) -> EndedEpochs {
        var ended = EndedEpochs(
            keys: ["loss", "learning_rate"], firstEpoch: first, stepsPerEpoch: 2)
        ended.values = losses.flatMap { [$0, 0.5] }
        return ended
    }

    private func entry(_ epoch: Int, loss: Double, network: Network? = nil) -> RunRecorder.Entry {
        .epochs(
            [epochs(from: epoch, losses: [loss])], progress: Run.Progress(epoch: epoch, epochs: 9),
            time: Timestamp(milliseconds: 1000 + Int64(epoch)),
            checkpoint: network.map { RunRecorder.Checkpoint(network: $0, training: nil) })
    }

    @Test func epochsThatCameTogetherAreStoredAndToldOneByOne() throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let told = Log<String>()
            let follows = live.follow { event in
                told.add("\(event.name) \(event.id ?? 0)")
                return true
            }
            #expect(follows)
            let network = live.withTraining { $0.network() }
            recorder.record(
                .epochs(
                    [epochs(losses: [3, 1]), epochs(from: 3, losses: [2])],
                    progress: Run.Progress(epoch: 3, epochs: 9),
                    time: Timestamp(milliseconds: 1000),
                    checkpoint: RunRecorder.Checkpoint(network: network, training: nil)),
                of: live)
            recorder.flush()
            #expect(told.all == ["metrics 1", "metrics 2", "metrics 3", "checkpoint 0"])
            let losses = try bench.store.metrics(runID: live.id, key: "loss", fromEpoch: nil)
            #expect(losses.map(\.value) == [3, 1, 2])
            #expect(losses.map(\.epoch) == [1, 2, 3] && losses.map(\.step) == [2, 4, 6])
            let run = try bench.stored(live.id)
            #expect(run.progress.epoch == 3 && run.best == ["loss": 1])
            #expect(run.latest == ["loss": 2, "learning_rate": 0.5])
            // The network is that of the last epoch, and of no other.
            #expect(try bench.store.network(runID: live.id, epoch: nil)?.epoch == 3)
            #expect(try bench.store.network(runID: live.id, epoch: 2) == nil)
        }
    }

    @Test func whatIsRecordedIsStoredInItsOrder() throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let network = live.withTraining { $0.network() }
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

    @Test func anEndIsToldOnceTheDatabaseTakesIt() throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let (told, written) = (Log<RunEvent>(), Log<String>())
            let follows = live.follow { event in
                told.add(event)
                return true
            }
            #expect(follows)
            // More than fits into the pages that there are.
            let weights = try Tensor([Float](repeating: 1, count: 1 << 16), shape: [256, 256])
            let network = try Network(
                layers: [Layer(.dense(Dense(weights: weights, bias: nil, activation: .tanh)))])
            try bench.setDiskIsFull(true)
            recorder.record(entry(1, loss: 3, network: network), of: live)
            recorder.record(.ended(.succeeded, Timestamp(milliseconds: 5000), error: nil), of: live)
            {
                written.add(live.id)
            }
            recorder.flush()
            recorder.flush()
            // What followers hear, what a caller gets and what is stored agree.
            #expect(told.all.isEmpty && written.all.isEmpty)
            #expect(!live.run.status.isEnded)
            #expect(try bench.stored(live.id).status == .running)
            // However often it is tried, the operator hears of it once.
            #expect(bench.failures.count == 1)
            #expect(
                bench.failures.allSatisfy { $0.contains(live.id) && $0.contains("disk is full") })

            try bench.setDiskIsFull(false)
            recorder.flush()
            #expect(told.all.map(\.name) == ["metrics", "checkpoint", "end"])
            #expect(written.all == [live.id])
            #expect(live.run.status == .succeeded && live.run.error == nil)
            let run = try bench.stored(live.id)
            #expect(run.status == .succeeded && run.progress.epoch == 1)
            #expect(run.finishedAt == Timestamp(milliseconds: 5000))
            #expect(try bench.store.network(runID: live.id, epoch: nil)?.epoch == 1)
            recorder.flush()
            #expect(told.all.count == 3 && written.all.count == 1)
        }
    }

    @Test func anEndIsTriedAgainByItself() throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let ended = DispatchSemaphore(value: 0)
            live.whenEnded { _ in ended.signal() }
            try bench.setIsReadOnly(true)
            recorder.record(.ended(.cancelled, .now, error: nil), of: live)
            try waitUntil("the end to be refused") { !bench.failures.isEmpty }
            #expect(!live.run.status.isEnded)
            try bench.setIsReadOnly(false)
            try wait(for: ended, "the end to be stored")
            #expect(try bench.stored(live.id).status == .cancelled)
        }
    }

    @Test func whatWasRefusedIsStoredBeforeWhatCameAfterIt() throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let told = Log<RunEvent>()
            let follows = live.follow { event in
                told.add(event)
                return true
            }
            #expect(follows)
            try bench.setIsReadOnly(true)
            recorder.record(entry(1, loss: 2), of: live)
            recorder.flush()
            #expect(live.failure?.kind == .unavailable)
            #expect(told.all.isEmpty && !live.run.status.isEnded)
            try bench.setIsReadOnly(false)
            // The training came to its end before it could see that it is to fail.
            recorder.record(entry(2, loss: 1), of: live)
            recorder.record(.ended(.succeeded, .now, error: nil), of: live)
            recorder.flush()
            #expect(told.all.map(\.name) == ["metrics", "metrics", "end"])
            #expect(told.all.compactMap(\.id) == [1, 2])
            #expect(live.run.status == .succeeded)
            let losses = try bench.store.metrics(runID: live.id, key: "loss", fromEpoch: nil)
            #expect(losses.map(\.value) == [2, 1])
            #expect(try bench.stored(live.id).status == .succeeded)
            #expect(bench.failures.count == 1)
        }
    }

    @Test("what the database will never take fails the run", arguments: [true, false])
    func neverTaken(_ isTogether: Bool) throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let told = Log<String>()
            let follows = live.follow { event in
                told.add(event.name)
                return true
            }
            #expect(follows)
            recorder.record(entry(1, loss: .nan), of: live)
            if !isTogether { recorder.flush() }
            // What follows would leave a hole in the history.
            recorder.record(entry(2, loss: 1), of: live)
            recorder.record(.progress(Run.Progress(epoch: 2, epochs: 9)), of: live)
            recorder.record(.ended(.succeeded, .now, error: nil), of: live)
            recorder.flush()
            #expect(told.all == ["end"])
            let run = try bench.stored(live.id)
            #expect(run.status == .failed && run.progress.epoch == 0 && run.latest.isEmpty)
            #expect(run.error?.detail.contains("NaN") == true)
            #expect(live.run.status == run.status && live.run.error == run.error)
        }
    }

    @Test func whatIsLeftWhenTheDatabaseIsClosedIsNeverTold() throws {
        try withWorkbench { bench in
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            live.whenEnded { _ in Issue.record("an end was told that isn't stored") }
            try bench.store.close()
            recorder.record(.ended(.succeeded, .now, error: nil), of: live)
            recorder.flush()
            recorder.flush()
            #expect(!live.run.status.isEnded)
            #expect(bench.failures.count == 1)
        }
    }
}
