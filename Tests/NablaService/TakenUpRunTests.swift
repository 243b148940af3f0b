import NablaAPI
import NablaNetworks
import NablaStore
import Testing

@testable import NablaService

/// Runs that one scheduler leaves and another one on the same database takes up.
@Suite struct TakenUpRunTests {
    /// Another scheduler, as after the service was stopped and started again.
    private func restarted(
        _ bench: Workbench, _ configure: (inout TrainingLimits) -> Void = { _ in }
    ) -> RunScheduler {
        var limits = TrainingLimits()
        configure(&limits)
        return RunScheduler(
            limits: limits, pool: bench.trainingPool, store: bench.store,
            identifiers: bench.identifiers, onEvent: bench.events.add)
    }

    private func waitForEnd(of id: String, _ bench: Workbench) throws -> Run {
        try waitUntil("the end of \(id)") { try bench.stored(id).status.isEnded }
        return try bench.stored(id)
    }

    /// A run's network and metrics as they are stored.
    private func outcome(
        of id: String, _ bench: Workbench
    ) throws -> (parameters: [UInt8], metrics: [String: [Double]]) {
        let network = try #require(try bench.store.network(runID: id))
        let records = try bench.store.metrics(runID: id)
        return (
            network.parameters,
            Dictionary(grouping: records, by: \.key).mapValues { $0.map(\.value) }
        )
    }

    private static func request(epochs: Int, priority: Int = 0) throws -> TrainRequest {
        let count = 40
        let inputs = (0..<count * 4).map { Float($0 * 37 % 101) / 50 - 1 }
        let targets = (0..<count).map { Float($0 * 53 % 97) / 97 }
        return TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [4],
                    layers: [
                        Layer(.dense(try Dense(units: 8, activation: .relu))),
                        Layer(.batchNormalization(BatchNormalization())),
                        Layer(.dropout(Dropout(rate: 0.2))),
                        Layer(.dense(try Dense(units: 1, activation: .identity))),
                    ])),
            loss: try Loss(.meanSquaredError),
            samples: try Samples(
                inputs: Tensor(inputs, shape: [count, 4]), targets: Tensor(targets)),
            settings: try TrainingSettings(
                optimizer: .adam(Adam()), schedule: Schedule(.exponential(gamma: 0.999)),
                epochs: epochs, batchSize: 8, seed: 4, metrics: [.meanAbsoluteError],
                healthEvery: 1),
            validation: .split(0.25), priority: priority)
    }

    @Test func aStoppedRunGoesOnToTheSameBits() throws {
        let request = try Self.request(epochs: 400)
        var whole: (parameters: [UInt8], metrics: [String: [Double]])?
        try withWorkbench { bench in
            let run = try bench.submit(request)
            _ = try bench.end(of: run.id)
            whole = try outcome(of: run.id, bench)
        }
        try withWorkbench(limits: { limits in
            limits.sliceMilliseconds = 1
            limits.checkpointSeconds = 0
        }) { bench in
            let run = try bench.submit(request)
            try waitUntil("some epochs") { try bench.stored(run.id).progress.epoch > 3 }
            bench.scheduler.stop()
            let stopped = try bench.stored(run.id)
            #expect(stopped.status == .interrupted && stopped.progress.epoch < 400)
            // Twice, so that it is taken up from where it was taken up.
            let second = restarted(bench) { $0.sliceMilliseconds = 1 }
            try second.takeUp()
            try waitUntil("more epochs") {
                try bench.stored(run.id).progress.epoch > stopped.progress.epoch
            }
            second.stop()
            let third = restarted(bench)
            try third.takeUp()
            let ended = try waitForEnd(of: run.id, bench)
            #expect(ended.status == .succeeded && ended.progress.epoch == 400)
            #expect(ended.startedAt == stopped.startedAt)
            let rest = try outcome(of: run.id, bench)
            #expect(rest.parameters == whole?.parameters)
            #expect(rest.metrics == whole?.metrics)
            third.stop()
        }
    }

    @Test func whatWaitedWaitsInItsOrder() throws {
        try withWorkbench(limits: { $0.concurrentRuns = 1 }) { bench in
            let first = try bench.submit(.endless())
            let later = try [0, 0, 3, 0].map { priority in
                try bench.submit(Self.request(epochs: 2, priority: priority)).id
            }
            bench.scheduler.stop()
            for id in later { #expect(try bench.stored(id).status == .interrupted) }
            let again = restarted(bench) { $0.concurrentRuns = 1 }
            let before = bench.events.all.count
            try again.takeUp()
            let queued = bench.events.all.dropFirst(before).compactMap { event -> String? in
                guard case .run(let id, .queued, _) = event else { return nil }
                return id
            }
            #expect(queued == [later[2], first.id, later[0], later[1], later[3]])
            _ = try waitForEnd(of: later[2], bench)
            try waitUntil("the first to train") { try bench.stored(first.id).status == .running }
            #expect(again.load.waiting == 3)
            #expect(again.cancel(first.id))
            for id in later { #expect(try waitForEnd(of: id, bench).status == .succeeded) }
            again.stop()
        }
    }

    @Test func epochsThatWereToldAreNotToldAgainAndKeepTheirMetrics() throws {
        try withWorkbench(limits: { $0.checkpointSeconds = 86_400 }) { bench in
            let run = try bench.submit(.endless())
            try waitUntil("some epochs") { try bench.stored(run.id).progress.epoch > 100 }
            bench.scheduler.stop(within: 0)
            let told = try bench.stored(run.id)
            let metrics = try bench.store.metrics(runID: run.id)
            let checkpoint = try bench.store.checkpoint(runID: run.id)?.network.epoch ?? 0
            #expect(checkpoint < told.progress.epoch)
            let again = restarted(bench)
            let heard = Log<Int>()
            try again.takeUp()
            let follows = again.live(run.id)?.follow { event in
                if let epoch = event.id { heard.add(epoch) }
                return true
            }
            #expect(follows == true)
            try waitUntil("new epochs") { heard.all.count > 10 }
            again.stop()
            #expect(heard.all.first == told.progress.epoch + 1)
            let later = try bench.store.metrics(runID: run.id)
            for key in Set(metrics.map(\.key)) {
                let earlier = metrics.filter { $0.key == key }
                #expect(Array(later.filter { $0.key == key }.prefix(earlier.count)) == earlier)
            }
        }
    }

    @Test func anEndedRunGoesOnForMoreEpochsAsALongerOne() throws {
        try withWorkbench { bench in
            let whole = try bench.submit(Self.request(epochs: 9))
            _ = try bench.end(of: whole.id)
            let run = try bench.submit(Self.request(epochs: 4))
            _ = try bench.end(of: run.id)
            try waitUntil("the run to be let go") { bench.scheduler.live(run.id) == nil }
            let done = #expect(throws: Problem.self) {
                try bench.scheduler.resume(run.id, epochs: nil)
            }
            #expect(done?.kind == .conflict)
            let waiting = try bench.scheduler.resume(run.id, epochs: 5)
            #expect(waiting.status == .queued && waiting.progress.epochs == 9)
            let ended = try bench.end(of: run.id)
            #expect(ended.status == .succeeded && ended.progress.epoch == 9)
            let (long, both) = (try outcome(of: whole.id, bench), try outcome(of: run.id, bench))
            #expect(both.parameters == long.parameters && both.metrics == long.metrics)
        }
    }

    @Test func aRunThatStoppedEarlyWaitsAnewWhenItIsResumed() throws {
        try withWorkbench { bench in
            var request = try Self.request(epochs: 20)
            request.settings = try TrainingSettings(
                optimizer: .adam(Adam()), epochs: 20, batchSize: 8,
                earlyStopping: EarlyStopping(monitor: "loss", patience: 2, minDelta: 1e9))
            let run = try bench.submit(request)
            #expect(try bench.end(of: run.id).progress.epoch == 3)
            for stop in [5, 7] {
                try waitUntil("the run to be let go") { bench.scheduler.live(run.id) == nil }
                _ = try bench.scheduler.resume(run.id, epochs: nil)
                let ended = try bench.end(of: run.id)
                #expect(ended.status == .succeeded && ended.progress.epoch == stop)
            }
        }
    }

    @Test func aRunDuringWhichServersCrashAgainAndAgainFails() throws {
        try withWorkbench { bench in
            let run = try bench.submit(Self.request(epochs: 3))
            _ = try bench.end(of: run.id)
            try waitUntil("the run to be let go") { bench.scheduler.live(run.id) == nil }
            for crash in 1...3 {
                try bench.leaveAsAfterCrash()
                let scheduler = restarted(bench) { $0.restarts = 2 }
                let before = bench.events.all.count
                try scheduler.takeUp()
                guard crash == 3 else {
                    #expect(try waitForEnd(of: run.id, bench).status == .succeeded)
                    scheduler.stop()
                    continue
                }
                let failed = try bench.stored(run.id)
                #expect(failed.status == .failed && failed.error?.kind == .internalError)
                #expect(failed.error?.detail.contains("more than 2 times") == true)
                let told = bench.events.all.dropFirst(before).contains { event in
                    if case .run(run.id, .failed, _?) = event { true } else { false }
                }
                #expect(told && scheduler.live(run.id) == nil)
                #expect(try scheduler.resume(run.id, epochs: 1).status == .queued)
                #expect(try waitForEnd(of: run.id, bench).progress.epoch == 4)
                scheduler.stop()
            }
        }
    }

    @Test func whatMayNotGoOnIsToldWhy() throws {
        try withWorkbench(limits: { limits in
            limits.epochs = 100_000_000
            limits.concurrentRuns = 1
            limits.queuedRuns = 1
        }) { bench in
            let run = try bench.submit(.endless())
            let live = #expect(throws: Problem.self) {
                try bench.scheduler.resume(run.id, epochs: nil)
            }
            #expect(live?.kind == .conflict)
            #expect(bench.scheduler.cancel(run.id))
            _ = try bench.end(of: run.id)
            try waitUntil("the run to be let go") { bench.scheduler.live(run.id) == nil }
            let many = #expect(throws: Problem.self) {
                try bench.scheduler.resume(run.id, epochs: 100_000_001)
            }
            #expect(many?.kind == .outOfRange && many?.pointer == "/epochs")
            let missing = #expect(throws: Problem.self) {
                try bench.scheduler.resume("0190a0a0-0000-7000-8000-000000000000", epochs: nil)
            }
            #expect(missing?.kind == .notFound)
            _ = try bench.submit(.endless())
            _ = try bench.submit(.endless())
            let full = #expect(throws: Problem.self) {
                try bench.scheduler.resume(run.id, epochs: nil)
            }
            #expect(full?.kind == .queueFull)
            #expect(try bench.stored(run.id).status == .cancelled)
        }
    }

    @Test func aDamagedCheckpointFailsItsRunAlone() throws {
        try withWorkbench(limits: { $0.concurrentRuns = 1 }) { bench in
            let run = try bench.submit(.endless())
            let other = try bench.submit(Self.request(epochs: 2))
            try waitUntil("a checkpoint") { try bench.store.checkpoint(runID: run.id) != nil }
            bench.scheduler.stop()
            try bench.damageCheckpoints()
            let again = restarted(bench)
            try again.takeUp()
            let ended = try waitForEnd(of: run.id, bench)
            #expect(ended.status == .failed)
            #expect(ended.error?.detail.contains("damaged") == true)
            #expect(try waitForEnd(of: other.id, bench).status == .succeeded)
            again.stop()
        }
    }

    @Test func limitsNameWhatIsTooMuch() throws {
        let request = try Self.request(epochs: 5)
        let cases: [(String, (inout TrainingLimits) -> Void)] = [
            ("/epochs", { $0.epochs = 4 }), ("/samples", { $0.samples = 39 }),
            ("", { $0.storedBytes = 1000 }),
        ]
        for (pointer, configure) in cases {
            try withWorkbench(limits: configure) { bench in
                let problem = #expect(throws: Problem.self) { try bench.submit(request) }
                #expect(problem?.kind == .outOfRange)
                #expect(problem?.pointer ?? "" == pointer, "\(String(describing: problem))")
                let stored = try bench.store.runs().runs
                #expect(stored.isEmpty)
            }
        }
        try withWorkbench(limits: { ($0.epochs, $0.samples) = (5, 40) }) { bench in
            let run = try bench.submit(request)
            #expect(try bench.end(of: run.id).status == .succeeded)
        }
    }
}
