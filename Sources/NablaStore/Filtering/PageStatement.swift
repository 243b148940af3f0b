import GRDB

/// The SQL of a page of runs: its text depends on which conditions are set, never on their values.
struct PageStatement {
    private(set) var sql = ""
    private(set) var arguments: [(any DatabaseValueConvertible)?] = []

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

    /// Asks for at most `limit` runs, of which the last column is what orders them.
    ///
    /// Conditions that are `settled` by where the runs come from aren't looked at.
    init(
        _ part: Part = .having, of query: RunQuery, after cursor: RunCursor?, limit: Int,
        from source: RunSearch.Source, without settled: [RunCondition] = []
    ) {
        let order = part == .having ? query.order : .newestFirst
        // A branch for each status wanted reads its few rows off the index in order, where
        // `status IN (…)` would have SQLite sort every run of those statuses.
        let splits = order.isByAge && !query.statuses.isEmpty
        let statuses: [Set<RunStatus>] =
            splits
            ? RunStatus.allCases.filter(query.statuses.contains).map { [$0] } : [query.statuses]
        let branches = statuses.map { statuses in
            let branch = Branch(
                part, of: query, statuses, after: cursor, limit: limit, from: source,
                without: settled)
            let statement = branch.statement
            arguments += statement.arguments + [limit]
            return statement.sql
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
    /// The table whose rows are walked or sorted, which goes by the name `walked`.
    private var table = "runs"
    private var walked = "runs"
    /// How the runs come to it, and what comes to the runs.
    private var joins = ""
    private let source: RunSearch.Source
    private let limit: Int
    /// What says where on an index the walk goes.
    private var range: [SQLPart] = []
    /// What is looked at on the way.
    private var checks: [SQLPart] = []
    private var ordering: [String]
    private let direction: String

    init(
        _ part: PageStatement.Part, of query: RunQuery, _ statuses: Set<RunStatus>,
        after cursor: RunCursor?, limit: Int, from source: RunSearch.Source,
        without settled: [RunCondition]
    ) {
        self.limit = limit
        let order = query.order
        let isLacking = part == .lacking
        self.source = source
        direction = isLacking || order.descending ? "DESC" : "ASC"
        ordering = ["runs.created_at", "runs.id"]
        var left = PageStatement.conditions(of: query)
        if isLacking {
            left.append(RunCondition(order.field, .isNull(negated: false)))
        } else if let table = order.field.table {
            orderBy(table, conditions: &left, of: order.field)
        } else if case .attribute(let attribute) = order.field, !order.isByAge {
            range.append(SQLPart(sql: "runs.\(attribute.rawValue) IS NOT NULL"))
            ordering.insert("runs.\(attribute.rawValue)", at: 0)
        }
        if part == .having, order.field.table == nil {
            range += left.filter { $0.field == order.field }.map(\.sql)
            left.removeAll { $0.field == order.field }
        }
        left.removeAll { settled.contains($0) }
        if case .many(let runs, let others) = source {
            let number = walked == "runs" ? "runs.number" : "\(walked).run"
            if let runs {
                checks.append(SQLPart(sql: "run_set_has(?, \(number))", arguments: [runs.data]))
            }
            if let others {
                checks.append(
                    SQLPart(sql: "NOT run_set_has(?, \(number))", arguments: [others.data]))
            }
        }
        checks += left.map(\.sql)
        add(statuses)
        if let cursor { add(cursor) }
    }

    /// Walks along the values that order the runs.
    private mutating func orderBy(
        _ place: (name: String, column: String, key: String), conditions: inout [RunCondition],
        of field: RunField
    ) {
        (table, walked) = (place.name, "ordering")
        joins = " CROSS JOIN runs ON runs.number = ordering.run"
        range.append(
            SQLPart(
                sql: "ordering.key = ? AND ordering.\(place.column) IS NOT NULL",
                arguments: [place.key]))
        ordering = ["ordering.\(place.column)", "ordering.run"]
        for condition in conditions where condition.field == field {
            guard let search = condition.search(as: "ordering") else { continue }
            range.append(search)
            conditions.removeAll { $0 == condition }
        }
    }

    /// Asks for runs behind a place in their order.
    private mutating func add(_ cursor: RunCursor) {
        let places: [(any DatabaseValueConvertible)?] =
            switch (cursor.value, ordering.count) {
            case (nil, _), (.missing?, _): [cursor.place, cursor.id]
            case (let value?, 2): [value.argument, cursor.place]
            case (let value?, _): [value.argument, cursor.place, cursor.id]
            }
        let marks = Array(repeating: "?", count: places.count).joined(separator: ", ")
        range.append(
            SQLPart(
                sql: "(\(ordering.joined(separator: ", "))) "
                    + "\(direction == "DESC" ? "<" : ">") (\(marks))", arguments: places))
    }

    /// Asks for runs of these statuses only; an empty set asks for all.
    private mutating func add(_ statuses: Set<RunStatus>) {
        guard !statuses.isEmpty else { return }
        let arguments = statuses.map(\.rawValue).sorted()
        guard statuses.count == 1, walked == "runs", ordering.count == 2 else {
            let marks = statuses.map { _ in "?" }.joined(separator: ", ")
            checks.append(SQLPart(sql: "runs.status IN (\(marks))", arguments: arguments))
            return
        }
        range.append(SQLPart(sql: "runs.status = ?", arguments: arguments))
    }

    /// The first of what is walked, with what comes to it.
    private func ordered(_ rows: SQLPart, _ order: String, _ count: Int) -> SQLPart {
        let places = range.isEmpty ? "" : " WHERE " + range.map(\.sql).joined(separator: " AND ")
        return SQLPart(
            sql: "(SELECT \(rows.sql)\(places)\(order) LIMIT ?) AS \(walked)\(joins)",
            arguments: rows.arguments + range.flatMap(\.arguments) + [count])
    }

    private static func list(_ runs: RunSet) -> String {
        "[" + runs.numbers.map(String.init).joined(separator: ",") + "]"
    }

    /// The whole; the last argument, which isn't there yet, is how many runs it gives.
    var statement: SQLPart {
        let order = " ORDER BY " + ordering.map { "\($0) \(direction)" }.joined(separator: ", ")
        var (conditions, from) = (range + checks, SQLPart(sql: "\(table) AS \(walked)\(joins)"))
        switch source {
        case .all, .many: break
        case .first(let count):
            from = ordered(SQLPart(sql: "* FROM \(table) AS \(walked)"), order, count)
            conditions = checks
        case .few(let runs, nil) where walked != "runs" && checks.isEmpty:
            // Nothing is looked at of a run but what orders it, until it is known which are wanted.
            let few =
                "json_each(?) AS few CROSS JOIN \(table) AS \(walked) ON \(walked).run = few.value"
            from = ordered(
                SQLPart(sql: "\(walked).* FROM \(few)", arguments: [Branch.list(runs)]), order,
                limit)
            conditions = []
        case .few(let runs, let bound):
            if let bound {
                let comparison = direction == "DESC" ? ">" : "<"
                conditions.append(
                    SQLPart(sql: "runs.created_at \(comparison) ?", arguments: [bound]))
            }
            // SQLite keeps the order of a CROSS JOIN: first the few, then what is theirs.
            from = SQLPart(
                sql: "json_each(?) AS few CROSS JOIN runs ON runs.number = few.value"
                    + (walked == "runs"
                        ? "" : " CROSS JOIN \(table) AS \(walked) ON \(walked).run = runs.number"),
                arguments: [Branch.list(runs)])
        }
        return SQLPart(
            sql:
                "SELECT \(RunRows.qualifiedColumns), \(ordering[0]) AS ordering_value FROM \(from.sql)"
                + (conditions.isEmpty
                    ? "" : " WHERE " + conditions.map(\.sql).joined(separator: " AND "))
                + order + " LIMIT ?",
            arguments: from.arguments + conditions.flatMap(\.arguments))
    }
}
