import NablaJSON

/// A JSON value as a tree, for tests that look at whole documents.
indirect enum JSON: Equatable {
    case object([String: JSON])
    case array([JSON])
    case string(String)
    case number(Double)
    case boolean(Bool)
    case null

    init(_ text: String) throws {
        self = try JSON(JSONDocument(parsing: Array(text.utf8)).root)
    }

    private init(_ value: JSONValue) throws {
        switch value.kind {
        case .object:
            var members: [String: JSON] = [:]
            for (name, member) in try value.anyObject() { members[name] = try JSON(member) }
            self = .object(members)
        case .array: self = .array(try value.array().map { try JSON($0) })
        case .string: self = .string(try value.string())
        case .number: self = .number(try value.double())
        case .boolean: self = .boolean(try value.bool())
        case .null: self = .null
        }
    }

    /// A member of an object; nil for anything else.
    subscript(name: String) -> JSON? { members?[name] }

    var members: [String: JSON]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    var elements: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var number: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// The value as a JSON text.
    var json: String {
        switch self {
        case .object(let members):
            "{" + members.map { "\(JSON.string($0).json):\($1.json)" }.joined(separator: ",") + "}"
        case .array(let elements): "[" + elements.map(\.json).joined(separator: ",") + "]"
        case .string(let text):
            // What the tests send has no characters that must be escaped but these.
            "\""
                + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n") + "\""
        case .number(let number):
            number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
        case .boolean(let value): "\(value)"
        case .null: "null"
        }
    }
}
