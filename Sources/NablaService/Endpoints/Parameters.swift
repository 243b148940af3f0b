import NablaAPI
import NablaStore

/// The query of a target, its names checked.
struct Parameters {
    private let values: [String: String]

    /// Reads a query.
    ///
    /// - Throws: `Problem` for a name that isn't known or stands twice.
    init(_ query: [(name: String, value: String)], known: [String], prefix: String? = nil)
        throws(Problem)
    {
        var values: [String: String] = [:]
        for (name, value) in query {
            let isPrefixed = prefix.map { name.hasPrefix($0) && name.count > $0.count } ?? false
            guard known.contains(name) || isPrefixed else {
                throw Problem(
                    .invalidParameter,
                    "there is no parameter \"\(name)\" here"
                        + Parameters.list(known + (prefix.map { ["\($0)KEY"] } ?? [])))
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem(.invalidParameter, "the parameter \"\(name)\" is given twice")
            }
        }
        self.values = values
    }

    private static func list(_ known: [String]) -> String {
        known.isEmpty ? ", and no other" : "; there are " + known.joined(separator: ", ")
    }

    /// A parameter's text.
    subscript(name: String) -> String? { values[name] }

    /// The parameters whose names begin with `prefix`, without it.
    func all(withPrefix prefix: String) -> [String: String] {
        var found: [String: String] = [:]
        for (name, value) in values where name.hasPrefix(prefix) {
            found[String(name.dropFirst(prefix.count))] = value
        }
        return found
    }

    /// A parameter that is a whole number.
    func int(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(
                .invalidParameter,
                "\(name) is \"\(text)\", but must be a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }

    /// A parameter that is a name out of a closed list.
    func name<Value: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Value.Type
    ) throws(Problem) -> Value? where Value.RawValue == String {
        guard let text = values[name] else { return nil }
        guard let value = Value(rawValue: text) else {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(
                .invalidParameter, "there is no \(name) \"\(text)\"; there are \(known)")
        }
        return value
    }
}

extension RunQuery {
    /// What `GET /runs` may be asked.
    static let parameters = ["status", "name", "filter", "order_by", "limit", "cursor"]

    /// The runs that `GET /runs` asks for: at most 50 unless it says otherwise, at most 1,000.
    init(
        _ query: [(name: String, value: String)], _ limits: RunFilter.Limits
    ) throws(Problem) {
        try self.init(Parameters(query, known: RunQuery.parameters, prefix: "tag."), limits)
    }

    /// The runs that parameters ask for.
    init(_ parameters: Parameters, _ limits: RunFilter.Limits) throws(Problem) {
        self.init()
        if let status = try parameters.name("status", NablaAPI.RunStatus.self) {
            statuses = [NablaStore.RunStatus(status)]
        }
        name = parameters["name"]
        tags = parameters.all(withPrefix: "tag.")
        if let text = parameters["filter"] {
            do {
                conditions = try RunFilter(parsing: text, limits: limits).conditions
            } catch {
                throw Problem(error, in: "filter")
            }
        }
        if let text = parameters["order_by"] {
            do {
                order = try RunOrder(parsing: text)
            } catch {
                throw Problem(error, in: "order_by")
            }
        }
        limit = try parameters.int("limit", in: 1...1000) ?? 50
        cursor = parameters["cursor"]
    }
}

extension Problem {
    /// Tells what can't be read in a parameter's text, and where in it.
    fileprivate init(_ error: RunFilterError, in parameter: String) {
        self.init(.invalidParameter, "\(parameter), at byte \(error.offset): \(error.detail)")
    }
}
