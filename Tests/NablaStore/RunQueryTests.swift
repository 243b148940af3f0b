import Testing

@testable import NablaStore

@Suite("Pages of runs")
struct RunQueryTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
    }

    /// The ids of the runs of all pages, in their order.
    private func all(_ query: RunQuery, between: () throws -> Void = {}) throws -> [String] {
        var query = query
        var ids: [String] = []
        repeat {
            let page = try store.runs(matching: query)
            #expect(page.runs.count <= query.limit)
            #expect(page.nextCursor == nil || page.runs.count == query.limit)
            #expect(query.cursor == nil || !page.runs.isEmpty)
            ids += page.runs.map(\.id)
            query.cursor = page.nextCursor
            // More than any test has: the pages go round in a circle.
            try #require(ids.count < 2000)
            try between()
        } while query.cursor != nil
        return ids
    }

    @Test("Pages of any size list every run once, newest first", arguments: [1, 2, 3, 9, 10, 11])
    func pages(_ limit: Int) throws {
        for number in (0..<10).shuffled() { try temporary.add(number) }
        #expect(try all(RunQuery(limit: limit)) == (0..<10).reversed().map(exampleID))
    }

    @Test("Runs of the same millisecond are listed by falling id, across pages")
    func ties() throws {
        for number in 0..<7 {
            var run = RunRecord.example(number)
            run.createdAt = noon
            try store.insert(run)
        }
        #expect(try all(RunQuery(limit: 2)) == (0..<7).reversed().map(exampleID))
    }

    @Test("Runs added and deleted between pages neither repeat nor hide another")
    func insertedBetween() throws {
        for number in 0..<9 { try temporary.add(number, .succeeded) }
        var next = 9
        let ids = try all(RunQuery(limit: 2)) {
            try temporary.add(next, .succeeded)
            next += 1
            // A run of the first page: its cursor must hold without it.
            if next == 10 { try store.delete(id: exampleID(7)) }
        }
        #expect(ids == (0..<9).reversed().map(exampleID))
    }

    @Test("An empty store gives one empty page")
    func empty() throws {
        #expect(try store.runs() == RunPage(runs: [], nextCursor: nil))
    }

    @Test("Filters by status, name and tags hold together and across pages", arguments: [1, 4, 50])
    func filters(_ limit: Int) throws {
        // Each filter takes every second, third or fifth run.
        let runs = (0..<60).map { number in
            var run = RunRecord.example(number)
            run.status = RunStatus.allCases[number % 6]
            run.name = number % 2 == 0 ? "even" : nil
            run.tags = ["third": "\(number % 3)", "fifth": "\(number % 5)"]
            return run
        }
        for run in runs { try store.insert(run) }
        let filters: [(RunQuery, (RunRecord) -> Bool)] = [
            (RunQuery(statuses: [.queued]), { $0.status == .queued }),
            (
                RunQuery(statuses: [.queued, .failed, .interrupted]),
                { [.queued, .failed, .interrupted].contains($0.status) }
            ),
            (RunQuery(statuses: Set(RunStatus.allCases)), { _ in true }),
            (RunQuery(name: "even"), { $0.name == "even" }),
            (RunQuery(name: "eve"), { _ in false }),
            (RunQuery(tags: ["third": "1"]), { $0.tags["third"] == "1" }),
            (
                RunQuery(tags: ["third": "1", "fifth": "4"]),
                { $0.tags["third"] == "1" && $0.tags["fifth"] == "4" }
            ),
            (RunQuery(tags: ["third": "3"]), { _ in false }),
            (
                RunQuery(statuses: [.queued, .running], name: "even", tags: ["third": "0"]),
                {
                    [.queued, .running].contains($0.status) && $0.name == "even"
                        && $0.tags["third"] == "0"
                }
            ),
        ]
        for (query, matches) in filters {
            var query = query
            query.limit = limit
            #expect(try all(query) == runs.filter(matches).reversed().map(\.id), "\(query)")
        }
    }

    @Test("A tag that many runs have is followed the other way, to the same pages")
    func commonTag() throws {
        // More than the thousand runs up to which they are looked at one by one.
        try store.writer.write { db in
            for number in 0..<1200 {
                var run = RunRecord.example(number)
                run.tags = ["team": "search", "half": "\(number % 2)"]
                try RunRows.insert(run, db)
            }
        }
        let expected = (0..<1200).reversed().map(exampleID)
        #expect(try all(RunQuery(tags: ["team": "search"], limit: 500)) == expected)
        let odd = RunQuery(tags: ["team": "search", "half": "1"], limit: 500)
        #expect(try all(odd) == (0..<1200).filter { $0 % 2 == 1 }.reversed().map(exampleID))
    }

    @Test("A page is read off an index, whatever the filters: SQLite sorts no table")
    func plan() throws {
        for query in [
            RunQuery(), RunQuery(statuses: [.queued]), RunQuery(name: "x"),
            RunQuery(statuses: [.failed], name: "x"),
        ] {
            let cursor = RunCursor(place: noon, id: exampleID(1))
            let statement = PageStatement(
                of: query, after: cursor, limit: query.limit + 1, from: .all)
            let plan = try store.read { db in
                try db.rows(
                    "EXPLAIN QUERY PLAN " + statement.sql, .init(statement.arguments)
                ).map { $0["detail"] as String }
            }
            #expect(plan.contains { $0.hasSuffix("(created_at,id)<(?,?))") }, "\(plan)")
            #expect(!plan.contains { $0.contains("SCAN runs") }, "\(plan)")
        }
    }

    @Test(
        "A text that is no cursor is refused",
        arguments: [
            "", ".", "x", "0", "!.\(exampleID(1))", "0.\(exampleID(1)) ", "00.\(exampleID(1))",
            "+1.\(exampleID(1))",
            "-0.\(exampleID(1))", "A.\(exampleID(1))", "0.\(exampleID(1).dropLast())",
            "0.' OR 1=1 --",
            "zzzzzzzzzzzzzzzzz.\(exampleID(1))", "0.\(exampleID(1).uppercased())",
            "0.\(exampleID(1))\0",
        ])
    func invalidCursor(_ text: String) throws {
        #expect(throws: StoreError.invalidCursor) {
            try store.runs(matching: RunQuery(cursor: text))
        }
    }

    @Test("A cursor's text is its own inverse, also before 1970")
    func cursorText() throws {
        for createdAt in [Int64.min, -1, 0, 1, noon, .max] {
            let cursor = RunCursor(place: createdAt, id: exampleID(5))
            #expect(try RunCursor(text: cursor.text) == cursor)
        }
        for value in [RunCursor.Value.missing, .number(-0.1), .number(0), .text(""), .text("a.ü")] {
            let cursor = RunCursor(value: value, place: 7, id: exampleID(5))
            #expect(try RunCursor(text: cursor.text) == cursor)
        }
    }

    @Test("A limit out of range is refused", arguments: [Int.min, -1, 0, 1001, .max])
    func limits(_ limit: Int) throws {
        #expect(throws: StoreError.self) { try store.runs(matching: RunQuery(limit: limit)) }
    }

    @Test("As many tags may be asked for as the limit says, and no more")
    func manyTags() throws {
        func tags(_ count: Int) -> [String: String] {
            Dictionary(uniqueKeysWithValues: (0..<count).map { ("\($0)", "x") })
        }
        var run = try temporary.add(1)
        run = try store.update(id: run.id, RunChange(tags: tags(100)))
        let every = RunQuery(statuses: Set(RunStatus.allCases), tags: tags(100))
        #expect(try store.runs(matching: every).runs == [run])
        #expect(throws: StoreError.invalidValue(why: "More than 100 tags are asked for")) {
            try store.runs(matching: RunQuery(tags: tags(101)))
        }
    }

    @Test("Counts name every status")
    func counts() throws {
        for number in 0..<5 { try temporary.add(number, number < 3 ? .queued : .failed) }
        #expect(
            try store.counts() == [
                .queued: 3, .running: 0, .succeeded: 0, .failed: 2, .cancelled: 0, .interrupted: 0,
            ])
    }
}
