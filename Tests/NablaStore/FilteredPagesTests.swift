import Testing

@testable import NablaStore

/// Filters and orders as SQL, against the same said in Swift.
@Suite("Filtered and ordered pages")
struct FilteredPagesTests {
    let temporary: TemporaryStore
    let runs: [RunRecord]
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
        runs = (0..<120).map { number in
            var run = RunRecord.example(number)
            run.status = RunStatus.allCases[number % 6]
            run.name = number % 2 == 0 ? "Even \(number / 10)" : nil
            run.notes = number % 5 == 0 ? "a*b[\(number)]" : nil
            run.startedAt = number % 3 == 0 ? nil : noon + Int64((number * 7) % 50)
            run.tags = number % 4 == 0 ? [:] : ["team": number % 4 == 1 ? "search" : "Ads"]
            run.latest = number % 7 == 0 ? [:] : ["loss": Double((number * 37) % 20) / 10]
            run.epochs = number % 9
            let rate = ["0.1", "1e-08", "5"][number % 3]
            run.request = """
                {"optimizer":{"type":"\(number % 2 == 0 ? "adam" : "sgd")","learning_rate":\(rate)},
                 "shuffle":\(number % 2 == 0),"name":"n","tags":{"x":"y"},"metrics":["r2"],
                 "network":{"layers":[{"type":"dense"}]},"label":"\(number % 10)"}
                """
            return run
        }
        for run in runs.shuffled() { try store.insert(run) }
    }

    /// Every way to find the runs of a page: one by one, by a look at the first, by sets, and in between.
    private static let bounds = [
        RunSearch.Bounds(), RunSearch.Bounds(few: 0, glance: 5, common: 0),
        RunSearch.Bounds(few: 0, glance: 0, common: 1000),
        RunSearch.Bounds(few: 15, glance: 10, common: 60),
    ]

    /// The ids of all pages of a query, which are the same whichever way they are found.
    private func ids(
        _ filter: String, order: String? = nil, statuses: Set<RunStatus> = [], limit: Int = 7
    ) throws -> [String] {
        let ways = try Self.bounds.map {
            try ids(filter, order: order, statuses: statuses, limit: limit, $0)
        }
        for way in ways.dropFirst() { #expect(way == ways[0], "\(filter), by \(order ?? "age")") }
        return ways[0]
    }

    private func ids(
        _ filter: String, order: String?, statuses: Set<RunStatus>, limit: Int,
        _ bounds: RunSearch.Bounds
    ) throws -> [String] {
        var query = RunQuery(
            statuses: statuses, conditions: try RunFilter(parsing: filter).conditions, limit: limit)
        if let order { query.order = try RunOrder(parsing: order) }
        var ids: [String] = []
        repeat {
            let page = try store.runs(matching: query, bounds)
            #expect(page.runs.count == limit || page.nextCursor == nil)
            ids += page.runs.map(\.id)
            query.cursor = page.nextCursor
            try #require(ids.count <= runs.count)
        } while query.cursor != nil
        return ids
    }

    private func expect(
        _ filter: String, _ isWanted: (RunRecord) -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let wanted = runs.filter(isWanted).map(\.id).reversed()
        #expect(try ids(filter) == Array(wanted), "\(filter)", sourceLocation: sourceLocation)
        // Neither all nor nothing, or it tells little.
        #expect(!wanted.isEmpty && wanted.count < runs.count, "\(filter)")
    }

    @Test("Metrics compare as numbers")
    func metrics() throws {
        try expect("metrics.loss < 0.5") { $0.latest["loss"].map { $0 < 0.5 } ?? false }
        try expect("metrics.loss != 0.5") { $0.latest["loss"].map { $0 != 0.5 } ?? false }
        try expect("metrics.loss >= 1 and metrics.loss <= 1.5") {
            $0.latest["loss"].map { (1...1.5).contains($0) } ?? false
        }
        try expect("metrics.loss in (0.1, 0.2)") { [0.1, 0.2].contains($0.latest["loss"]) }
        try expect("metrics.loss IS NULL") { $0.latest["loss"] == nil }
        try expect("metrics.loss IS NOT NULL") { $0.latest["loss"] != nil }
    }

    @Test("Settings of the request are params, texts and numbers")
    func params() throws {
        let number = { (run: RunRecord) in runs.firstIndex { $0.id == run.id } ?? 0 }
        try expect("params.optimizer = 'adam'") { number($0) % 2 == 0 }
        try expect("params.optimizer != 'adam'") { number($0) % 2 == 1 }
        try expect("params.optimizer.learning_rate < 1e-3") { number($0) % 3 == 1 }
        try expect("params.optimizer.learning_rate >= 0.1") { number($0) % 3 != 1 }
        try expect("params.optimizer.learning_rate = '1e-08'") { number($0) % 3 == 1 }
        try expect("params.optimizer.learning_rate in (5, '0.1')") { number($0) % 3 != 1 }
        try expect("params.shuffle = 'true'") { number($0) % 2 == 0 }
        try expect("params.label = '3'") { number($0) % 10 == 3 }
        try expect("params.optimizer like 's_d'") { number($0) % 2 == 1 }
        for key in ["name", "tags.x", "`metrics[0]`", "`network.layers[0].type`"] {
            #expect(try ids("params.\(key) IS NOT NULL").isEmpty)
        }
        // A text is no number, however it compares.
        #expect(try ids("params.optimizer > 1 ").isEmpty)
        #expect(try ids("params.label > 1").isEmpty)
    }

    @Test("Tags and attributes compare as what they are")
    func tagsAndAttributes() throws {
        try expect("tags.team = 'search'") { $0.tags["team"] == "search" }
        try expect("tags.team != 'search'") { ($0.tags["team"] ?? "search") != "search" }
        try expect("tags.team not in ('search', 'Bds')") { $0.tags["team"] == "Ads" }
        try expect("tags.team not in ('Adr', 'a', 'a', '')") { $0.tags["team"] != nil }
        let many = (0..<200).map { "'\($0)'" }.joined(separator: ", ")
        try expect("tags.team not in (\(many))") { $0.tags["team"] != nil }
        try expect("tags.team LIKE 'A%'") { $0.tags["team"] == "Ads" }
        #expect(try ids("tags.team LIKE 'a%'").isEmpty)
        try expect("tags.team ILIKE 'a%'") { $0.tags["team"] == "Ads" }
        try expect("tags.team NOT LIKE 'A%'") { $0.tags["team"] == "search" }
        try expect("tags.team NOT IN ('search')") { $0.tags["team"] == "Ads" }
        try expect("tags.team IS NULL and name LIKE 'Even 1_'") {
            $0.tags["team"] == nil && $0.name?.hasPrefix("Even 1") == true && $0.name?.count == 7
        }
        try expect("notes LIKE 'a*b[%]'") { $0.notes != nil }
        try expect("status IN ('running', 'KILLED')") {
            [.running, .cancelled].contains($0.status)
        }
        try expect("created_at <= \(noon + 30_000)") { $0.createdAt <= noon + 30_000 }
        try expect("started_at IS NULL and epochs > 4") { $0.startedAt == nil && $0.epochs > 4 }
        try expect("id = '\(exampleID(5))'") { $0.id == exampleID(5) }
    }

    @Test(
        "Orders hold across pages of any size, those that have nothing of it last",
        arguments: [
            "metrics.loss", "metrics.loss DESC", "params.optimizer.learning_rate desc",
            "params.label", "tags.team", "tags.team desc", "started_at", "started_at desc", "name",
            "status desc", "epochs", "created_at", "created_at desc", "id", "metrics.other",
        ], [1, 7, 200])
    func orders(_ order: String, _ limit: Int) throws {
        let (all, parsed) = (
            try ids("", order: order, limit: limit), try RunOrder(parsing: order)
        )
        #expect(Set(all).count == runs.count && all.count == runs.count)
        let byID = Dictionary(uniqueKeysWithValues: runs.map { ($0.id, $0) })
        let keys = try all.map { try key(of: #require(byID[$0]), parsed.field) }
        let have = keys.prefix { $0 != nil }.compactMap(\.self)
        #expect(keys.dropFirst(have.count).allSatisfy { $0 == nil })
        for (one, next) in zip(have, have.dropFirst()) {
            #expect(parsed.descending ? one >= next : one <= next)
        }
        let lacking = Array(all.dropFirst(have.count))
        #expect(lacking == lacking.sorted(by: >))
        // With a filter that few match, and one on what orders them.
        for filter in ["metrics.loss < 1", "tags.team = 'Ads' and metrics.loss > 0.3"] {
            let some = try Set(ids(filter, limit: 200))
            #expect(try ids(filter, order: order, limit: limit).count == some.count)
            #expect(
                try Set(ids(filter, order: order, limit: limit)) == some && some.count < 120)
        }
        let queued = try ids("", order: order, statuses: [.queued, .failed], limit: limit)
        #expect(Set(queued).count == 40 && queued.count == 40)
    }

    /// What orders a run, as a text that sorts as it does.
    private func key(of run: RunRecord, _ field: RunField) throws -> String? {
        let index = try #require(runs.firstIndex { $0.id == run.id })
        func padded(_ number: Int) -> String { String(1_000_000_000_000_0 + number) }
        switch field {
        case .metric(let key): return run.latest[key].map { padded(Int($0 * 10)) }
        case .param("label"): return "\(index % 10)"
        case .param: return ["1", "0", "2"][index % 3]
        case .tag(let key): return run.tags[key]
        case .attribute(.startedAt): return run.startedAt.map { padded(Int($0 - noon)) }
        case .attribute(.name): return run.name
        case .attribute(.status): return run.status.rawValue
        case .attribute(.epochs): return padded(run.epochs)
        default: return run.id
        }
    }

    @Test("Runs that are added between ordered pages neither repeat nor hide another")
    func addedBetween() throws {
        var query = RunQuery(order: RunOrder(.metric("loss")), limit: 10)
        var ids: [String] = []
        var number = 200
        repeat {
            let page = try store.runs(matching: query)
            ids += page.runs.map(\.id).filter { $0 < exampleID(200) }
            query.cursor = page.nextCursor
            var run = RunRecord.example(number)
            run.latest = ["loss": Double(number % 20) / 10]
            try store.insert(run)
            number += 1
            try #require(number < 300)
        } while query.cursor != nil
        #expect(ids.count == runs.count && Set(ids).count == runs.count)
    }

    @Test("A cursor is good for the kind of order that it came from")
    func cursors() throws {
        let byAge = try store.runs(matching: RunQuery(limit: 3)).nextCursor
        let byLoss = RunQuery(order: RunOrder(.metric("loss")), limit: 3)
        let cursor = try store.runs(matching: byLoss).nextCursor
        var query = byLoss
        query.cursor = byAge
        #expect(throws: StoreError.invalidCursor) { try store.runs(matching: query) }
        #expect(throws: StoreError.invalidCursor) {
            try store.runs(matching: RunQuery(cursor: cursor))
        }
        for text in ["x.1.\(exampleID(1))", "nz.1.\(exampleID(1))", "t0.1.\(exampleID(1))"] {
            query.cursor = text
            #expect(throws: StoreError.invalidCursor) { try store.runs(matching: query) }
        }
    }

    @Test("Params of runs from before they were kept are there after the migration")
    func migrated() throws {
        let old = try TemporaryFolder()
        var store: Store? = try Store(path: old.file)
        try store?.insert(runs[0])
        try store?.close()
        store = nil
        try old.withDatabase { db in
            try db.execute(sql: "DELETE FROM params")
            try db.execute(sql: Schema.params(of: "true"))
        }
        let reopened = try Store(path: old.file)
        let filter = try RunFilter(parsing: "params.optimizer = 'adam'")
        let query = RunQuery(conditions: filter.conditions)
        #expect(try reopened.runs(matching: query).runs.map(\.id) == [runs[0].id])
    }
}
