import NablaAPI
import Testing

/// What goes wrong is documented too: each call's problems, with their statuses and kinds.
@Suite struct ContractProblemTests {
    private static let unknown = "/runs/0190a0a0-0000-7000-8000-000000000000"

    /// A body with one layer, and its parts exchanged.
    private static func body(
        network: String = #"{"layers": [{"weights": [[1]]}]}"#,
        loss: String = "mean_squared_error", inputs: String = "[[1]]", more: String = ""
    ) -> String {
        """
        {"network": \(network), "loss": "\(loss)",
         "samples": {"inputs": \(inputs), "targets": [1]}\(more)}
        """
    }

    private static let predict = #"{"network": {"layers": [{"weights": [[1]]}]}, "inputs": [[1]]}"#
    private static let samples = #"{"inputs": [[1]], "targets": [1]}"#
    private static let ofNoRun = body(
        network: #"{"run": "0190a0a0-0000-7000-8000-000000000000"}"#)

    struct Call: Sendable, CustomTestStringConvertible {
        let method: String
        let path: String
        let target: String
        let status: Int
        let kind: Problem.Kind
        var body: String?
        var type = "application/json"
        var fields: [String] = []
        var version = "1.1"

        var testDescription: String { "\(method) \(path): \(kind.rawValue)" }

        init(
            _ method: String, _ path: String, _ status: Int, _ kind: Problem.Kind,
            at target: String? = nil, body: String? = nil, type: String = "application/json",
            fields: [String] = [], version: String = "1.1"
        ) {
            self.version = version
            self.method = method
            self.path = path
            self.target = target ?? path
            self.status = status
            self.kind = kind
            self.body = body
            self.type = type
            self.fields = fields
        }
    }

    static let calls: [Call] = [
        Call("POST", "/gradients", 400, .malformedJSON, body: "{"),
        Call("POST", "/gradients", 400, .wrongType, body: "[]"),
        Call("POST", "/gradients", 400, .missingField, body: "{}"),
        Call("POST", "/gradients", 400, .unknownField, body: body(more: #", "x": 1"#)),
        Call("POST", "/gradients", 400, .duplicateField, body: body(more: #", "loss": 1"#)),
        Call("POST", "/gradients", 400, .unknownName, body: body(loss: "mse")),
        Call("POST", "/gradients", 400, .outOfRange, body: body(inputs: "[[1e999]]")),
        Call("POST", "/gradients", 404, .notFound, body: ofNoRun),
        Call(
            "POST", "/gradients", 413, .contentTooLarge, body: String(repeating: " ", count: 5000)),
        Call("POST", "/gradients", 415, .unsupportedMediaType, body: body(), type: "text/plain"),
        Call("POST", "/gradients", 422, .shapeMismatch, body: body(inputs: "[[1, 2]]")),
        Call("POST", "/gradients", 422, .inconsistent, body: body(loss: "cross_entropy")),
        Call("POST", "/gradients", 422, .nonFinite, body: body(inputs: "[[1e300]]")),
        Call("POST", "/gradients/batch", 400, .missingField, body: "{}"),
        Call(
            "POST", "/gradients/batch", 413, .contentTooLarge,
            body: #"{"requests": [1, 2, 3, 4, 5]}"#),
        Call("POST", "/gradients/batch", 415, .unsupportedMediaType, body: "{}", type: "text/csv"),
        Call("POST", "/check", 400, .outOfRange, body: body(more: #", "step": 0"#)),
        Call("POST", "/check", 404, .notFound, body: ofNoRun),
        Call("POST", "/check", 415, .unsupportedMediaType, body: body(), type: "text/plain"),
        Call(
            "POST", "/check", 422, .shapeMismatch,
            body: body(more: #", "gradients": [{"weights": [[1, 2]]}]"#)),
        Call("POST", "/check", 422, .nonFinite, body: body(inputs: "[[1e300]]")),
        Call(
            "POST", "/check", 422, .tooMuchWork,
            body: body(network: #"{"layers": [{"weights": [[1], [2]]}]}"#)),
        Call("POST", "/predict", 400, .malformedJSON, body: "{"),
        Call(
            "POST", "/predict", 404, .notFound, body: #"{"network": {"run": "x"}, "inputs": [[1]]}"#
        ),
        Call(
            "POST", "/predict", 413, .contentTooLarge, body: String(repeating: " ", count: 5000)),
        Call("POST", "/predict", 415, .unsupportedMediaType, body: predict, type: "text/csv"),
        Call(
            "POST", "/predict", 422, .shapeMismatch,
            body: #"{"network": {"layers": [{"weights": [[1]]}]}, "inputs": [[1, 2]]}"#),
        Call("POST", "/train", 400, .invalidParameter, body: body(), fields: ["Prefer: wait=x"]),
        Call("POST", "/train", 400, .outOfRange, body: body(more: #", "epochs": 0"#)),
        Call("POST", "/train", 404, .notFound, body: ofNoRun),
        Call("POST", "/train", 415, .unsupportedMediaType, body: body(), type: "text/plain"),
        Call("POST", "/train", 422, .inconsistent, body: body(loss: "cross_entropy")),
        Call("GET", "/runs", 400, .invalidParameter, at: "/runs?limit=0"),
        Call("GET", "/runs", 400, .invalidParameter, at: "/runs?x=1"),
        Call("GET", "/runs", 400, .invalidParameter, at: "/runs?cursor=x"),
        Call("GET", "/runs", 400, .invalidParameter, at: "/runs?filter=loss%3C1"),
        Call("GET", "/runs", 400, .invalidParameter, at: "/runs?order_by=metrics.loss%20up"),
        Call("GET", "/runs/{id}", 404, .notFound, at: unknown),
        Call("PATCH", "/runs/{id}", 404, .notFound, at: unknown, body: "{}"),
        Call("PATCH", "/runs/{id}", 400, .wrongType, at: unknown, body: #"{"name": 1}"#),
        Call("PATCH", "/runs/{id}", 400, .unknownField, at: unknown, body: #"{"status": ""}"#),
        Call("PATCH", "/runs/{id}", 400, .outOfRange, at: unknown, body: #"{"name": "\u0000"}"#),
        Call(
            "PATCH", "/runs/{id}", 415, .unsupportedMediaType, at: unknown, body: "{}",
            type: "text/plain"),
        Call("DELETE", "/runs/{id}", 404, .notFound, at: unknown),
        Call("POST", "/train", 400, .invalidParameter, body: body(), fields: ["Idempotency-Key: "]),
        Call("GET", "/runs/{id}/metrics", 404, .notFound, at: unknown + "/metrics"),
        Call("GET", "/runs/{id}/metrics", 400, .invalidParameter, at: unknown + "/metrics?from=x"),
        Call("GET", "/runs/{id}/network", 404, .notFound, at: unknown + "/network"),
        Call(
            "GET", "/runs/{id}/network", 400, .invalidParameter, at: unknown + "/network?encoding=x"
        ),
        Call("GET", "/runs/{id}/events", 404, .notFound, at: unknown + "/events"),
        Call("POST", "/runs/{id}/cancel", 404, .notFound, at: unknown + "/cancel"),
        Call(
            "POST", "/runs/{id}/cancel", 415, .unsupportedMediaType, at: unknown + "/cancel",
            body: "x", type: "text/plain"),
        Call("POST", "/runs/{id}/resume", 404, .notFound, at: unknown + "/resume"),
        Call(
            "POST", "/runs/{id}/resume", 400, .outOfRange, at: unknown + "/resume",
            body: #"{"epochs": 0}"#),
        Call(
            "POST", "/runs/{id}/resume", 400, .unknownField, at: unknown + "/resume",
            body: #"{"epoch": 1}"#),
        Call("POST", "/train", 400, .outOfRange, body: body(more: #", "priority": 101"#)),
        Call("GET", "/runs/{id}/network", 404, .notFound, at: unknown + "/network?epoch=1"),
        Call(
            "GET", "/runs/{id}/network", 400, .invalidParameter,
            at: unknown + "/network?format=onnx"),
        Call(
            "GET", "/runs/{id}/metrics", 400, .invalidParameter,
            at: unknown + "/metrics?downsample=3"),
        Call("GET", "/runs/compare", 400, .invalidParameter, at: "/runs/compare?ids=a"),
        Call("GET", "/runs/compare", 404, .notFound, at: "/runs/compare?ids=a,b"),
        Call("GET", "/runs/export", 400, .invalidParameter, at: "/runs/export?include=x"),
        Call("GET", "/datasets", 400, .invalidParameter, at: "/datasets?limit=0"),
        Call("GET", "/datasets/{name}", 404, .notFound, at: "/datasets/x"),
        Call("DELETE", "/datasets/{name}", 404, .notFound, at: "/datasets/x"),
        Call("PUT", "/datasets/{name}", 400, .malformedJSON, at: "/datasets/x", body: "{"),
        Call("PUT", "/datasets/{name}", 400, .outOfRange, at: "/datasets/a%20b", body: samples),
        Call(
            "PUT", "/datasets/{name}", 400, .invalidParameter, at: "/datasets/x?y=1", body: samples),
        Call(
            "PUT", "/datasets/{name}", 400, .invalidParameter, at: "/datasets/x", body: "a,b\n1,2",
            type: "text/csv"),
        Call(
            "PUT", "/datasets/{name}", 400, .wrongType, at: "/datasets/x?target=b",
            body: "a,b\n1,two", type: "text/csv"),
        Call(
            "PUT", "/datasets/{name}", 422, .shapeMismatch, at: "/datasets/x?target=b",
            body: "a,b\n1", type: "text/csv"),
        Call(
            "PUT", "/datasets/{name}", 422, .inconsistent, at: "/datasets/x?target=b",
            body: "a,b\n", type: "text/csv"),
        Call(
            "PUT", "/datasets/{name}", 400, .malformedRequest, at: "/datasets/x", body: "a,b\n",
            type: "application/octet-stream"),
        Call(
            "PUT", "/datasets/{name}", 415, .unsupportedMediaType, at: "/datasets/x", body: "a",
            type: "text/plain"),
        Call(
            "PUT", "/datasets/{name}", 413, .contentTooLarge, at: "/datasets/x",
            body: String(repeating: " ", count: 5000)),
        Call("GET", "/networks", 400, .invalidParameter, at: "/networks?x=0"),
        Call("GET", "/networks/{name}", 404, .notFound, at: "/networks/x"),
        Call("DELETE", "/networks/{name}", 404, .notFound, at: "/networks/x"),
        Call("PUT", "/networks/{name}", 400, .missingField, at: "/networks/x", body: "{}"),
        Call("PUT", "/networks/{name}", 404, .notFound, at: "/networks/x", body: #"{"run": "y"}"#),
        Call(
            "PUT", "/networks/{name}", 404, .notFound, at: "/networks/x", body: #"{"name": "y"}"#),
        Call(
            "PUT", "/networks/{name}", 422, .inconsistent, at: "/networks/x",
            body: #"{"layers": []}"#),
        Call(
            "PUT", "/networks/{name}", 400, .malformedRequest, at: "/networks/x", body: "no file",
            type: "application/octet-stream"),
        Call(
            "POST", "/predict", 404, .notFound,
            body: #"{"network": {"name": "x"}, "inputs": [[1]]}"#),
        Call(
            "POST", "/gradients", 404, .notFound,
            body: """
                {"network": {"layers": [{"weights": [[1]]}]}, "loss": "mean_squared_error",
                 "samples": {"dataset": "x"}}
                """),
        // A message that is refused before it reaches its call.
        Call(
            "GET", "/runs", 414, .targetTooLong,
            at: "/runs?name=" + String(repeating: "a", count: 9000)
        ),
        Call("GET", "/version", 400, .malformedRequest, fields: ["Bad Field: 1"]),
        Call(
            "GET", "/version", 431, .fieldsTooLarge,
            fields: (0..<200).map { "X-\($0): 1" }),
        Call("GET", "/healthz", 417, .expectationFailed, fields: ["Expect: magic"]),
        Call("GET", "/healthz", 505, .versionNotSupported, version: "2.0"),
        Call("POST", "/train", 501, .notImplemented, fields: ["Transfer-Encoding: gzip, chunked"]),
    ]

    @Test(arguments: calls) func isAnsweredAsDocumented(_ call: Call) throws {
        try withServer { settings in
            settings.server.limits.bodyBytes = 4096
            settings.checkProducts = 4
            settings.batchRequests = 4
        } _: { server in
            let contract = try Contract(of: server)
            let answer = try ContractTests.send(
                call.method, call.target, call.body, type: call.type, fields: call.fields,
                version: call.version, to: server)
            #expect(answer.status == call.status, "\(answer.body)")
            #expect(try Problem(parsing: Array(answer.body.utf8)).kind == call.kind)
            let wrong = try contract.complaints(
                answer, to: .init(method: call.method, path: call.path))
            #expect(wrong.isEmpty, "\(wrong): \(answer.body)")
        }
    }

    @Test func aWaitingRunHasNoNetworkAndAnEndedOneCantBeCancelled() throws {
        try withServer { settings in
            settings.training.concurrentRuns = 1
            settings.training.queuedRuns = 1
        } _: { server in
            let contract = try Contract(of: server)
            let first = try server.client.train(ContractTests.endless())
            let second = try server.client.train(ContractTests.endless())
            let network = try ContractTests.send("GET", "/runs/\(second.id)/network", to: server)
            #expect(network.status == 409)
            let full = try ContractTests.send("POST", "/train", Self.body(), to: server)
            #expect(full.status == 503)
            for run in [second, first] { _ = try server.client.cancel(run: run.id) }
            let again = try ContractTests.send("POST", "/runs/\(second.id)/cancel", to: server)
            #expect(again.status == 409)
            let wrong =
                try contract.complaints(
                    network, to: .init(method: "GET", path: "/runs/{id}/network"))
                + contract.complaints(full, to: .init(method: "POST", path: "/train"))
                + contract.complaints(
                    ContractTests.send("POST", "/runs/\(second.id)/resume", "{}", to: server),
                    to: .init(method: "POST", path: "/runs/{id}/resume"))
                + contract.complaints(again, to: .init(method: "POST", path: "/runs/{id}/cancel"))
            #expect(wrong.isEmpty, "\(wrong)")
        }
    }

    @Test func anotherMethodOfAnyCallIsRefusedWithThoseThereAre() throws {
        try withServer { server in
            let contract = try Contract(of: server)
            for operation in contract.operations.keys {
                let target = operation.path.replacing("{id}", with: "x")
                    .replacing("{name}", with: "x")
                let answer = try ContractTests.send("TRACE", target, to: server)
                #expect(answer.status == 405)
                #expect(answer.fields["allow"]?.contains(operation.method) == true)
                let wrong = try contract.complaints(answer, to: operation)
                #expect(wrong.isEmpty, "\(wrong)")
            }
        }
    }
}
