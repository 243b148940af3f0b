import GRDB

/// SQL with the values bound to it; its text depends on the kind of a condition, never on its values.
struct SQLPart {
    var sql: String
    var arguments: [(any DatabaseValueConvertible)?] = []
}

extension SQLPart {
    /// Conditions that all must hold, behind `beginning`.
    init(joining parts: [SQLPart], after beginning: String = "") {
        sql = beginning + parts.map(\.sql).joined(separator: " AND ")
        arguments = parts.flatMap(\.arguments)
    }
}

extension RunField {
    /// The table that has the field's values, where that isn't `runs`, and their column.
    var table: (name: String, column: String, key: String)? {
        switch self {
        case .metric(let key): ("summaries", "latest", key)
        case .param(let key): ("params", "value", key)
        case .tag(let key): ("tags", "value", key)
        case .attribute: nil
        }
    }

    /// The column that has the field's text.
    fileprivate var textColumn: String {
        switch self {
        case .metric: "latest"
        case .param: "text"
        case .tag: "value"
        case .attribute(let attribute): attribute.rawValue
        }
    }

    /// The column that has the field's value.
    var column: String {
        switch self {
        case .attribute(let attribute): attribute.rawValue
        default: table?.column ?? ""
        }
    }
}

extension RunCondition {
    /// The condition on a row of `runs`.
    var sql: SQLPart {
        guard let table = field.table else { return onColumns(of: "runs") }
        if case .isNull(let negated) = test {
            let value = "run = runs.number AND key = ? AND \(table.column) IS NOT NULL"
            return SQLPart(
                sql: "\(negated ? "" : "NOT ")EXISTS (SELECT 1 FROM \(table.name) WHERE \(value))",
                arguments: [table.key])
        }
        let inner = onColumns(of: table.name)
        return SQLPart(
            sql: "EXISTS (SELECT 1 FROM \(table.name) WHERE run = runs.number AND key = ? "
                + "AND \(inner.sql))", arguments: [table.key] + inner.arguments)
    }

    /// The same as the beginning of a walk along the field's index.
    ///
    /// - Returns: nil where the condition doesn't say where on the index to walk.
    func search(as alias: String) -> SQLPart? {
        guard let table = field.table, case .compares(let comparison, _) = test,
            comparison != .notEqual
        else { return nil }
        let inner = onColumns(of: alias)
        return SQLPart(
            sql: "\(alias).key = ? AND \(inner.sql)", arguments: [table.key] + inner.arguments)
    }

    /// Whether it says where on the field's index the runs are that meet it.
    var isNarrow: Bool {
        switch test {
        case .compares(let comparison, _): comparison != .notEqual
        case .isOneOf(_, let negated): !negated
        case .matches(let pattern, let ignoringCase, let negated):
            !ignoringCase && !negated && pattern.first != "%" && pattern.first != "_"
        case .isNull: false
        }
    }

    /// Texts around which ranges are asked for: SQLite joins 500 statements at most.
    private static let mostExcluded = 100

    /// The parts of the field's index in which the condition holds, where it asks for all texts but some.
    ///
    /// - Returns: nil where it asks for something else, or where the index has not texts alone.
    func ranges(of table: String) -> [SQLPart]? {
        let excluded: [String]
        switch test {
        case .compares(.notEqual, .text(let text)): excluded = [text]
        case .isOneOf(let values, negated: true):
            excluded = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
            guard excluded.count == values.count else { return nil }
        default: return nil
        }
        guard case .tag = field, (1...RunCondition.mostExcluded).contains(excluded.count) else {
            return nil
        }
        let value = "\(table).\(field.column)"
        // In the order that SQLite has for texts: that of their bytes.
        let bounds = excluded.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let between = zip(bounds, bounds.dropFirst()).map { lower, upper in
            SQLPart(sql: "\(value) > ? AND \(value) < ?", arguments: [lower, upper])
        }
        return [SQLPart(sql: "\(value) < ?", arguments: [bounds.first])] + between
            + [SQLPart(sql: "\(value) > ?", arguments: [bounds.last])]
    }

    /// The condition on the columns of a table that goes by the name `table`.
    func onColumns(of table: String) -> SQLPart {
        let (value, text) = ("\(table).\(field.column)", "\(table).\(field.textColumn)")
        switch test {
        case .isNull(let negated):
            return SQLPart(sql: "\(value) IS \(negated ? "NOT " : "")NULL")
        case .compares(let comparison, .number(let number)):
            // In a param, every text is more than every number.
            let isNumber = field.isParam ? " AND \(value) < ''" : ""
            return SQLPart(
                sql: "\(value) \(comparison.rawValue) ?\(isNumber)", arguments: [number])
        case .compares(let comparison, .text(let wanted)):
            guard field.isParam, comparison == .equal else {
                return SQLPart(sql: "\(text) \(comparison.rawValue) ?", arguments: [wanted])
            }
            // By the index of values, too, in which a text that is a number is one.
            return SQLPart(
                sql: "\(value) IN (?, ?) AND \(text) = ?",
                arguments: [wanted, Double(wanted) ?? 0, wanted])
        case .matches(let pattern, let ignoringCase, let negated):
            let not = negated ? "NOT " : ""
            guard !ignoringCase else {
                return SQLPart(sql: "\(text) \(not)LIKE ?", arguments: [pattern])
            }
            var part = SQLPart(sql: "\(text) \(not)GLOB ?", arguments: [RunCondition.glob(pattern)])
            // By the index of values, too: what begins with a letter is the same as text and as value.
            if field.isParam, !negated, let letters = RunCondition.letters(beginning: pattern) {
                part.sql += " AND \(value) >= ? AND \(value) < ?"
                part.arguments += [letters.first, letters.end]
            }
            return part
        case .isOneOf(let values, let negated):
            return isOneOf(values, negated: negated, value: value, text: text)
        }
    }

    private func isOneOf(
        _ values: [Value], negated: Bool, value: String, text: String
    ) -> SQLPart {
        var (texts, numbers): ([String], [Double]) = ([], [])
        for value in values {
            switch value {
            case .text(let text): texts.append(text)
            case .number(let number): numbers.append(number)
            }
        }
        var part = SQLPart(sql: "")
        var alternatives: [String] = []
        if !texts.isEmpty {
            alternatives.append("\(text) IN (\(RunCondition.marks(texts.count)))")
            part.arguments += texts
        }
        if !numbers.isEmpty {
            alternatives.append("\(value) IN (\(RunCondition.marks(numbers.count)))")
            part.arguments += numbers
        }
        part.sql =
            (negated ? "NOT " : "") + "(" + alternatives.joined(separator: " OR ") + ")"
        return part
    }

    private static func marks(_ count: Int) -> String {
        Array(repeating: "?", count: count).joined(separator: ", ")
    }

    /// The letters that a pattern begins with, and the first text behind all that begin with them; nil where
    /// it begins with something else.
    private static func letters(beginning pattern: String) -> (first: String, end: String)? {
        let letters = Array(pattern.utf8.prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A })
        guard let last = letters.last else { return nil }
        let end = letters.dropLast() + [last + 1]
        return (String(decoding: letters, as: UTF8.self), String(decoding: end, as: UTF8.self))
    }

    /// The pattern as `GLOB` has it, which tells upper from lower case, as SQLite's `LIKE` doesn't.
    private static func glob(_ pattern: String) -> String {
        var glob = ""
        for character in pattern.unicodeScalars {
            switch character {
            case "%": glob += "*"
            case "_": glob += "?"
            case "*", "?", "[": glob += "[\(character)]"
            default: glob.unicodeScalars.append(character)
            }
        }
        return glob
    }
}

extension RunField {
    fileprivate var isParam: Bool {
        if case .param = self { true } else { false }
    }
}
