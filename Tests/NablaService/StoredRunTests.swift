import NablaAPI
import NablaStore
import Testing

@testable import NablaService

@Suite struct StoredRunTests {
    /// A run with everything in it that the database keeps.
    private func run(_ status: NablaAPI.RunStatus) -> Run {
        var run = Run(
            id: IdentifierSource().next().text, status: status,
            createdAt: Timestamp(milliseconds: 1_700_000_000_123),
            request: #"{"loss":{"type":"huber","delta":0.1}}"#, parameters: 17,
            progress: Run.Progress(epoch: 0, epochs: 50))
        run.name = "naïve “quotes” 😀"
        run.tags = ["team": "search", "empty": ""]
        return run
    }

    @Test func aNewRunReadsBackTheSame() throws {
        try withWorkbench { bench in
            let run = run(.queued)
            try bench.store.insert(RunRecord(run))
            #expect(try bench.stored(run.id) == run)
        }
    }

    @Test func whatHappenedToARunReadsBackTheSame() throws {
        try withWorkbench { bench in
            var run = run(.queued)
            try bench.store.insert(RunRecord(run))
            #expect(try bench.store.start(id: run.id, at: 2000))
            #expect(
                try bench.store.record([
                    EpochRecord(
                        runID: run.id, epoch: 7, step: 70, samplesPerSecond: 1234.5,
                        metrics: [
                            MetricSeries(
                                MetricRecord(
                                    key: "loss", epoch: 7, step: 70, value: 0.1, time: 3000))
                        ], best: ["loss": 0.05])
                ]))
            let problem = Problem(
                .nonFinite, "a number that is not finite", pointer: "/network/layers/1",
                instance: "request-1")
            let text = String(decoding: problem.json(), as: UTF8.self)
            #expect(try bench.store.finish(id: run.id, status: .failed, at: 4000, error: text))
            run.status = .failed
            run.startedAt = Timestamp(milliseconds: 2000)
            run.finishedAt = Timestamp(milliseconds: 4000)
            run.progress.epoch = 7
            run.progress.samplesPerSecond = 1234.5
            run.latest = ["loss": 0.1]
            run.best = ["loss": 0.05]
            run.error = problem
            #expect(try bench.stored(run.id) == run)
        }
    }

    @Test(arguments: NablaAPI.RunStatus.allCases)
    func everyStatusHasItsOwnOnTheOtherSide(_ status: NablaAPI.RunStatus) {
        #expect(NablaStore.RunStatus(status).rawValue == status.rawValue)
        #expect(NablaAPI.RunStatus(NablaStore.RunStatus(status)) == status)
    }
}
