import Foundation

/// Conditions on runs, which must all hold, in MLflow's grammar.
///
///     metrics.loss < 0.1 and params.optimizer = 'adam' and tags.team in ('search', 'ads')
///
/// A condition is `FIELD COMPARISON VALUE` with `=`, `!=`, `<`, `<=`, `>` or `>=`;
/// `FIELD [NOT] LIKE 'PATTERN'`, or `ILIKE` where upper and lower case of ASCII letters are the same;
/// `FIELD [NOT] IN (VALUE, …)`; `FIELD IS [NOT] NULL`. Conditions are joined by `AND`. All but
/// `IS NULL` hold only for runs that have the field.
///
/// - Source: MLflow's documentation, "Search Runs". Beyond it, params may be compared as numbers, and
///   `IN`, `NOT LIKE` and `IS NULL` are for every field.
public struct RunFilter: Sendable, Equatable {
    /// How much a filter may hold.
    public struct Limits: Sendable {
        /// The most conditions that one SQL statement can well hold.
        public static let maximumConditions = 200

        /// Conditions of a filter; 50.
        public let conditions: Int
        /// Values of an `IN`; 1,000.
        public let values: Int

        /// Sets the limits; each has the default its property names.
        public init(conditions: Int = 50, values: Int = 1000) {
            self.conditions = conditions
            self.values = values
        }
    }

    /// The conditions.
    public let conditions: [RunCondition]

    /// Reads a filter; one without any words has no conditions.
    ///
    /// - Throws: `RunFilterError` that says what is wrong, and where.
    public init(
        parsing text: String, limits: Limits = Limits()
    ) throws(RunFilterError) {
        var scanner = try FilterScanner(text)
        var conditions: [RunCondition] = []
        guard scanner.next != .end else {
            self.conditions = []
            return
        }
        repeat {
            guard conditions.count < limits.conditions else {
                throw RunFilterError(
                    detail: "a filter has at most \(limits.conditions) conditions",
                    offset: scanner.offset)
            }
            conditions.append(try scanner.condition(limits))
        } while try scanner.skip("AND")
        guard scanner.next == .end else {
            throw scanner.expected(
                scanner.isAt("OR")
                    ? "AND or the end (there is no OR: ask once for each)" : "AND or the end")
        }
        self.conditions = conditions
    }
}

extension FilterScanner {
    fileprivate mutating func condition(
        _ limits: RunFilter.Limits
    ) throws(RunFilterError) -> RunCondition {
        let field = try field()
        if try skip("IS") {
            let negated = try skip("NOT")
            guard try skip("NULL") else { throw expected(negated ? "NULL" : "NULL or NOT NULL") }
            return RunCondition(field, .isNull(negated: negated))
        }
        let negated = try skip("NOT")
        for keyword in ["LIKE", "ILIKE"] where isAt(keyword) {
            if case .metric(let key) = field {
                throw expected("a comparison, since metrics.\(key) is a number")
            }
            try advance()
            let pattern = try quotedText("a pattern in quotes")
            return RunCondition(
                field,
                .matches(pattern: pattern, ignoringCase: keyword == "ILIKE", negated: negated))
        }
        if try skip("IN") {
            return RunCondition(field, .isOneOf(try values(of: field, limits), negated: negated))
        }
        guard !negated, case .symbol(let symbol) = next,
            let comparison = RunCondition.Comparison(rawValue: symbol)
        else {
            throw expected(
                negated
                    ? "LIKE, ILIKE or IN" : "=, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT or IS")
        }
        let place = offset
        try advance()
        let value = try value(of: field)
        if case .text = value, comparison != .equal, comparison != .notEqual {
            throw RunFilterError(
                detail: "texts compare by =, !=, LIKE, ILIKE and IN; \(symbol) is for numbers",
                offset: place)
        }
        return RunCondition(field, .compares(comparison, value))
    }

    private mutating func values(
        of field: RunField, _ limits: RunFilter.Limits
    ) throws(RunFilterError) -> [RunCondition.Value] {
        guard try skip(symbol: "(") else { throw expected("a list in parentheses") }
        var values: [RunCondition.Value] = []
        repeat {
            guard values.count < limits.values else {
                throw RunFilterError(
                    detail: "a list has at most \(limits.values) values", offset: offset)
            }
            values.append(try value(of: field))
        } while try skip(symbol: ",")
        guard try skip(symbol: ")") else { throw expected("a comma or \")\"") }
        return values
    }

    /// Reads a value of the kind that the field has.
    private mutating func value(of field: RunField) throws(RunFilterError) -> RunCondition.Value {
        switch field {
        case .metric: return .number(try number("a number"))
        case .tag: return .text(try quotedText("a text in quotes"))
        case .param:
            if case .word = next { return .number(try number("a number or a text in quotes")) }
            return .text(try quotedText("a number or a text in quotes"))
        case .attribute(let attribute):
            switch attribute.kind {
            case .text: return .text(try quotedText("a text in quotes"))
            case .status: return .text(try status())
            case .number: return .number(try number("a number"))
            case .time: return .number(try time())
            }
        }
    }

    private mutating func quotedText(_ what: String) throws(RunFilterError) -> String {
        switch next {
        case .text(let text), .quoted(let text):
            guard !text.utf8.contains(0) else {
                throw RunFilterError(detail: "the text contains a NUL character", offset: offset)
            }
            try advance()
            return text
        default: throw expected(what)
        }
    }

    private mutating func number(_ what: String) throws(RunFilterError) -> Double {
        guard case .word(let word) = next, let number = Double(word), number.isFinite else {
            throw expected(what)
        }
        try advance()
        return number
    }

    /// Reads a status by this service's name for it, or by MLflow's.
    private mutating func status() throws(RunFilterError) -> String {
        let what = "a status in quotes"
        let place = offset
        let text = try quotedText(what).lowercased()
        let names = ["finished": "succeeded", "killed": "cancelled", "scheduled": "queued"]
        guard let status = RunStatus(rawValue: names[text] ?? text) else {
            let known = RunStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw RunFilterError(
                detail: "there is no status '\(text)'; there are \(known)", offset: place)
        }
        return status.rawValue
    }

    /// Reads a time as milliseconds since 1970 UTC, or as a text such as `'2026-01-02T03:04:05Z'`.
    private mutating func time() throws(RunFilterError) -> Double {
        let what = "a time: milliseconds since 1970, or a text such as '2026-01-02T03:04:05Z'"
        if case .word = next { return try number(what) }
        let place = offset
        let text = try quotedText(what)
        for style in [
            Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle(),
        ] {
            // Only whether it parses matters here: the other style may, and else it is told below.
            if let date = try? style.parse(text) {
                return (date.timeIntervalSince1970 * 1000).rounded()
            }
        }
        throw RunFilterError(detail: "'\(text)' is not \(what)", offset: place)
    }
}
