import Foundation
import NablaAPI
import Testing

/// What bad input gets: a clear problem, while the service goes on as if nothing had happened.
@Suite struct BadInputTests {
    /// A body for `/gradients`, with parts of it exchanged.
    private static func body(
        weights: String = "[[0.1, -0.2], [0.4, 0.3]]", bias: String = "[0.0, 0.1]",
        activation: String = "\"sigmoid\"", second: String = "[[0.7, -0.5]]",
        loss: String = "\"binary_cross_entropy\"",
        inputs: String = "[[0, 0], [0, 1]]", targets: String = "[[0], [1]]", more: String = ""
    ) -> String {
        """
        {"network": {"layers": [
            {"weights": \(weights), "bias": \(bias), "activation": \(activation)},
            {"weights": \(second), "bias": [0.2], "activation": "sigmoid"}]},
         "loss": \(loss), "samples": {"inputs": \(inputs), "targets": \(targets)}\(more)}
        """
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        let status: Int
        let kind: Problem.Kind
        var pointer: String?
        var says: [String] = []
    }

    static let cases = [
        Case(
            testDescription: "malformed JSON, with its byte offset", body: "{\"network\": }",
            status: 400, kind: .malformedJSON, says: ["12"]),
        Case(
            testDescription: "an empty body", body: "", status: 400, kind: .malformedJSON,
            says: ["0"]),
        Case(
            testDescription: "text after the end", body: body() + "x", status: 400,
            kind: .malformedJSON),
        Case(
            testDescription: "a body nested too deep",
            body: String(repeating: "[", count: 200) + String(repeating: "]", count: 200),
            status: 400, kind: .malformedJSON, says: ["64"]),
        Case(
            testDescription: "no object", body: "[]", status: 400, kind: .wrongType, pointer: ""),
        Case(
            testDescription: "ragged inputs", body: body(inputs: "[[0, 0], [0, 1, 2]]"),
            status: 422, kind: .shapeMismatch, pointer: "/samples/inputs/1", says: ["3", "2"]),
        Case(
            testDescription: "ragged weights", body: body(weights: "[[0.1, -0.2], [0.4]]"),
            status: 422, kind: .shapeMismatch, pointer: "/network/layers/0/weights/1"),
        Case(
            testDescription: "a word among the numbers", body: body(inputs: "[[0, \"0\"], [0, 1]]"),
            status: 400, kind: .wrongType, pointer: "/samples/inputs/0/1"),
        Case(
            testDescription: "weights that don't fit the layer before",
            body: body(second: "[[0.7, -0.5, 0.1]]"), status: 422, kind: .shapeMismatch,
            pointer: "/network/layers/1/weights", says: ["3 columns", "layer 0 gives 2 outputs"]),
        Case(
            testDescription: "a bias of another length", body: body(bias: "[0, 0, 0]"),
            status: 422, kind: .shapeMismatch, pointer: "/network/layers/0/bias"),
        Case(
            testDescription: "inputs of another width", body: body(inputs: "[[0], [1]]"),
            status: 422, kind: .shapeMismatch, pointer: "/samples/inputs"),
        Case(
            testDescription: "targets of another width", body: body(targets: "[[0, 1], [1, 0]]"),
            status: 422, kind: .shapeMismatch, pointer: "/samples/targets"),
        Case(
            testDescription: "fewer targets than inputs", body: body(targets: "[[0]]"),
            status: 422, kind: .shapeMismatch, pointer: "/samples/targets"),
        Case(
            testDescription: "an unknown field", body: body(more: ", \"netwrok\": 1"),
            status: 400, kind: .unknownField, pointer: "/netwrok", says: ["network"]),
        Case(
            testDescription: "an unknown activation", body: body(activation: "\"sigmoyd\""),
            status: 400, kind: .unknownName, pointer: "/network/layers/0/activation",
            says: ["sigmoyd", "sigmoid", "relu", "softmax"]),
        Case(
            testDescription: "an unknown loss", body: body(loss: "\"mse\""), status: 400,
            kind: .unknownName, pointer: "/loss", says: ["mean_squared_error"]),
        Case(
            testDescription: "a field twice", body: body(more: ", \"loss\": \"hinge\""),
            status: 400, kind: .duplicateField),
        Case(
            testDescription: "a missing field", body: "{\"loss\": \"hinge\"}", status: 400,
            kind: .missingField, says: ["network"]),
        Case(
            testDescription: "no samples", body: body(inputs: "[]", targets: "[]"), status: 422,
            kind: .shapeMismatch, pointer: "/samples/inputs"),
        Case(
            testDescription: "samples without numbers", body: body(inputs: "[[], []]"),
            status: 422, kind: .shapeMismatch, pointer: "/samples/inputs"),
        Case(
            testDescription: "NaN, which JSON doesn't have",
            body: body(inputs: "[[NaN, 0], [0, 1]]"),
            status: 400, kind: .malformedJSON),
        Case(
            testDescription: "a number beyond float64", body: body(inputs: "[[1e999, 0], [0, 1]]"),
            status: 400, kind: .outOfRange),
        Case(
            testDescription: "a number beyond float32",
            body: body(inputs: "[[1e300, 0], [0, 1]]", more: ", \"dtype\": \"float32\""),
            status: 400, kind: .outOfRange, pointer: "/samples/inputs/0/0"),
        Case(
            testDescription: "an overflow in the second layer",
            body: body(
                weights: "[[1e200, 1e200], [1e200, 1e200]]", activation: "\"identity\"",
                second: "[[1e200, 1e200]]"), status: 422, kind: .nonFinite, says: ["layer 1"]),
        Case(
            testDescription: "a loss that doesn't fit the last activation",
            body: body(loss: "\"cross_entropy\""), status: 422, kind: .inconsistent,
            pointer: "/loss", says: ["softmax", "cross_entropy_with_logits"]),
        Case(
            testDescription: "a target that is no probability", body: body(targets: "[[0], [2]]"),
            status: 400, kind: .outOfRange, pointer: "/samples/targets/1/0"),
        Case(
            testDescription: "a packed tensor of another size",
            body: body(
                inputs: "{\"dtype\": \"float32\", \"shape\": [2, 2], \"base64\": \"AAAA\"}"),
            status: 400, kind: .outOfRange, pointer: "/samples/inputs/base64"),
        Case(
            testDescription: "a run that isn't there",
            body: """
                {"network": {"run": "0190a0a0-0000-7000-8000-000000000000"}, "loss": "hinge",
                 "samples": {"inputs": [[1]], "targets": [1]}}
                """,
            status: 404, kind: .notFound, pointer: "/network/run"),
    ]

    @Test(
        "bad bodies of /gradients are refused with the place and what would be right",
        arguments: cases)
    func refused(_ bad: Case) throws {
        try withServer { server in
            let answer = try RawConnection.post(bad.body, to: Path.gradients, port: server.port)
            let problem = try Problem(parsing: Array(answer.body.utf8))
            #expect(answer.status == bad.status, "\(answer.body)")
            #expect(problem.kind == bad.kind, "\(answer.body)")
            #expect(answer.fields["content-type"] == Problem.mediaType)
            #expect(problem.instance == answer.fields["x-request-id"])
            if let pointer = bad.pointer { #expect(problem.pointer == pointer, "\(answer.body)") }
            for part in bad.says { #expect(problem.detail.contains(part), "\(problem.detail)") }
            let good = try RawConnection.post(Self.body(), to: Path.gradients, port: server.port)
            #expect(good.status == 200, "\(good.body)")
        }
    }
}
