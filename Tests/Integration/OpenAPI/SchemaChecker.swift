import Foundation

/// Checks values against JSON Schema, as far as the OpenAPI document uses it.
///
/// A keyword, type or format it doesn't know is an error of its own, so that no part of the document
/// goes unchecked in silence.
/// - Source: JSON Schema 2020-12, which OpenAPI 3.1 takes over.
struct SchemaChecker {
    /// A schema that this checker can't check with.
    struct UnknownSchema: Error, CustomStringConvertible {
        let description: String
    }

    /// The document that references are looked up in.
    let document: JSON
    /// Whether an object may have the properties that its schema names and no other, even where the
    /// schema leaves that open.
    var isClosed = false

    /// The keywords that say nothing of whether a value fits.
    static let annotations: Set = ["description", "default", "examples", "contentEncoding"]
    /// The keywords that are checked.
    static let assertions: Set = [
        "$ref", "type", "const", "enum", "format", "pattern", "minimum", "maximum",
        "exclusiveMinimum", "exclusiveMaximum", "items", "minItems", "maxItems", "uniqueItems",
        "required", "properties", "additionalProperties", "propertyNames", "oneOf", "not",
    ]

    /// What is wrong with a value: a line for each place, none when it fits.
    ///
    /// - Throws: `UnknownSchema`.
    func complaints(_ value: JSON, _ schema: JSON, at place: String = "") throws -> [String] {
        guard let keywords = schema.members else {
            throw UnknownSchema(description: "the schema at \(place) is no object")
        }
        var found: [String] = []
        for keyword in keywords.keys.sorted() where !Self.annotations.contains(keyword) {
            guard Self.assertions.contains(keyword), let argument = keywords[keyword] else {
                throw UnknownSchema(description: "the keyword \(keyword) at \(place)")
            }
            switch value {
            case .object(let members):
                found += try complaints(members, keyword, argument, schema, place)
            case .array(let elements):
                found += try complaints(elements, keyword, argument, place)
            case .number(let number): found += try complaints(number, keyword, argument, place)
            case .string(let text): found += try complaints(text, keyword, argument, place)
            case .boolean, .null: break
            }
            found += try complaints(any: value, keyword, argument, place)
        }
        return found
    }

    /// The schema that a reference names.
    func resolve(_ reference: String) throws -> JSON {
        let steps = reference.split(separator: "/").map(String.init)
        let found = steps.dropFirst().reduce(document as JSON?) { $0?[$1] }
        guard steps.first == "#", let found else {
            throw UnknownSchema(description: "nothing stands at \(reference)")
        }
        return found
    }
}

extension SchemaChecker {
    /// Keywords for values of every type.
    private func complaints(
        any value: JSON, _ keyword: String, _ argument: JSON, _ place: String
    ) throws -> [String] {
        switch keyword {
        case "$ref": return try complaints(value, resolve(argument.text ?? ""), at: place)
        case "type":
            return try isOf(type: argument.text ?? "", value)
                ? [] : ["\(place) is \(value.json), but no \(argument.json)"]
        case "const": return value == argument ? [] : ["\(place) isn't \(argument.json)"]
        case "enum":
            let isKnown = argument.elements?.contains(value) == true
            return isKnown ? [] : ["\(place) is \(value.json), which isn't listed"]
        case "oneOf":
            let results = try (argument.elements ?? []).map {
                try complaints(value, $0, at: place)
            }
            let fitting = results.count { $0.isEmpty }
            return fitting == 1 ? [] : ["\(place) fits \(fitting) of: \(results)"]
        case "not":
            return try complaints(value, argument, at: place).isEmpty
                ? ["\(place) is what it must not be"] : []
        default: return []
        }
    }

    private func isOf(type: String, _ value: JSON) throws -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("number", .number),
            ("boolean", .boolean), ("null", .null):
            return true
        case ("integer", .number(let number)): return number == number.rounded()
        case ("object", _), ("array", _), ("string", _), ("number", _), ("boolean", _),
            ("integer", _), ("null", _):
            return false
        default: throw UnknownSchema(description: "the type \(type)")
        }
    }

    private func complaints(
        _ members: [String: JSON], _ keyword: String, _ argument: JSON, _ schema: JSON,
        _ place: String
    ) throws -> [String] {
        switch keyword {
        case "required":
            let names = (argument.elements ?? []).compactMap(\.text)
            return names.filter { members[$0] == nil }.map { "\(place)/\($0) is missing" }
        case "properties":
            var found: [String] = []
            for (name, property) in argument.members ?? [:] {
                guard let value = members[name] else { continue }
                found += try complaints(value, property, at: "\(place)/\(name)")
            }
            guard isClosed, schema["additionalProperties"] == nil else { return found }
            return found
                + members.keys.filter { argument[$0] == nil }.map { "\(place)/\($0) is not named" }
        case "additionalProperties":
            let others = members.filter { schema["properties"]?[$0.key] == nil }
            if argument == .boolean(false) {
                return others.keys.map { "\(place)/\($0) is too much" }
            }
            return try others.flatMap { try complaints($1, argument, at: "\(place)/\($0)") }
        case "propertyNames":
            return try members.keys.flatMap {
                try complaints(.string($0), argument, at: "the name \(place)/\($0)")
            }
        default: return []
        }
    }

    private func complaints(
        _ elements: [JSON], _ keyword: String, _ argument: JSON, _ place: String
    ) throws -> [String] {
        switch keyword {
        case "items":
            return try elements.enumerated().flatMap {
                try complaints($1, argument, at: "\(place)/\($0)")
            }
        case "minItems":
            return Double(elements.count) >= argument.number ?? 0 ? [] : ["\(place) is too short"]
        case "maxItems":
            return Double(elements.count) <= argument.number ?? 0 ? [] : ["\(place) is too long"]
        case "uniqueItems":
            let isUnique = elements.indices.allSatisfy { !elements[..<$0].contains(elements[$0]) }
            return isUnique || argument == .boolean(false) ? [] : ["\(place) has something twice"]
        default: return []
        }
    }

    private func complaints(
        _ number: Double, _ keyword: String, _ argument: JSON, _ place: String
    ) throws -> [String] {
        let bound = argument.number ?? .nan
        let fits: Bool
        switch keyword {
        case "minimum": fits = number >= bound
        case "maximum": fits = number <= bound
        case "exclusiveMinimum": fits = number > bound
        case "exclusiveMaximum": fits = number < bound
        case "format":
            guard argument.text == "int64" else {
                throw UnknownSchema(description: "the format \(argument.json) of a number")
            }
            fits = Int64(exactly: number) != nil
        default: fits = true
        }
        return fits ? [] : ["\(place) is \(number), but has the \(keyword) \(argument.json)"]
    }

    private func complaints(
        _ text: String, _ keyword: String, _ argument: JSON, _ place: String
    ) throws -> [String] {
        let fits: Bool
        switch keyword {
        case "pattern":
            fits = text.range(of: argument.text ?? "", options: .regularExpression) != nil
        case "format": fits = try has(format: argument.text ?? "", text)
        default: fits = true
        }
        return fits ? [] : ["\(place) is \"\(text)\", but has the \(keyword) \(argument.json)"]
    }

    private func has(format: String, _ text: String) throws -> Bool {
        switch format {
        case "uuid": return UUID(uuidString: text) != nil
        case "date-time": return ISO8601DateFormatter.withFractions.date(from: text) != nil
        case "uri-reference": return URL(string: text) != nil
        case "json-pointer": return text.isEmpty || text.hasPrefix("/")
        default: throw UnknownSchema(description: "the format \(format) of a text")
        }
    }
}

extension ISO8601DateFormatter {
    fileprivate static var withFractions: ISO8601DateFormatter {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter
    }
}
