import NablaAPI

/// The OpenAPI document as a service gives it, and what answers it promises.
struct Contract {
    let document: JSON
    /// Checks requests: an object may have what its schema leaves open.
    let requests: SchemaChecker
    /// Checks answers: whatever is in one must be in the document.
    let answers: SchemaChecker

    init(of server: TestServer, token: String? = nil) throws {
        let fields = token.map { ["Authorization: Bearer \($0)"] } ?? []
        document = try JSON(
            RawConnection.get(Path.openAPI, port: server.port, fields: fields).body)
        requests = SchemaChecker(document: document)
        answers = SchemaChecker(document: document, isClosed: true)
    }

    /// A call that the document describes.
    struct Operation: Hashable {
        let method: String
        let path: String
    }

    /// Every call there is, with its description.
    var operations: [Operation: JSON] {
        var found: [Operation: JSON] = [:]
        for (path, item) in document["paths"]?.members ?? [:] {
            for (method, operation) in item.members ?? [:] where method != "parameters" {
                found[Operation(method: method.uppercased(), path: path)] = operation
            }
        }
        return found
    }

    /// What is wrong with an answer: its status, fields, media type or body isn't as documented.
    func complaints(
        _ answer: RawConnection.Answer, to operation: Operation
    ) throws -> [String] {
        guard let responses = operations[operation]?["responses"] else {
            return ["\(operation) isn't documented"]
        }
        let own = responses["\(answer.status)"]
        guard let response = try (own ?? responses["default"]).map(resolved) else {
            return ["the status \(answer.status) isn't documented"]
        }
        var found: [String] = []
        if own != nil {
            for name in (response["headers"]?.members ?? [:]).keys
            where answer.fields[name.lowercased()] == nil {
                found.append("the field \(name) is missing")
            }
        }
        let type = String(answer.fields["content-type"]?.prefix { $0 != ";" } ?? "")
        guard let schema = response["content"]?[type]?["schema"] else {
            return found + ["the media type \(type) of \(answer.status) isn't documented"]
        }
        let isJSON = type.hasSuffix("/json") || type.hasSuffix("+json")
        let body = isJSON ? try JSON(answer.body) : .string(answer.body)
        found += try answers.complaints(body, schema)
        if answer.status >= 400 {
            found += complaints(problem: body, answer.status, response, isOwn: own != nil)
        }
        return found
    }

    /// A part of the document, or what it refers to.
    func resolved(_ part: JSON) throws -> JSON {
        guard let reference = part["$ref"]?.text else { return part }
        return try answers.resolve(reference)
    }

    /// The description of a response names each kind of problem, the default's with the status.
    private func complaints(
        problem: JSON, _ status: Int, _ response: JSON, isOwn: Bool
    ) -> [String] {
        let kind = (problem["type"]?.text ?? "").split(separator: "/").last ?? ""
        let words = isOwn ? "`\(kind)`" : "\(status) `\(kind)`"
        let isNamed = response["description"]?.text?.contains(words) == true
        return isNamed ? [] : ["\(words) isn't in the description of the response"]
    }
}

extension Contract {
    /// Every schema of the document, by its place.
    var schemas: [String: JSON] {
        var found: [String: JSON] = [:]
        collect(document, at: "#", isSchema: false, &found)
        return found
    }

    private func collect(
        _ part: JSON, at place: String, isSchema: Bool, _ found: inout [String: JSON]
    ) {
        if isSchema { found[place] = part }
        for (name, member) in part.members ?? [:] {
            let here = "\(place)/\(name)"
            switch name {
            // Values, which may look like anything.
            case "example", "examples", "default", "const", "enum": continue
            case "schema", "items", "not", "additionalProperties", "propertyNames":
                collect(member, at: here, isSchema: member.members != nil, &found)
            case "schemas", "properties":
                for (name, schema) in member.members ?? [:] {
                    collect(schema, at: "\(here)/\(name)", isSchema: true, &found)
                }
            case "oneOf":
                for (index, schema) in (member.elements ?? []).enumerated() {
                    collect(schema, at: "\(here)/\(index)", isSchema: true, &found)
                }
            default: collect(member, at: here, isSchema: false, &found)
            }
        }
    }
}
