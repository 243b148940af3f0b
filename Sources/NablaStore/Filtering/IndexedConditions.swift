/// Conditions on one field, which an index alone can answer for all runs.
struct IndexedConditions {
    /// The conditions.
    let conditions: [RunCondition]
    /// Asks for the `number` of each run that meets them or, if `isAbsence`, of each that doesn't.
    let search: SQLPart
    /// Whether what is asked is that the runs don't have the field.
    let isAbsence: Bool
    /// Whether the conditions say where on the index the runs are, so that a few are found at once.
    let isNarrow: Bool

    /// The conditions by field, without those that no index answers.
    static func all(of conditions: [RunCondition]) -> [IndexedConditions] {
        var fields: [RunField] = []
        for condition in conditions where !fields.contains(condition.field) {
            fields.append(condition.field)
        }
        return fields.compactMap { field in
            IndexedConditions(field, conditions.filter { $0.field == field })
        }
    }

    private init?(_ field: RunField, _ conditions: [RunCondition]) {
        self.conditions = conditions
        isAbsence = conditions.contains(RunCondition(field, .isNull(negated: false)))
        isNarrow = conditions.contains(where: \.isNarrow)
        var parts: [SQLPart] = []
        let source: String
        switch field {
        // Of these there is no index: one changes all the time, the other is long.
        case .attribute(.epoch), .attribute(.notes): return nil
        case .attribute:
            guard !isAbsence else { return nil }
            source = "SELECT number FROM runs AS member WHERE "
            parts.append(SQLPart(sql: "member.\(field.column) IS NOT NULL"))
        default:
            guard let table = field.table, !isAbsence || conditions.count == 1 else { return nil }
            source = "SELECT run AS number FROM \(table.name) AS member WHERE "
            parts.append(SQLPart(sql: "member.key = ?", arguments: [table.key]))
            if case .metric = field {
                parts.append(SQLPart(sql: "member.\(field.column) IS NOT NULL"))
            }
        }
        let ranges: [SQLPart] =
            if conditions.count == 1, let ranges = conditions[0].ranges(of: "member") {
                ranges
            } else if isAbsence {
                []
            } else {
                [SQLPart(joining: conditions.map { $0.onColumns(of: "member") })]
            }
        let places = SQLPart(joining: parts)
        let searches = (ranges.isEmpty ? [nil] : ranges.map(Optional.some)).map { range in
            SQLPart(joining: [places] + (range.map { [$0] } ?? []), after: source)
        }
        search = SQLPart(
            sql: searches.map(\.sql).joined(separator: " UNION ALL "),
            arguments: searches.flatMap(\.arguments))
    }
}
