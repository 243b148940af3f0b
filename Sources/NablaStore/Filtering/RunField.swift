/// Something of a run that filters and orders may name.
public enum RunField: Sendable, Hashable {
    /// The latest value of a metric: a number.
    case metric(String)
    /// A setting of the request: a text, or a number.
    case param(String)
    /// A tag's value: a text.
    case tag(String)
    /// What every run has, or may have.
    case attribute(RunAttribute)
}

/// What every run has, or may have.
public enum RunAttribute: String, Sendable, CaseIterable {
    case id, name, status, notes
    case createdAt = "created_at"
    case startedAt = "started_at"
    case finishedAt = "finished_at"
    case parameters, epoch, epochs

    /// What its values are.
    enum Kind {
        case text, status, number, time
    }

    /// What its values are.
    var kind: Kind {
        switch self {
        case .id, .name, .notes: .text
        case .status: .status
        case .createdAt, .startedAt, .finishedAt: .time
        case .parameters, .epoch, .epochs: .number
        }
    }

    /// The attribute of that name, or of the name that MLflow has for it.
    init?(named name: String) {
        switch name {
        case "run_id": self = .id
        case "run_name": self = .name
        case "created": self = .createdAt
        case "start_time": self = .startedAt
        case "end_time": self = .finishedAt
        default: self.init(rawValue: name)
        }
    }
}

extension RunField {
    /// The prefixes of fields with a key of their own, with MLflow's other names for them.
    private static let prefixes: [String: @Sendable (String) -> RunField] = [
        "metrics": { .metric($0) }, "metric": { .metric($0) },
        "params": { .param($0) }, "param": { .param($0) },
        "parameters": { .param($0) }, "parameter": { .param($0) },
        "tags": { .tag($0) }, "tag": { .tag($0) },
    ]
    private static let attributePrefixes: Set = ["attributes", "attribute", "attr", "run"]

    /// What `prefix.key` names, or `key` alone; nil for nothing.
    init?(prefix: String?, key: String) {
        guard !key.isEmpty else { return nil }
        if let prefix, let make = RunField.prefixes[prefix] {
            self = make(key)
            return
        }
        guard prefix.map(RunField.attributePrefixes.contains) ?? true,
            let attribute = RunAttribute(named: key)
        else { return nil }
        self = .attribute(attribute)
    }

    /// What there is to name, for whoever named something else.
    static let known =
        "metrics.KEY, params.KEY, tags.KEY, "
        + RunAttribute.allCases.map(\.rawValue).joined(separator: ", ")
}
