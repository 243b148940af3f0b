import Dispatch
import NablaAPI
import NablaCore
import NablaNetworks
import NablaStore
import Testing

@testable import NablaService

@Suite struct SliceTests {
    /// A run that no scheduler trains, stored as running.
    private func live(_ request: TrainRequest, on bench: Workbench) throws -> LiveRun {
        try LiveRun.unscheduled(request, on: bench)
    }

    private func slice(_ live: LiveRun, milliseconds: Int, on bench: Workbench) -> Slice.Outcome {
        var limits = TrainingLimits()
        limits.sliceMilliseconds = milliseconds
        let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
        defer { recorder.flush() }
        return live.withTraining { training in
            Slice(limits: limits, pool: bench.pool, recorder: recorder, live: live).run(&training)
        }
    }

    @Test func endsWithItsTimeThoughTheRunGoesOn() throws {
        try withWorkbench { bench in
            let live = try live(.endless(), on: bench)
            guard case .goesOn = slice(live, milliseconds: 1, on: bench) else {
                Issue.record("the run didn't go on")
                return
            }
            let steps = live.withTraining(\.step)
            #expect(steps > 0)
            guard case .goesOn = slice(live, milliseconds: 1, on: bench) else {
                Issue.record("the run didn't go on")
                return
            }
            #expect(live.withTraining(\.step) > steps)
        }
    }

    @Test func endsWithTheRun() throws {
        try withWorkbench { bench in
            let live = try live(.regression(epochs: 3), on: bench)
            guard case .finished = slice(live, milliseconds: 30_000, on: bench) else {
                Issue.record("the run didn't finish")
                return
            }
            #expect(live.withTraining(\.epoch) == 3)
            let network = try bench.store.network(runID: live.id, epoch: nil)
            // The last network is stored, however short the time since the one before.
            #expect(network?.epoch == 3)
        }
    }

    @Test func seesThatItsRunIsToEnd() throws {
        try withWorkbench { bench in
            let cancelled = try live(.endless(), on: bench)
            #expect(cancelled.requestCancel())
            guard case .cancelled = slice(cancelled, milliseconds: 30_000, on: bench) else {
                Issue.record("the run wasn't cancelled")
                return
            }
            #expect(cancelled.withTraining(\.step) == 0)
            let failed = try live(.endless(), on: bench)
            failed.fail(Problem(.unavailable, "the disk is full"))
            guard case .failed(let problem) = slice(failed, milliseconds: 30_000, on: bench) else {
                Issue.record("the run didn't fail")
                return
            }
            #expect(problem.detail == "the disk is full")
        }
    }

    @Test func hasAsManyEpochsAsTheDatabaseWritesSoon() throws {
        try withWorkbench { bench in
            let live = try live(.regression(samples: 4, batchSize: 4, epochs: 70_000), on: bench)
            guard case .goesOn = slice(live, milliseconds: 30_000, on: bench) else {
                Issue.record("the run didn't go on")
                return
            }
            #expect(live.withTraining(\.epoch) == 65_536)
            guard case .finished = slice(live, milliseconds: 30_000, on: bench) else {
                Issue.record("the run didn't finish")
                return
            }
            let losses = try bench.store.metrics(runID: live.id, key: "loss", fromEpoch: nil)
            #expect(losses.map(\.epoch) == Array(1...70_000))
            #expect(losses.map(\.step) == Array(1...70_000))
            #expect(try bench.store.network(runID: live.id, epoch: nil)?.epoch == 70_000)
        }
    }

    @Test func checkpointsAreOfTheEpochsThatTheRequestWants() throws {
        try withWorkbench { bench in
            var request = try TrainRequest.regression(epochs: 11)
            request.settings = try TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0.01)), epochs: 11, batchSize: 4,
                checkpointEvery: 4)
            let live = try live(request, on: bench)
            let told = Log<Int>()
            #expect(
                live.follow { event in
                    if case .checkpoint(let epoch) = event.content { told.add(epoch) }
                    return true
                })
            var limits = TrainingLimits()
            (limits.sliceMilliseconds, limits.checkpointSeconds) = (30_000, 0)
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            // Each is stored by itself, for those stored together are told as one.
            while !live.withTraining(\.isFinished) {
                limits.sliceMilliseconds = 0
                _ = live.withTraining { training in
                    Slice(limits: limits, pool: bench.pool, recorder: recorder, live: live)
                        .run(&training)
                }
                recorder.flush()
            }
            // The last one, too, however few epochs it is behind the one before.
            #expect(told.all == [4, 8, 11])
        }
    }

    @Test func epochsBeforeAFailureAreStored() throws {
        try withWorkbench { bench in
            // Its loss grows until it overflows.
            let request = try TrainRequest.regression(
                samples: 4, batchSize: 4, epochs: 500, learningRate: 30)
            var alone = try live(request, on: bench).withTraining { $0 }
            #expect(throws: ComputationError.self) {
                while !alone.isFinished { _ = try alone.advance(maximumSteps: 1) }
            }
            let count = alone.epoch
            #expect(count > 1)
            let live = try live(request, on: bench)
            guard case .failed(let problem) = slice(live, milliseconds: 30_000, on: bench) else {
                Issue.record("the run didn't fail")
                return
            }
            #expect(problem.detail.contains("epoch \(count + 1), step \(count + 1)"))
            let losses = try bench.store.metrics(runID: live.id, key: "loss", fromEpoch: nil)
            #expect(losses.map(\.epoch) == Array(1...count))
        }
    }

    @Test func tellsWhatKeepsTheTrainingFromGoingOn() throws {
        try withWorkbench { bench in
            let live = try live(.regression(epochs: 200, learningRate: 1e6), on: bench)
            guard case .failed(let problem) = slice(live, milliseconds: 30_000, on: bench) else {
                Issue.record("the run didn't fail")
                return
            }
            #expect(problem.kind == .nonFinite)
        }
    }

    @Test func itsProgressIsToldOnceTheEpochIsStored() throws {
        try withWorkbench { bench in
            let (live, other) = (try live(.endless(), on: bench), try live(.endless(), on: bench))
            let (told, stored) = (Log<RunEvent>(), Log<Int>())
            let follows = live.follow { event in
                if case .progress(_, let progress) = event.content {
                    // Whoever asks at this moment gets the same.
                    #expect(live.run.progress == progress)
                    stored.add((try? bench.stored(live.id).progress.epoch) ?? -1)
                }
                told.add(event)
                return true
            }
            #expect(follows)
            // The database is kept busy, as by a slow disk, until the slice has ended.
            let (isBusy, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            #expect(
                other.follow { _ in
                    isBusy.signal()
                    return gate.wait(timeout: .now() + 30) == .timedOut
                })
            let recorder = RunRecorder(store: bench.store, onEvent: bench.events.add)
            recorder.record(.started(.now), of: other)
            try wait(for: isBusy, "the recorder to be busy")
            // Longer than it keeps epochs to hand them over together.
            var limits = TrainingLimits()
            limits.sliceMilliseconds = 200
            _ = live.withTraining { training in
                Slice(limits: limits, pool: bench.pool, recorder: recorder, live: live)
                    .run(&training)
            }
            #expect(told.all.isEmpty)
            gate.signal()
            recorder.flush()
            let epoch = live.withTraining(\.epoch)
            guard epoch > 0, case .progress(_, let progress) = told.all.first?.content else {
                Issue.record("no progress was told after epoch \(epoch)")
                return
            }
            #expect(progress.epoch == epoch)
            #expect(progress.samplesPerSecond != nil)
            #expect(stored.all == [epoch])
            #expect(told.all.compactMap(\.id) == Array(1...epoch))
        }
    }

    @Test func stepsAtOnceGrowToAnEighthOfASliceAndShrinkWithSlowerSteps() {
        var pace = Pace(sliceSeconds: 0.5)
        #expect(pace.stepsAtOnce == 1)
        #expect(pace.samplesPerSecond == nil)
        for _ in 0..<20 {
            let steps = pace.stepsAtOnce
            pace.learn(
                steps: steps, samples: steps, seconds: Double(steps) / 1024,
                working: Double(steps) / 1024)
        }
        #expect(pace.stepsAtOnce == 64)
        #expect(pace.samplesPerSecond == 1024)
        let samples = 1 + 2 + 4 + 8 + 16 + 32 + 14 * 64
        // What others took in between makes it slower, but no step longer.
        pace.beginSlice(at: 5)
        pace.endSlice(at: 7)
        pace.beginSlice(at: 8)
        #expect(pace.samplesPerSecond == Double(samples) / (Double(samples) / 1024 + 1))
        #expect(pace.stepsAtOnce == 64)
        pace.learn(steps: 64, samples: 64, seconds: 2, working: 2)
        #expect(pace.stepsAtOnce == 2)
        pace.learn(steps: 1, samples: 1, seconds: 1, working: 1)
        #expect(pace.stepsAtOnce == 1)
    }

    @Test func aTurnHasAsManyStepsWhoeverElseIsAtWork() {
        var pace = Pace(sliceSeconds: 0.5)
        #expect(pace.stepsAtATime == 1)
        for seconds in [0x1p-14, 3] {
            pace.learn(steps: 64, samples: 64, seconds: seconds, working: 0x1p-14)
            #expect(pace.stepsAtATime == Int(Turn.seconds * 0x1p20))
        }
        pace.learn(steps: 2, samples: 2, seconds: 1, working: 1)
        #expect(pace.stepsAtATime == 1)
    }
}

extension LiveRun {
    /// A run that no scheduler trains, stored as running.
    static func unscheduled(_ request: TrainRequest, on bench: Workbench) throws -> LiveRun {
        let material = try RunMaterial(writtenOutIn: request)
        let training = try Training(
            network: material.network, loss: request.loss, samples: material.samples,
            settings: request.settings)
        let run = Run(
            id: bench.identifiers.next().text, status: .queued, createdAt: .now, request: "{}",
            parameters: training.parameterCount,
            progress: Run.Progress(epoch: 0, epochs: request.settings.epochs))
        try bench.store.insert(RunRecord(run))
        #expect(try bench.store.start(id: run.id, at: Timestamp.now.milliseconds))
        return LiveRun(run, training: training, sliceSeconds: 0.02)
    }

    /// Lends the training of a run that was never cut off.
    func withTraining<Result>(_ body: (inout Training) -> Result) -> Result {
        training.withLock { training in
            guard var own = training.take() else { preconditionFailure("the run has a training") }
            defer { training = own }
            return body(&own)
        }
    }

    func withTraining<Result>(_ value: KeyPath<Training, Result>) -> Result {
        withTraining { $0[keyPath: value] }
    }
}
