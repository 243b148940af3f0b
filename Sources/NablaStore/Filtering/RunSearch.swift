import Foundation
import GRDB

/// Finds out which runs a page may have before it is read, so that it takes milliseconds whatever share of
/// the runs each condition matches.
///
/// To walk the runs in the page's order and look at each is right where many match, since the first few will do.
/// Where few match, those are found by an index, looked at and sorted. Where each condition is met by many and
/// all together by few or by old runs alone, a set is made of each one's runs, off its index, until few are in
/// all of them, and those are looked at, in the page's order (`RunAges`). A number takes 0.1 µs to put into a set, a run 5 µs
/// to look at.
struct RunSearch {
    /// Where one way is left for another.
    struct Bounds {
        /// How many runs may be looked at and sorted.
        var few = 1000
        /// How many runs are looked at in the page's order before sets are made.
        var glance = 250
        /// How many runs may match a condition for a set to be made of them; what more match is
        /// looked at run by run.
        var common = 50_000
    }

    /// What a page is read from.
    enum Source {
        /// All runs, in the page's order.
        case all
        /// So many runs in the page's order.
        case first(Int)
        /// These runs, to be sorted; of them those created after a moment or, in an order that rises,
        /// before it.
        case few(RunSet, beyond: Int64? = nil)
        /// Of all runs in the page's order these, where there are any, without the others.
        case many(RunSet?, without: RunSet?)
    }

    private let query: RunQuery
    private let bounds: Bounds
    private let groups: [IndexedConditions]
    /// The runs that meet conditions which few meet.
    private var few: RunSet?
    /// The conditions that all runs in the sets meet, so that none needs to be looked at for them.
    private var settled: [RunCondition] = []
    /// Sets of what more meet, once they are made.
    private var many: (of: RunSet?, without: RunSet?)?

    /// Begins with the conditions that few meet.
    init(_ query: RunQuery, _ bounds: Bounds, _ db: Database) throws {
        self.query = query
        self.bounds = bounds
        var conditions = PageStatement.conditions(of: query)
        if !query.statuses.isEmpty {
            let statuses = query.statuses.map { RunCondition.Value.text($0.rawValue) }
            conditions.append(
                RunCondition(.attribute(.status), .isOneOf(statuses, negated: false)))
        }
        groups = IndexedConditions.all(of: conditions)
        for group in groups where group.isNarrow {
            guard let set = try RunSearch.runs(of: group, atMost: bounds.few, db) else { continue }
            few = RunSearch.intersection(few, set)
            settled += group.conditions
        }
    }

    /// Reads at most `limit` of the query's runs that have what orders them, or of those that don't.
    mutating func rows(
        _ part: PageStatement.Part, after cursor: RunCursor?, limit: Int, _ db: Database
    ) throws -> [Row] {
        func read(_ source: Source, without settled: [RunCondition] = []) throws -> [Row] {
            let statement = PageStatement(
                part, of: query, after: cursor, limit: limit, from: source, without: settled)
            // Not kept compiled: callers' filters make too many different texts.
            return try Row.fetchAll(
                db, sql: statement.sql, arguments: StatementArguments(statement.arguments))
        }
        if let few { return try read(.few(few), without: settled) }
        let absence = RunCondition(query.order.field, .isNull(negated: false))
        let absences = part == .lacking ? IndexedConditions.all(of: [absence]) : []
        guard !(groups + absences).isEmpty else { return try read(.all) }
        // Not all of them where the first ones show that they won't do.
        var rows = try read(.first(bounds.glance / 5))
        if rows.count < limit, rows.count >= limit / 10 {
            rows = try read(.first(bounds.glance))
        }
        guard rows.count < limit else { return rows }
        if many == nil { try makeSets(db) }
        if let few { return try read(.few(few), without: settled) }
        guard let (included, others) = many else { return try read(.all) }
        var (excluded, settled) = (others, settled)
        if let lacking = absences.first {
            let having = try RunSearch.runs(of: lacking, atMost: .max, db) ?? RunSet([])
            excluded = RunSearch.union(excluded, having)
            settled.append(absence)
            guard try RunSearch.leaves(excluded, db) else { return [] }
        }
        guard query.order.isByAge || part == .lacking, included != nil || excluded != nil else {
            return try read(.many(included, without: excluded), without: settled)
        }
        var ages = try RunAges(
            of: included, without: excluded, after: cursor?.place,
            descending: part == .lacking || query.order.descending, db)
        while true {
            let (runs, bound) = ages.next(limit)
            let rows = try read(.few(runs, beyond: bound), without: settled)
            if rows.count == limit || bound == nil { return rows }
        }
    }

    /// Whether there are runs that aren't in a set.
    private static func leaves(_ set: RunSet?, _ db: Database) throws -> Bool {
        guard let set else { return true }
        return try Int.fetchOne(db, sql: "SELECT count(*) FROM runs") ?? 0 > set.count
    }

    /// Makes a set of the runs of each condition that isn't too common.
    private mutating func makeSets(_ db: Database) throws {
        var (included, excluded): (RunSet?, RunSet?)
        for group in groups {
            let most = group.isAbsence ? Int.max : bounds.common
            guard let set = try RunSearch.runs(of: group, atMost: most, db) else { continue }
            settled += group.conditions
            if group.isAbsence {
                excluded = RunSearch.union(excluded, set)
            } else {
                let both = RunSearch.intersection(included, set)
                included = both
                // So few are looked at sooner than another set is made.
                if both.count <= bounds.glance { break }
            }
        }
        if var found = included {
            if let excluded { found.subtract(excluded) }
            if found.count <= bounds.few { few = found }
        }
        if included == nil, try !RunSearch.leaves(excluded, db) { few = RunSet([]) }
        many = (included, excluded)
    }

    /// The runs that an index gives for conditions; nil if there are more than `limit`.
    private static func runs(
        of group: IndexedConditions, atMost limit: Int, _ db: Database
    ) throws -> RunSet? {
        do {
            let bits = try Data.fetchOne(
                db, sql: "SELECT run_set(number, ?) FROM (\(group.search.sql))",
                arguments: StatementArguments([limit] + group.search.arguments))
            return RunSet(bits: bits)
        } catch let error as DatabaseError where error.message == RunSet.tooMany {
            return nil
        }
    }

    private static func intersection(_ one: RunSet?, _ other: RunSet) -> RunSet {
        guard var both = one else { return other }
        both.formIntersection(other)
        return both
    }

    private static func union(_ one: RunSet?, _ other: RunSet?) -> RunSet? {
        guard var either = one, let other else { return one ?? other }
        either.formUnion(other)
        return either
    }
}
