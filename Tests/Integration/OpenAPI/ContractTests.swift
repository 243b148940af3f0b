import Foundation
import NablaAPI
import NablaNetworks
import Testing

/// The OpenAPI document against a real service: what it shows is what one gets.
@Suite struct ContractTests {
    /// Sends a request of any kind on a connection of its own.
    ///
    /// Of an event stream, which may have no end, only what `isEnough` waits for is read.
    static func send(
        _ method: String, _ target: String, _ body: String? = nil,
        type: String = "application/json", fields: [String] = [], version: String = "1.1",
        until isEnough: ([UInt8]) -> Bool = { _ in false }, to server: TestServer
    ) throws -> RawConnection.Answer {
        let connection = try RawConnection(port: server.port)
        var head = ["\(method) \(target) HTTP/\(version)", "Host: test", "Connection: close"]
        head += fields
        if let body { head += ["Content-Type: \(type)", "Content-Length: \(body.utf8.count)"] }
        connection.send((head + ["", ""]).joined(separator: "\r\n") + (body ?? ""))
        return try RawConnection.Answer(connection.receive(until: isEnough))
    }

    /// The id of a run that was cancelled with epochs left.
    private static func halfDone(_ server: TestServer) throws -> String {
        let run = try server.client.train(endless())
        _ = try server.client.cancel(run: run.id)
        for _ in 0..<3000 where try !server.client.run(run.id).status.isEnded { usleep(10_000) }
        return run.id
    }

    @Test func itIsMadeOfWhatTheCheckerKnows() throws {
        try withServer { server in
            let contract = try Contract(of: server)
            let known = SchemaChecker.annotations.union(SchemaChecker.assertions)
            #expect(contract.schemas.count > 150)
            for (place, schema) in contract.schemas {
                let unknown = Set((schema.members ?? [:]).keys).subtracting(known)
                #expect(unknown.isEmpty, "\(place): \(unknown)")
                guard let value = schema["default"] else { continue }
                let complaints = try contract.requests.complaints(value, schema, at: place)
                #expect(complaints.isEmpty, "\(complaints)")
            }
        }
    }

    @Test func everyExampleOfARequestIsAnsweredAsDocumented() throws {
        try withServer { server in
            let contract = try Contract(of: server)
            let run = try server.client.train(TrainingTests.request(epochs: 2), waitSeconds: 30)
            var replayed: Set<String> = []
            for (operation, description) in contract.operations {
                for (type, content) in description["requestBody"]?["content"]?.members ?? [:] {
                    let schema = try #require(content["schema"])
                    for (name, example) in content["examples"]?.members ?? [:] {
                        let value = try #require(example["value"])
                        let wrong = try contract.requests.complaints(value, schema)
                        #expect(wrong.isEmpty, "\(operation.path) \(name): \(wrong)")
                        // To go on, a run must have epochs left.
                        let resumes = operation.path.hasSuffix("/resume")
                        let id = resumes ? try Self.halfDone(server) : run.id
                        let path = operation.path.replacing("{id}", with: id)
                            .replacing(
                                "{name}", with: "\(name).\(type == "text/csv" ? "csv" : "x")")
                        let answer = try Self.send(
                            operation.method,
                            path + (type == "text/csv" ? "?target=price" : ""),
                            type == "text/csv" ? value.text : value.json, type: type, to: server)
                        let isTaken = resumes || operation.path == Path.train
                        let status = isTaken ? 202 : operation.method == "PUT" ? 201 : 200
                        #expect(answer.status == status, "\(name): \(answer.body)")
                        let complaints = try contract.complaints(answer, to: operation)
                        #expect(complaints.isEmpty, "\(operation.path) \(name): \(complaints)")
                        replayed.insert("\(operation.path) \(type) \(name)")
                    }
                }
            }
            #expect(replayed.count >= 19)
        }
    }

    @Test func everyExampleOfAnAnswerFitsItsSchema() throws {
        try withServer { server in
            let contract = try Contract(of: server)
            var responses = contract.document["components"]?["responses"]?.members ?? [:]
            for (operation, description) in contract.operations {
                for (status, response) in description["responses"]?.members ?? [:] {
                    responses["\(operation) \(status)"] = try contract.resolved(response)
                }
            }
            var checked = 0
            for (place, response) in responses {
                for content in (response["content"]?.members ?? [:]).values {
                    for example in (content["examples"]?.members ?? [:]).values {
                        let (value, schema) = (try #require(example["value"]), content["schema"])
                        let wrong = try contract.answers.complaints(value, #require(schema))
                        #expect(wrong.isEmpty, "\(place): \(wrong)")
                        checked += 1
                    }
                }
            }
            #expect(checked >= 14)
        }
    }

    /// A run that trains until it is cancelled, each epoch of it long enough to be read in time.
    static func endless() throws -> TrainRequest {
        let width = 128
        let inputs = try Tensor(
            (0..<512 * width).map { Float($0 % 17) / 17 }, shape: [512, width])
        return TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [width],
                    layers: [Layer(.dense(try Dense(units: width, activation: .tanh)))])),
            loss: try Loss(.meanSquaredError),
            samples: try Samples(inputs: inputs, targets: inputs),
            settings: try TrainingSettings(optimizer: .sgd(SGD()), epochs: 1_000_000))
    }

    @Test func everyOptimizerIsShownAsDocumented() throws {
        try withServer { server in
            let contract = try Contract(of: server)
            let operation = Contract.Operation(method: "POST", path: "/train")
            let schema = try #require(
                contract.operations[operation]?["requestBody"]?["content"]?["application/json"]?[
                    "schema"])
            for name in Optimizer.names {
                let body = """
                    {"network": {"input_shape": [1], "layers": [{"units": 1}]},
                     "loss": "mean_squared_error", "optimizer": "\(name)", "epochs": 2,
                     "samples": {"inputs": [[1], [2]], "targets": [0.5, 0]}}
                    """
                let wrong = try contract.requests.complaints(JSON(body), schema)
                #expect(wrong.isEmpty, "\(name): \(wrong)")
                let answer = try Self.send(
                    "POST", "/train", body, fields: ["Prefer: wait=30"], to: server)
                #expect(answer.status == 200, "\(name): \(answer.body)")
                let complaints = try contract.complaints(answer, to: operation)
                #expect(complaints.isEmpty, "\(name): \(complaints)")
                #expect(try Run(parsing: Array(answer.body.utf8)).status == .succeeded)
            }
        }
    }

    @Test func everyCallIsAnsweredAsDocumented() throws {
        try withServer { server in
            let contract = try Contract(of: server)
            let linear = contract.operations[.init(method: "POST", path: "/train")]?[
                "requestBody"]?[
                    "content"]?["application/json"]?["examples"]?["linear"]?["value"]
            let request = try #require(linear?.json)
            let trained = try Self.send(
                "POST", "/train", request, fields: ["Prefer: wait=30"], to: server)
            #expect(trained.status == 200)
            let run = try Run(parsing: Array(trained.body.utf8))
            let endless = try server.client.train(Self.endless())
            let byRun = #"{"network": {"run": "\#(run.id)"}, "inputs": [[1, 2]]}"#
            let network = "/runs/\(run.id)/network"
            _ = try server.client.put(network: .run(id: run.id), named: "kept")
            _ = try server.client.put(
                csv: Array("a,b,t\n1,2,3\n4,5,6.5\n".utf8), targets: ["t"], named: "table")
            let calls: [(path: String, status: Int, answer: RawConnection.Answer)] = [
                ("/train", 200, trained),
                (
                    "/runs", 200,
                    try Self.send(
                        "GET", "/runs?filter=metrics.loss%3E0&order_by=metrics.loss%20desc",
                        to: server)
                ),
                ("/predict", 200, try Self.send("POST", "/predict", byRun, to: server)),
                ("/runs", 200, try Self.send("GET", "/runs?limit=1&status=succeeded", to: server)),
                ("/runs", 200, try Self.send("GET", "/runs?limit=1", to: server)),
                ("/runs/{id}", 200, try Self.send("GET", "/runs/\(run.id)", to: server)),
                ("/runs/{id}/network", 200, try Self.send("GET", network, to: server)),
                (
                    "/runs/{id}/network", 200,
                    try Self.send("GET", network + "?encoding=base64", to: server)
                ),
                (
                    "/runs/{id}/metrics", 200,
                    try Self.send("GET", "/runs/\(run.id)/metrics", to: server)
                ),
                (
                    "/runs/{id}/metrics", 200,
                    try Self.send(
                        "GET", "/runs/\(run.id)/metrics?key=loss&from=2",
                        fields: ["Accept: text/csv"], to: server)
                ),
                // A 1.0 client gets the stream as it is, without chunks.
                (
                    "/runs/{id}/events", 200,
                    try Self.send("GET", "/runs/\(run.id)/events", version: "1.0", to: server)
                ),
                (
                    "/events", 200,
                    try Self.send("GET", "/events?run=\(run.id)", version: "1.0", to: server)
                ),
                (
                    "/runs/{id}/cancel", 202,
                    try Self.send("POST", "/runs/\(endless.id)/cancel", to: server)
                ),
                (
                    "/runs/{id}/network", 200,
                    try Self.send("GET", network + "?format=safetensors&epoch=4", to: server)
                ),
                (
                    "/runs", 200,
                    try Self.send("GET", "/runs?limit=1", fields: ["Accept: text/csv"], to: server)
                ),
                (
                    "/runs/compare", 200,
                    try Self.send("GET", "/runs/compare?ids=\(run.id),\(endless.id)", to: server)
                ),
                (
                    "/runs/export", 200,
                    try Self.send(
                        "GET", "/runs/export?include=metrics", version: "1.0", to: server)
                ),
                ("/datasets", 200, try Self.send("GET", "/datasets", to: server)),
                (
                    "/datasets/{name}", 200,
                    try Self.send("GET", "/datasets/table?include=samples", to: server)
                ),
                ("/networks", 200, try Self.send("GET", "/networks", to: server)),
                ("/networks/{name}", 200, try Self.send("GET", "/networks/kept", to: server)),
                (
                    "/networks/{name}", 200,
                    try Self.send("GET", "/networks/kept?format=safetensors", to: server)
                ),
                (
                    "/runs/{id}/resume", 202,
                    try Self.send(
                        "POST", "/runs/\(run.id)/resume", #"{"epochs": 2}"#, to: server)
                ),
                ("/healthz", 200, try Self.send("GET", "/healthz", to: server)),
                ("/readyz", 200, try Self.send("GET", "/readyz", to: server)),
                ("/metrics", 200, try Self.send("GET", "/metrics", to: server)),
                ("/version", 200, try Self.send("GET", "/version", to: server)),
                ("/openapi.json", 200, try Self.send("GET", "/openapi.json", to: server)),
            ]
            for (path, status, answer) in calls {
                let posts = ["/train", "/predict", "/runs/{id}/cancel", "/runs/{id}/resume"]
                let method = posts.contains(path) ? "POST" : "GET"
                #expect(answer.status == status, "\(path): \(answer.body)")
                let wrong = try contract.complaints(answer, to: .init(method: method, path: path))
                #expect(wrong.isEmpty, "\(path): \(wrong)")
            }
            // The examples' test has called those that aren't here.
            let called = Set(calls.map(\.path)).union([
                Path.gradients, Path.gradientsBatch, Path.check,
            ])
            #expect(called == Set(contract.operations.keys.map(\.path)))
        }
    }

    @Test func everyEventIsAsDocumented() throws {
        try withServer { server in
            let contract = try Contract(of: server)
            let schemas = [
                "progress": "ProgressEvent", "metrics": "MetricsEvent",
                "checkpoint": "CheckpointEvent", "end": "Run",
            ]
            let run = try server.client.train(Self.endless())
            let connection = try RawConnection(port: server.port)
            connection.send("GET \(Path.run(run.id, .events)) HTTP/1.0\r\nHost: test\r\n\r\n")
            let begun = connection.receive { bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                return ["progress", "metrics", "checkpoint"].allSatisfy {
                    text.contains("event: \($0)\n")
                }
            }
            _ = try server.client.cancel(run: run.id)
            let answer = try RawConnection.Answer(begun + connection.receive())
            var seen: Set<Substring> = []
            for block in answer.body.components(separatedBy: "\n\n") where !block.isEmpty {
                let lines = block.split(separator: "\n")
                let name = try #require(lines.first { $0.hasPrefix("event: ") }).dropFirst(7)
                let data = try #require(lines.first { $0.hasPrefix("data: ") }).dropFirst(6)
                let schema = "#/components/schemas/\(try #require(schemas[String(name)]))"
                let wrong = try contract.answers.complaints(
                    JSON(String(data)), contract.answers.resolve(schema))
                #expect(wrong.isEmpty, "\(name): \(wrong)")
                #expect(lines.contains { $0.hasPrefix("id: ") } == (name == "metrics"))
                seen.insert(name)
            }
            #expect(seen.count == schemas.count)
        }
    }
}
