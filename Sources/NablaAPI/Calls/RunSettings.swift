import NablaJSON

/// The settings of a run's request, each with its name and its value as JSON.
///
/// A setting in an object is named with it, as in `optimizer.learning_rate`; an object's `type` is what
/// it is, as in `optimizer`. Name and tags are none.
struct RunSettings {
    /// The settings in the order they stand in.
    private(set) var values: [(key: String, json: String)] = []

    /// Takes a request apart.
    ///
    /// - Throws: `JSONError` when it isn't JSON.
    init(of request: String) throws {
        let root = try JSONDocument(parsing: Array(request.utf8)).root
        for (name, value) in try root.anyObject() where name != "name" && name != "tags" {
            try add(value, named: name)
        }
    }

    private mutating func add(_ value: JSONValue, named key: String) throws {
        switch value.kind {
        case .object:
            for (name, member) in try value.anyObject() {
                try add(member, named: name == "type" ? key : "\(key).\(name)")
            }
        case .array:
            let elements = try value.array()
            guard elements.contains(where: \.isObject) else {
                values.append((key, try value.jsonText()))
                return
            }
            for (index, element) in elements.enumerated() {
                try add(element, named: "\(key).\(index)")
            }
        default: values.append((key, try value.jsonText()))
        }
    }
}
