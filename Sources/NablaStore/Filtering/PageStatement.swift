import GRDB

/// The SQL of a page of runs: its text depends on which conditions are set, never on their values.
struct PageStatement {
    private(set) var sql = ""
    private(set) var arguments: [(any DatabaseValueConvertible)?] = []

    /// How many runs may match a condition at most to be worth looking at them all.
    private static let rare = 1000

    /// Which runs of an order by something that not all have.
    enum Part {
        /// Those that have it, by it.
        case having
        /// Those that don't, newest first.
        case lacking
    }

    /// The conditions of a query, its name and tags among them; not its statuses.
    static func conditions(of query: RunQuery) -> [RunCondition] {
        var conditions = query.conditions
        if let name = query.name {
            conditions.append(RunCondition(.attribute(.name), .compares(.equal, .text(name))))
        }
        for (key, value) in query.tags.sorted(by: { $0.key < $1.key }) {
            conditions.append(RunCondition(.tag(key), .compares(.equal, .text(value))))
        }
        return conditions
    }

    /// Finds the condition that the fewest runs match, if they are few.
    ///
    /// SQLite can't know which conditions are rare. To walk all runs in their order is right for a
    /// common one, where the first few will do, and slow for a rare one; to sort what matches it, the
    /// reverse.
    static func rarest(
        of conditions: [RunCondition], _ db: Database
    ) throws -> (condition: RunCondition, search: SQLPart)? {
        var found: (condition: RunCondition, search: SQLPart, count: Int)?
        for condition in conditions {
            guard let search = condition.search(as: "rare"), let table = condition.field.table
            else { continue }
            let most = found?.count ?? rare
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT count(*) FROM
                    (SELECT 1 FROM \(table.name) AS rare WHERE \(search.sql) LIMIT ?)
                    """, arguments: StatementArguments(search.arguments + [most + 1]))
            let count: Int = rows.first?[0] ?? 0
            if count <= most { found = (condition, search, count) }
        }
        return found.map { ($0.condition, $0.search) }
    }

    /// Asks for at most `limit` runs, of which the last column is what orders them.
    init(
        _ part: Part = .having, of query: RunQuery, after cursor: RunCursor?, limit: Int,
        rarest: (condition: RunCondition, search: SQLPart)?
    ) {
        let order = part == .having ? query.order : .newestFirst
        // A branch for each status wanted reads its few rows off the index in order, where
        // `status IN (…)` would have SQLite sort every run of those statuses.
        let splits = order.isByAge && !query.statuses.isEmpty
        let statuses: [Set<RunStatus>] =
            splits
            ? RunStatus.allCases.filter(query.statuses.contains).map { [$0] } : [query.statuses]
        let branches = statuses.map { statuses in
            var branch = Branch(part, of: query, after: cursor, rarest: rarest)
            branch.add(statuses)
            arguments += branch.arguments + [limit]
            return branch.sql
        }
        guard branches.count > 1 else {
            sql = branches[0]
            return
        }
        let direction = order.descending ? "DESC" : "ASC"
        sql =
            branches.map { "SELECT * FROM (\($0))" }.joined(separator: " UNION ALL ")
            + " ORDER BY created_at \(direction), id \(direction) LIMIT ?"
        arguments.append(limit)
    }
}

/// One `SELECT` of a page.
private struct Branch {
    private var source = "runs"
    private var conditions: [String] = []
    private var ordering: [String]
    private let direction: String
    private(set) var arguments: [(any DatabaseValueConvertible)?] = []

    init(
        _ part: PageStatement.Part, of query: RunQuery, after cursor: RunCursor?,
        rarest: (condition: RunCondition, search: SQLPart)?
    ) {
        let order = query.order
        let isLacking = part == .lacking
        direction = isLacking || order.descending ? "DESC" : "ASC"
        ordering = ["runs.created_at", "runs.id"]
        var left = PageStatement.conditions(of: query)
        // SQLite keeps the order of a CROSS JOIN: first what is rare, then the rest of each run.
        if let rarest, let table = rarest.condition.field.table {
            source = "\(table.name) AS rare CROSS JOIN runs ON runs.number = rare.run"
            conditions.append(rarest.search.sql)
            arguments += rarest.search.arguments
            left.removeAll { $0 == rarest.condition }
        }
        if isLacking {
            left.append(RunCondition(order.field, .isNull(negated: false)))
        } else if let table = order.field.table {
            source =
                rarest == nil
                ? "\(table.name) AS ordering CROSS JOIN runs ON runs.number = ordering.run"
                : source + " CROSS JOIN \(table.name) AS ordering ON ordering.run = runs.number"
            conditions.append("ordering.key = ? AND ordering.\(table.column) IS NOT NULL")
            arguments.append(table.key)
            ordering = ["ordering.\(table.column)", "ordering.run"]
            for condition in left where condition.field == order.field {
                guard let search = condition.search(as: "ordering") else { continue }
                add(search)
                left.removeAll { $0 == condition }
            }
        } else if case .attribute(let attribute) = order.field, !order.isByAge {
            conditions.append("runs.\(attribute.rawValue) IS NOT NULL")
            ordering.insert("runs.\(attribute.rawValue)", at: 0)
        }
        for condition in left { add(condition.sql) }
        guard let cursor else { return }
        let places: [(any DatabaseValueConvertible)?] =
            switch (cursor.value, ordering.count) {
            case (nil, _), (.missing?, _): [cursor.place, cursor.id]
            case (let value?, 2): [value.argument, cursor.place]
            case (let value?, _): [value.argument, cursor.place, cursor.id]
            }
        let marks = Array(repeating: "?", count: places.count).joined(separator: ", ")
        add(
            SQLPart(
                sql: "(\(ordering.joined(separator: ", "))) "
                    + "\(direction == "DESC" ? "<" : ">") (\(marks))", arguments: places))
    }

    private mutating func add(_ part: SQLPart) {
        conditions.append(part.sql)
        arguments += part.arguments
    }

    /// Asks for runs of these statuses only; an empty set asks for all.
    mutating func add(_ statuses: Set<RunStatus>) {
        guard !statuses.isEmpty else { return }
        let marks = statuses.map { _ in "?" }.joined(separator: ", ")
        add(
            SQLPart(
                sql: statuses.count == 1 ? "runs.status = ?" : "runs.status IN (\(marks))",
                arguments: statuses.map(\.rawValue).sorted()))
    }

    var sql: String {
        "SELECT \(RunRows.qualifiedColumns), \(ordering[0]) AS ordering_value FROM \(source)"
            + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
            + " ORDER BY " + ordering.map { "\($0) \(direction)" }.joined(separator: ", ")
            + " LIMIT ?"
    }
}
