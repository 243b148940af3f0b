import NablaAPI
import Testing

/// What a bad request to train gets: a clear problem, and no run.
@Suite struct BadTrainingInputTests {
    /// A body for `/train`, with parts of it exchanged.
    private static func body(
        network: String =
            #"{"input_shape": [2], "layers": [{"units": 1, "activation": "sigmoid"}]}"#,
        loss: String = #""binary_cross_entropy""#, inputs: String = "[[0, 0], [0, 1]]",
        targets: String = "[0, 1]", more: String = ""
    ) -> String {
        """
        {"network": \(network), "loss": \(loss),
         "samples": {"inputs": \(inputs), "targets": \(targets)}\(more)}
        """
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        let status: Int
        let kind: Problem.Kind
        let pointer: String?
        var says: [String] = []
    }

    static let cases = [
        Case(
            testDescription: "malformed JSON, with its byte offset", body: #"{"network": nul}"#,
            status: 400, kind: .malformedJSON, pointer: nil, says: ["byte 15"]),
        Case(
            testDescription: "ragged inputs", body: body(inputs: "[[0, 0], [0]]"), status: 422,
            kind: .shapeMismatch, pointer: "/samples/inputs/1"),
        Case(
            testDescription: "inputs of another width than the network's",
            body: body(inputs: "[[0], [1]]"), status: 422, kind: .shapeMismatch,
            pointer: "/samples/inputs"),
        Case(
            testDescription: "validation samples of another width",
            body: body(more: #", "validation": {"inputs": [[0]], "targets": [1]}"#), status: 422,
            kind: .shapeMismatch, pointer: "/validation/inputs"),
        Case(
            testDescription: "no samples", body: body(inputs: "[]", targets: "[]"), status: 422,
            kind: .shapeMismatch, pointer: "/samples/inputs"),
        Case(
            testDescription: "both ways to validate",
            body: body(
                more:
                    #", "validation_split": 0.5, "validation": {"inputs": [[0, 0]], "targets": [1]}"#
            ), status: 422, kind: .inconsistent, pointer: "/validation_split"),
        Case(
            testDescription: "an unknown optimizer", body: body(more: #", "optimizer": "adamm""#),
            status: 400, kind: .unknownName, pointer: "/optimizer", says: ["adamm", "sgd", "adam"]),
        Case(
            testDescription: "an unknown setting of an optimizer",
            body: body(more: #", "optimizer": {"type": "sgd", "lr": 0.1}"#), status: 400,
            kind: .unknownField, pointer: "/optimizer/lr", says: ["learning_rate", "momentum"]),
        Case(
            testDescription: "a learning rate below 0",
            body: body(more: #", "optimizer": {"type": "sgd", "learning_rate": -1}"#), status: 400,
            kind: .outOfRange, pointer: "/optimizer/learning_rate"),
        Case(
            testDescription: "a setting of another optimizer",
            body: body(more: #", "optimizer": {"type": "lion", "epsilon": 0.1}"#), status: 400,
            kind: .unknownField, pointer: "/optimizer/epsilon", says: ["beta1", "weight_decay"]),
        Case(
            testDescription: "a batch that isn't all samples for L-BFGS",
            body: body(more: #", "optimizer": "lbfgs", "batch_size": 1"#), status: 422,
            kind: .inconsistent, pointer: "/batch_size", says: ["all 2 samples"]),
        Case(
            testDescription: "a history beyond all memory",
            body: body(
                more: #", "optimizer": {"type": "lbfgs", "history_size": 9000000000000000000}"#),
            status: 400, kind: .outOfRange, pointer: "/optimizer", says: ["history_size"]),
        Case(
            testDescription: "an unknown schedule", body: body(more: #", "schedule": "linear""#),
            status: 400, kind: .unknownName, pointer: "/schedule", says: ["cosine", "step"]),
        Case(
            testDescription: "an unknown metric", body: body(more: #", "metrics": ["roc"]"#),
            status: 400, kind: .unknownName, pointer: "/metrics/0", says: ["accuracy", "r2"]),
        Case(
            testDescription: "an unknown setting of early stopping",
            body: body(more: #", "early_stopping": {"mode": "min"}"#), status: 400,
            kind: .unknownField, pointer: "/early_stopping/mode", says: ["monitor", "patience"]),
        Case(
            testDescription: "a patience below 0",
            body: body(more: #", "early_stopping": {"patience": -1}"#), status: 400,
            kind: .outOfRange, pointer: "/early_stopping/patience", says: ["patience", "0"]),
        Case(
            testDescription: "early stopping by what isn't recorded",
            body: body(more: #", "early_stopping": {"monitor": "accuracy"}"#), status: 422,
            kind: .inconsistent, pointer: "/early_stopping/monitor", says: ["accuracy", "loss"]),
        Case(
            testDescription: "a negative distance between looks at the health",
            body: body(more: #", "health_every": -1"#), status: 400, kind: .outOfRange,
            pointer: "/health_every", says: ["health_every"]),
        Case(
            testDescription: "no epochs between checkpoints",
            body: body(more: #", "checkpoint_every": 0"#), status: 400, kind: .outOfRange,
            pointer: "/checkpoint_every", says: ["checkpoint_every", "1"]),
        Case(
            testDescription: "an unknown initializer",
            body: body(
                network: """
                    {"input_shape": [2], "layers": [{"units": 1, "initializer": "xavier"}]}
                    """), status: 400, kind: .unknownName,
            pointer: "/network/layers/0/initializer", says: ["glorot_uniform", "he_normal"]),
        Case(
            testDescription: "no epochs", body: body(more: #", "epochs": 0"#), status: 400,
            kind: .outOfRange, pointer: "/epochs"),
        Case(
            testDescription: "half a sample a step", body: body(more: #", "batch_size": 0.5"#),
            status: 400, kind: .outOfRange, pointer: "/batch_size"),
        Case(
            testDescription: "a batch that is never full and left out",
            body: body(more: #", "batch_size": 3, "drop_last": true"#), status: 422,
            kind: .inconsistent, pointer: "/batch_size"),
        Case(
            testDescription: "a class that isn't there",
            body: body(
                network: """
                    {"input_shape": [2], "layers": [{"units": 3, "activation": "softmax"}]}
                    """, loss: #""cross_entropy""#, targets: "[0, 3]"), status: 400,
            kind: .outOfRange, pointer: "/samples/targets/1"),
        Case(
            testDescription: "a number beyond float32, which is what it is trained in",
            body: body(inputs: "[[0, 1e39], [0, 0]]"), status: 400, kind: .outOfRange,
            pointer: "/samples/inputs/0/1"),
        Case(
            testDescription: "a name with a NUL character",
            body: body(more: #", "name": "a\u0000""#),
            status: 400, kind: .outOfRange, pointer: nil),
    ]

    @Test("bad bodies of /train are refused with the place and make no run", arguments: cases)
    func refused(_ bad: Case) throws {
        try withServer { server in
            let answer = try RawConnection.post(bad.body, to: Path.train, port: server.port)
            let problem = try Problem(parsing: Array(answer.body.utf8))
            #expect(answer.status == bad.status, "\(answer.body)")
            #expect(problem.kind == bad.kind, "\(answer.body)")
            #expect(problem.pointer == bad.pointer, "\(answer.body)")
            for part in bad.says { #expect(problem.detail.contains(part), "\(problem.detail)") }
            #expect(try server.client.runs().runs.isEmpty)
            let good = try RawConnection.post(
                Self.body(), to: Path.train, port: server.port, fields: ["Prefer: wait=30"])
            #expect(good.status == 200 && good.body.contains("succeeded"), "\(good.body)")
        }
    }
}
