import NablaJSON
import NablaNetworks

/// What the readers of the wire types have in common.
extension JSONObject {
    /// Reads a field that must be there.
    @inline(__always)
    func read<Value>(_ name: StaticString, _ body: (JSONValue) throws -> Value) throws -> Value {
        try body(required(name))
    }

    /// Reads a field that may be left out or null.
    @inline(__always)
    func readIfPresent<Value>(
        _ name: StaticString, _ body: (JSONValue) throws -> Value
    ) throws -> Value? {
        guard let value = self[name], !value.isNull else { return nil }
        return try body(value)
    }
}

extension JSONValue {
    /// Makes a checked value out of this place, so that its error points into the document.
    @inline(__always)
    func checked<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as InvalidValue {
            throw error.under(pointer)
        }
    }

    /// Reads a name out of a closed list; another name is refused with the list.
    @inline(__always)
    func name<Value>(
        of what: String, among names: @autoclosure () -> [String], _ make: (String) -> Value?
    ) throws -> Value {
        let name = try string()
        guard let value = make(name) else {
            throw Problem.unknownName(name, of: what, among: names(), at: pointer)
        }
        return value
    }

    /// The place of the name in a value that is a name, or an object with its name under `type`.
    func typeName() throws -> JSONValue {
        isString ? self : try anyObject().required("type")
    }

    /// The settings beside `type` in such a value; nil when it is just a name.
    func settings(_ known: @autoclosure () -> [StaticString]) throws -> JSONObject? {
        isString ? nil : try object(["type"] + known())
    }

    /// Reads a list.
    @inline(__always)
    func list<Value>(_ body: (JSONValue) throws -> Value) throws -> [Value] {
        try array().map(body)
    }
}

extension JSONValue {
    /// The value as a JSON text of its own, without white space.
    func jsonText() throws -> String {
        var writer = JSONWriter()
        try writer.copy(self)
        return String(decoding: writer.finish(), as: UTF8.self)
    }
}

extension JSONWriter {
    /// Writes a value that was read.
    fileprivate mutating func copy(_ value: JSONValue) throws {
        switch value.kind {
        case .object:
            beginObject()
            for (name, member) in try value.anyObject() {
                key(escaping: name)
                try copy(member)
            }
            endObject()
        case .array:
            beginArray()
            for element in try value.array() { try copy(element) }
            endArray()
        case .string: string(try value.string())
        case .number:
            if let whole = try? value.int() {
                int(whole)
            } else {
                number(try value.double())
            }
        case .boolean: bool(try value.bool())
        case .null: null()
        }
    }
}

extension Problem {
    /// A name that isn't in its closed list.
    static func unknownName(
        _ name: String, of what: String, among names: [String], at pointer: String
    ) -> Problem {
        Problem(
            .unknownName,
            "there is no \(what) \"\(name)\"; there are \(names.joined(separator: ", "))",
            pointer: pointer)
    }
}

extension JSONWriter {
    /// Writes a field, or nothing for nil.
    mutating func field(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    /// Writes a field, or nothing for nil.
    mutating func field(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        key(name)
        int(value)
    }

    /// Writes a field, or nothing for nil.
    mutating func field(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        key(name)
        bool(value)
    }

    /// Writes a field, or nothing for nil.
    mutating func field(_ name: StaticString, _ value: Double?) {
        guard let value else { return }
        key(name)
        number(value)
    }

    /// Writes a field that is an object of numbers, its keys in order.
    mutating func field(_ name: StaticString, _ values: [String: Double]) {
        key(name)
        beginObject()
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            key(escaping: name)
            number(value)
        }
        endObject()
    }
}
