import Foundation
import NablaAPI
import NablaClient
import Testing

/// The examples of parameters in the OpenAPI document: each is one that a real service takes.
@Suite struct ContractParameterTests {
    private struct Parameter {
        let name: String
        let place: String
        let isRequired: Bool
        let example: JSON

        init(_ description: JSON, _ contract: Contract) throws {
            name = try #require(description["name"]?.text)
            place = try #require(description["in"]?.text)
            isRequired = description["required"] == .boolean(true)
            example = try #require(description["example"], "\(name) has no example")
            let schema = try #require(description["schema"])
            let wrong = try contract.requests.complaints(example, schema)
            #expect(wrong.isEmpty, "\(name): \(wrong)")
        }

        /// Its text in a query, as its style says: an object's properties are parameters of their
        /// own, and an array's elements stand under the same name.
        func query(_ likeness: Likeness) -> String {
            let pairs =
                example.members.map { $0.map { ($0, $1) } }
                ?? (example.elements ?? [example]).map { (name, $0) }
            return pairs.map { name, value in
                let text = likeness.translated(value.text ?? value.json)
                    .addingPercentEncoding(
                        withAllowedCharacters: .alphanumerics)
                return "\(name)=\(text ?? "")"
            }.joined(separator: "&")
        }
    }

    /// A server that has all that the examples name.
    private static func withExamples(
        _ body: (TestServer, Contract, Likeness) throws -> Void
    ) throws {
        try withServer { server in
            let contract = try Contract(of: server)
            let id = try #require(
                contract.document["components"]?["parameters"]?["RunId"]?["example"]?.text)
            let runs = [
                id: try ExampleRuns.train("xor", contract, server).id,
                try ExampleRuns.otherID(contract):
                    try ExampleRuns.train("linear", contract, server).id,
            ]
            for path in ["/datasets/{name}", "/networks/{name}"] {
                let operation = Contract.Operation(method: "PUT", path: path)
                let body = try #require(contract.requestExample("xor", of: operation))
                let answer = try ContractTests.send(
                    "PUT", path.replacing("{name}", with: "xor"), body.text, to: server)
                try #require(answer.status == 201, "\(answer.body)")
            }
            try body(server, contract, Likeness(ids: runs))
        }
    }

    /// Sends a call with some of its parameters.
    private static func send(
        _ operation: Contract.Operation, _ parameters: [Parameter], for name: String?,
        _ contract: Contract, _ likeness: Likeness, _ server: TestServer
    ) throws -> RawConnection.Answer {
        var path = operation.path
        for parameter in parameters where parameter.place == "path" {
            path = path.replacing("{\(parameter.name)}", with: parameter.example.text ?? "")
        }
        let queries = parameters.filter { $0.place == "query" }.map { $0.query(likeness) }
        let query = queries.isEmpty ? "" : "?" + queries.joined(separator: "&")
        let fields = parameters.filter { $0.place == "header" }.map {
            "\($0.name): \($0.example.text ?? $0.example.json)"
        }
        let target = likeness.translated(path) + query
        if name == "activations" {
            // Such a file describes no layers.
            let file = Reference.folder.appending(path: "safetensors/dense.safetensors")
            return try RawConnection.put(
                [UInt8](Data(contentsOf: file)), to: target, type: "application/octet-stream",
                port: server.port)
        }
        let isOfTable = ["target", "weight"].contains(name)
        let body = contract.requestExample(isOfTable ? "prices" : "xor", of: operation)
        // Without a run, a stream of events has no end.
        return try ContractTests.send(
            operation.method, target, body?.text, type: body?.type ?? "", fields: fields,
            until: { RawConnection.Answer.isWholeOrStreamed($0) }, to: server)
    }

    @Test func everyExampleOfAParameterIsTaken() throws {
        try Self.withExamples { server, contract, likeness in
            var asked: Set<String> = []
            for (operation, description) in contract.operations {
                let shared = contract.document["paths"]?[operation.path]?["parameters"]
                let all = try [shared, description["parameters"]]
                    .flatMap { $0?.elements ?? [] }
                    .map { try Parameter(contract.resolved($0), contract) }
                let required = all.filter(\.isRequired)
                var optional: [Parameter?] = all.filter { !$0.isRequired }
                // What has no other is called once, unless it takes away what the rest needs.
                if optional.isEmpty && operation.method == "GET" && !required.isEmpty {
                    optional = [nil]
                }
                for parameter in optional {
                    var parameters = required + [parameter].compactMap(\.self)
                    // The column of weights is named beside that of targets.
                    if parameter?.name == "weight" {
                        parameters += all.filter { $0.name == "target" }
                    }
                    let answer = try Self.send(
                        operation, parameters, for: parameter?.name, contract, likeness, server)
                    let names = parameters.map(\.name)
                    #expect(
                        200..<300 ~= answer.status, "\(operation) \(names): \(answer.body)")
                    asked.formUnion(names)
                }
            }
            #expect(
                asked.isSuperset(of: [
                    "id", "name", "ids", "filter", "tags", "Prefer", "Idempotency-Key",
                    "Last-Event-ID", "target", "weight", "activations",
                ]))
        }
    }
}
