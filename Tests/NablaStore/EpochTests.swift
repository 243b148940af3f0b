import Testing

@testable import NablaStore

@Suite("Epochs: progress, metrics and networks")
struct EpochTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
        try temporary.add(1, .running)
    }

    @Test("An epoch sets progress, latest and best of its run and leaves the rest")
    func summary() throws {
        var first = EpochRecord.example(1, of: 1)
        first.best = ["loss": 1, "accuracy": 0.01]
        #expect(try store.record(first))
        var second = EpochRecord.example(2, of: 1)
        second.best = ["accuracy": 0.02]
        second.samplesPerSecond = nil
        #expect(try store.record(second))
        var expected = RunRecord.example(1)
        expected.status = .running
        expected.epoch = 2
        expected.step = 8
        expected.latest = ["loss": 2, "accuracy": 0.02]
        expected.best = ["loss": 1, "accuracy": 0.02]
        #expect(try store.run(id: exampleID(1)) == expected)
    }

    @Test("Metrics are listed in the order the run first gave them, then by epoch")
    func order() throws {
        var first = EpochRecord.example(1, of: 1)
        first.metrics.reverse()
        _ = try store.record(first)
        for epoch in [2, 3] { _ = try store.record(.example(epoch, of: 1)) }
        var late = EpochRecord.example(4, of: 1)
        late.metrics = [
            MetricSeries(MetricRecord(key: "a", epoch: 4, step: 16, value: 0, time: noon))
        ]
        _ = try store.record(late)
        let metrics = try store.metrics(runID: exampleID(1))
        let listing = metrics.map { "\($0.key) \($0.epoch)" }
        #expect(
            listing == [
                "accuracy 1", "accuracy 2", "accuracy 3", "loss 1", "loss 2", "loss 3", "a 4",
            ])
        #expect(metrics.first == first.metrics.first?.points.first)
    }

    @Test("A metric's history can be asked for by key and from an epoch on")
    func filters() throws {
        for epoch in 1...5 { _ = try store.record(.example(epoch, of: 1)) }
        let loss = try store.metrics(runID: exampleID(1), key: "loss").map(\.value)
        #expect(loss == [1, 2, 3, 4, 5])
        let late = try store.metrics(runID: exampleID(1), key: "accuracy", fromEpoch: 4).map(
            \.value)
        #expect(late == [0.04, 0.05])
        #expect(
            try store.metrics(runID: exampleID(1), fromEpoch: 5).map(\.key) == ["loss", "accuracy"])
        #expect(try store.metrics(runID: exampleID(1), key: "none") == [])
        #expect(try store.metrics(runID: exampleID(1), fromEpoch: 6) == [])
    }

    @Test("Every double comes back with its own bits, but for −0, which comes back as 0")
    func values() throws {
        let values = [
            0.1, 1 / 3, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e15,
            9_007_199_254_740_992,
            -.infinity, .infinity, -2.5e-308,
        ]
        for (index, value) in values.enumerated() {
            _ = try store.record(
                EpochRecord(
                    runID: exampleID(1), epoch: index, step: index,
                    metrics: [
                        MetricSeries(
                            MetricRecord(
                                key: "x", epoch: index, step: 0, value: value, time: noon))
                    ]))
        }
        let found = try store.metrics(runID: exampleID(1)).map(\.value.bitPattern)
        #expect(found == values.map(\.bitPattern))
    }

    @Test("An epoch that is done again replaces what was stored of it")
    func again() throws {
        _ = try store.record(.example(1, of: 1, network: [1]))
        var again = EpochRecord.example(1, of: 1, network: [2, 2])
        again.metrics[0].values = [7]
        _ = try store.record(again)
        #expect(try store.metrics(runID: exampleID(1)) == again.metrics.flatMap(\.points))
        #expect(try store.run(id: exampleID(1))?.latest["loss"] == 7)
        #expect(try store.network(runID: exampleID(1)) == again.network)
    }

    @Test(
        "An epoch of a run that isn't running is not stored",
        arguments: RunStatus.allCases.filter { $0 != .running })
    func notRunning(_ status: RunStatus) throws {
        let run = try temporary.add(2, status)
        #expect(try store.record(.example(1, of: 2, network: [1])) == false)
        #expect(
            try store.progress(id: exampleID(2), epoch: 1, step: 1, samplesPerSecond: 1) == false)
        #expect(try store.run(id: exampleID(2)) == run)
        #expect(try store.metrics(runID: exampleID(2)) == [])
        #expect(try store.network(runID: exampleID(2)) == nil)
    }

    @Test("An epoch that can't be stored whole is not stored at all")
    func invalid() throws {
        let edits: [(inout EpochRecord) -> Void] = [
            { $0.metrics[1].values = [.nan] }, { $0.metrics[1].epoch = 2 },
            { $0.metrics[1].values = [] }, { $0.metrics[1].stride = 0 },
            { $0.metrics[1].values = [1, 2] },
            { $0.best["loss"] = .nan }, { $0.network?.epoch = 2 },
            { $0.network?.runID = exampleID(2) },
            { $0.network?.dtype = "\0" }, { $0.network?.description = "\0" },
        ]
        for edit in edits {
            var epoch = EpochRecord.example(1, of: 1, network: [1])
            edit(&epoch)
            let error = #expect(throws: StoreError.self) { try store.record(epoch) }
            guard case .invalidValue = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(try store.metrics(runID: exampleID(1)) == [])
        #expect(try store.run(id: exampleID(1))?.epoch == 0)
    }

    @Test("Networks are kept by epoch, the latest by default")
    func networks() throws {
        #expect(try store.network(runID: exampleID(1)) == nil)
        let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let epochs = [
            EpochRecord.example(1, of: 1, network: large), .example(2, of: 1, network: []),
            .example(3, of: 1),
        ]
        for epoch in epochs { _ = try store.record(epoch) }
        #expect(try store.network(runID: exampleID(1), epoch: 1) == epochs[0].network)
        #expect(try store.network(runID: exampleID(1), epoch: 2) == epochs[1].network)
        #expect(try store.network(runID: exampleID(1), epoch: 3) == nil)
        #expect(try store.network(runID: exampleID(1)) == epochs[1].network)
    }

    @Test("Progress between epochs is kept and touches no metric")
    func progress() throws {
        _ = try store.record(.example(1, of: 1))
        #expect(try store.progress(id: exampleID(1), epoch: 1, step: 6, samplesPerSecond: 50))
        let run = try #require(try store.run(id: exampleID(1)))
        #expect(run.epoch == 1)
        #expect(run.step == 6)
        #expect(run.samplesPerSecond == 50)
        #expect(run.latest == ["loss": 1, "accuracy": 0.01])
    }
}
