import NablaAPI
import NablaStore
import Testing

@testable import NablaService

@Suite struct RetentionTests {
    private static let day: Int64 = 86_400_000

    /// Ends so many runs, a day after one another from day 0 on, and gives their ids.
    private func endRuns(_ count: Int, on bench: Workbench) throws -> [String] {
        try (0..<count).map { number in
            let live = try LiveRun.unscheduled(.regression(), on: bench)
            let time = Int64(number) * Self.day
            #expect(try bench.store.finish(id: live.id, status: .failed, at: time))
            return live.id
        }
    }

    private func kept(_ bench: Workbench) throws -> Set<String> {
        Set(try bench.store.runs().runs.map(\.id))
    }

    @Test func everythingIsKeptUnlessSettingsSayOtherwise() throws {
        try withWorkbench { bench in
            let retention = Retention(
                RetentionSettings(), of: bench.store, onEvent: bench.events.add)
            #expect(retention == nil)
        }
    }

    @Test("what is older than the days is deleted, in several transactions where it is much")
    func days() throws {
        try withWorkbench { bench in
            let ids = try endRuns(40, on: bench)
            let trained = try LiveRun.unscheduled(.regression(), on: bench).id
            var settings = RetentionSettings()
            settings.days = 3
            let retention = try #require(
                Retention(settings, of: bench.store, onEvent: bench.events.add))
            retention.sweep(at: Timestamp(milliseconds: 39 * Self.day))
            // Those of days 36 to 39, and what hasn't ended.
            #expect(try kept(bench) == Set(ids.suffix(4) + [trained]))
            let told = bench.events.all.compactMap { event -> String? in
                guard case .runDeleted(let id) = event else { return nil }
                return id
            }
            #expect(told == Array(ids.dropLast(4)))
        }
    }

    @Test func whatIsBeyondTheNumberIsDeleted() throws {
        try withWorkbench { bench in
            let ids = try endRuns(5, on: bench)
            var settings = RetentionSettings()
            settings.runs = 2
            let retention = try #require(
                Retention(settings, of: bench.store, onEvent: bench.events.add))
            retention.sweep(at: Timestamp(milliseconds: 0))
            #expect(try kept(bench) == Set(ids.suffix(2)))
        }
    }
}
