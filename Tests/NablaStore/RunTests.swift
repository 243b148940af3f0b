import GRDB
import Testing

@testable import NablaStore

@Suite("Runs")
struct RunTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
    }

    @Test("Every field of a run comes back as it was given")
    func roundTrip() throws {
        let run = RunRecord(
            id: exampleID(1), name: "nightly", tags: ["team": "search", "empty": ""],
            status: .failed,
            createdAt: noon, startedAt: noon + 1, finishedAt: noon + 2,
            request: #"{"epochs":3}"#, parameters: 1_000_000_000_000, epoch: 2, epochs: 3, step: 7,
            samplesPerSecond: 0.1, latest: ["loss": 0.30000000000000004, "auc": -.infinity],
            best: ["loss": .leastNonzeroMagnitude, "seen": 1], error: #"{"status":422}"#)
        try store.insert(run)
        #expect(try store.run(id: exampleID(1)) == run)
        #expect(try store.run(id: exampleID(2)) == nil)
        #expect(try store.runs().runs == [run])
    }

    @Test(
        "Any text is kept as it is and never read as SQL",
        arguments: [
            "it's", #"a "quoted" name"#, "'; DROP TABLE runs; --", "名前 🜲 ∂L/∂θ", "%_\\",
            "e\u{301}", "line\nfeed", "?1 :a @b $c", "null", "",
        ])
    func anyText(_ text: String) throws {
        var run = RunRecord.example(1)
        run.name = text
        let key = "." + text
        run.tags = [key: text]
        run.latest = [text: 1]
        run.request = text
        try store.insert(run)
        try store.insert(.example(2))
        let found = try store.run(id: exampleID(1))
        #expect(found == run)
        // Swift takes é and e + ´ for equal: the bytes must be the same too.
        #expect(found?.name.map { Array($0.utf8) } == Array(text.utf8))
        #expect(try store.runs(matching: RunQuery(name: text)).runs == [run])
        #expect(try store.runs(matching: RunQuery(tags: [key: text])).runs == [run])
    }

    @Test("A text that SQLite would cut short is refused")
    func nul() throws {
        let edits: [(inout RunRecord) -> Void] = [
            { $0.name = "a\0b" }, { $0.tags = ["a\0b": ""] }, { $0.tags = ["a": "\0"] },
            { $0.request = "\0" }, { $0.error = "\0" }, { $0.latest = ["\0": 1] },
            { $0.best = ["\0": 1] },
        ]
        for edit in edits {
            var run = RunRecord.example(1)
            edit(&run)
            let error = #expect(throws: StoreError.self) { try store.insert(run) }
            #expect(error?.detail.contains("NUL") == true)
        }
        try store.insert(.example(1))
        #expect(throws: StoreError.self) {
            try store.update(id: exampleID(1), RunChange(name: "a\0b"))
        }
        #expect(throws: StoreError.self) {
            try store.update(id: exampleID(1), RunChange(tags: ["": "a"]))
        }
        #expect(throws: StoreError.self) { try store.runs(matching: RunQuery(name: "a\0b")) }
        #expect(try store.run(id: exampleID(1) + "\0") == nil)
        #expect(throws: StoreError.notFound(id: exampleID(1) + "\0")) {
            try store.start(id: exampleID(1) + "\0", at: noon)
        }
    }

    @Test("An id that is no UUID, and a NaN, are refused")
    func invalid() throws {
        for text in [
            "", "1", exampleID(1).uppercased(), exampleID(1) + "0", "g" + exampleID(1).dropFirst(),
        ] {
            var run = RunRecord.example(1)
            run.id = text
            #expect(throws: StoreError.invalidValue(why: "A run's id must be a UUID in lower case"))
            {
                try store.insert(run)
            }
        }
        var run = RunRecord.example(1)
        run.best = ["loss": .nan]
        #expect(throws: StoreError.invalidValue(why: "The metric loss is NaN")) {
            try store.insert(run)
        }
        #expect(try store.runs().runs == [])
    }

    @Test("A second run of the same id is a conflict and changes nothing")
    func conflict() throws {
        try store.insert(.example(1))
        var other = RunRecord.example(1)
        other.name = "other"
        #expect(throws: StoreError.conflict(why: "There is already a run \(exampleID(1))")) {
            try store.insert(other)
        }
        #expect(try store.run(id: exampleID(1)) == .example(1))
    }

    @Test("A run goes from queued over running to its end, with the times")
    func life() throws {
        try store.insert(.example(1))
        #expect(try store.start(id: exampleID(1), at: noon + 5))
        #expect(try store.finish(id: exampleID(1), status: .failed, at: noon + 9, error: "{}"))
        var expected = RunRecord.example(1)
        expected.status = .failed
        expected.startedAt = noon + 5
        expected.finishedAt = noon + 9
        expected.error = "{}"
        #expect(try store.run(id: exampleID(1)) == expected)
    }

    @Test("Only the allowed transitions happen, and a refused one changes nothing")
    func transitions() throws {
        let allowed: [RunStatus: Set<RunStatus>] = [
            .queued: [.running, .failed, .cancelled, .interrupted],
            .running: [.succeeded, .failed, .cancelled, .interrupted],
        ]
        var number = 0
        for from in RunStatus.allCases {
            for to in RunStatus.allCases where to != .queued {
                number += 1
                var expected = try temporary.add(number, from)
                let happened =
                    to == .running
                    ? try store.start(id: exampleID(number), at: noon)
                    : try store.finish(id: exampleID(number), status: to, at: noon)
                #expect(happened == (allowed[from] ?? []).contains(to), "\(from) → \(to)")
                if happened {
                    expected.status = to
                    expected.startedAt = to == .running ? noon : nil
                    expected.finishedAt = to == .running ? nil : noon
                }
                #expect(
                    try store.run(id: exampleID(number)) == expected, "\(from) → \(to)")
            }
        }
    }

    @Test("A run can't finish as queued or running")
    func noEnd() throws {
        try temporary.add(1, .running)
        for status in [RunStatus.queued, .running] {
            #expect(
                throws: StoreError.invalidValue(why: "A run cannot finish as \(status.rawValue)")
            ) {
                try store.finish(id: exampleID(1), status: status, at: noon)
            }
        }
    }

    @Test("A start interrupts what was queued or running, and nothing else")
    func interrupt() throws {
        for (number, status) in RunStatus.allCases.enumerated() {
            try temporary.add(number, status)
        }
        #expect(try store.interruptUnfinished(at: noon) == [exampleID(0), exampleID(1)])
        #expect(try store.interruptUnfinished(at: noon) == [])
        for (number, status) in RunStatus.allCases.enumerated() {
            let run = try #require(try store.run(id: exampleID(number)))
            #expect(run.status == (status.isEnded ? status : .interrupted))
            #expect(run.finishedAt == (status.isEnded ? nil : noon))
        }
    }

    @Test("Names and tags are changed, added and taken away, each alone")
    func update() throws {
        var run = RunRecord.example(1)
        run.name = "first"
        run.tags = ["a": "1", "b": "2"]
        try store.insert(run)
        #expect(try store.update(id: exampleID(1), RunChange()) == run)
        run.tags = ["a": "9", "c": "3"]
        #expect(
            try store.update(id: exampleID(1), RunChange(tags: ["a": "9", "b": nil, "c": "3"]))
                == run)
        run.name = "second"
        #expect(try store.update(id: exampleID(1), RunChange(name: "second")) == run)
        run.name = nil
        #expect(try store.update(id: exampleID(1), RunChange(name: .some(nil))) == run)
        #expect(try store.run(id: exampleID(1)) == run)
    }

    @Test("Deleting a run deletes all that is its own, and only once it has ended")
    func delete() throws {
        for number in [1, 2] {
            try temporary.add(number, .running)
            _ = try store.update(id: exampleID(number), RunChange(tags: ["a": "b"]))
            _ = try store.record(.example(1, of: number, network: [1]))
        }
        #expect(
            throws: StoreError.conflict(
                why: "The run \(exampleID(1)) is running: cancel it before deleting it")
        ) { try store.delete(id: exampleID(1)) }
        _ = try store.finish(id: exampleID(1), status: .cancelled, at: noon)
        try store.delete(id: exampleID(1))
        #expect(try store.run(id: exampleID(1)) == nil)
        let rows = try store.pool.read { db in
            try ["runs", "tags", "summaries", "series", "networks", "journal"].map { table in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)")
            }
        }
        #expect(rows == [1, 1, 2, 2, 1, 1])
    }

    @Test("Whatever is asked of a run that isn't there says that it isn't")
    func notFound() throws {
        let calls: [() throws -> Void] = [
            { _ = try store.start(id: exampleID(1), at: noon) },
            { _ = try store.finish(id: exampleID(1), status: .failed, at: noon) },
            { _ = try store.progress(id: exampleID(1), epoch: 1, step: 1, samplesPerSecond: nil) },
            { _ = try store.record(.example(1, of: 1)) },
            { _ = try store.update(id: exampleID(1), RunChange(name: "x")) },
            { try store.delete(id: exampleID(1)) },
            { _ = try store.metrics(runID: exampleID(1)) },
            { _ = try store.network(runID: exampleID(1)) },
        ]
        for call in calls {
            #expect(throws: StoreError.notFound(id: exampleID(1)), performing: call)
        }
    }
}
