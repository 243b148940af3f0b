import NablaJSON
import NablaNetworks
import Testing

@testable import NablaAPI

/// Which fields a request of a batch has, and what is said of those that are wrong.
@Suite struct GradientsBatchTests {
    private static let network = #"{"layers": [{"weights": [[1, 2]]}]}"#
    private static let samples = #"{"inputs": [[1, 2]], "targets": [3]}"#

    private func batch(_ text: String, mostRequests: Int = .max) throws -> GradientsBatch {
        try GradientsBatch(parsing: Array(text.utf8), mostRequests: mostRequests)
    }

    private func problem(_ text: String, at index: Int? = nil) -> Problem? {
        #expect(throws: Problem.self) {
            let batch = try batch(text)
            if let index { _ = try batch.request(at: index) }
        }
    }

    @Test func aRequestIsReadAsOneByItself() throws {
        let text = """
            {"network": \(Self.network), "loss": {"type": "huber", "delta": 2}, "samples": \
            \(Self.samples), "dtype": "float32", "reduction": "sum", "encoding": "base64", \
            "include": ["norms"]}
            """
        let alone = try GradientsRequest(parsing: Array(text.utf8))
        let batch = try batch(#"{"requests": [\#(text), \#(text)]}"#)
        #expect(batch.count == 2)
        #expect(try batch.request(at: 1) == alone)
        let shared = try self.batch(#"{"defaults": \#(text), "requests": [{}]}"#)
        #expect(try shared.request(at: 0) == alone)
    }

    @Test func aRequestsOwnFieldsGoFirst() throws {
        let batch = try batch(
            """
            {"defaults": {"network": \(Self.network), "loss": "hinge", "samples": \(Self.samples),
                          "reduction": "sum", "include": ["norms"], "dtype": "float32"},
             "requests": [
               {"loss": "mean_squared_error", "include": [], "reduction": null},
               {"dtype": "float64", "encoding": "base64"}]}
            """)
        let first = try batch.request(at: 0)
        #expect(first.loss == (try Loss(.meanSquaredError, reduction: .sum)))
        #expect(first.include.isEmpty && first.dtype == .float32 && first.encoding == .json)
        #expect(first.samples.inline?.inputs.dtype == .float32)
        // Defaults are read again in the request's own number type.
        let second = try batch.request(at: 1)
        #expect(second.samples.inline?.inputs.dtype == .float64 && second.include == [.norms])
        guard case .inline(let network) = second.network,
            case .dense(let dense) = network.layers[0].operation,
            case .given(let weights, _) = dense.parameters
        else {
            Issue.record("the network isn't there")
            return
        }
        #expect(weights.dtype == .float64)
    }

    @Test func pointersLeadIntoTheRequest() {
        let wrong = #"{"network": \#(Self.network), "loss": "mse", "samples": \#(Self.samples)}"#
        let name = problem(#"{"requests": [{}, \#(wrong)]}"#, at: 1)
        #expect(name?.kind == .unknownName && name?.pointer == "/loss")
        let missing = problem(#"{"requests": [{}]}"#, at: 0)
        #expect(missing?.kind == .missingField && missing?.pointer == "")
        let typed = problem(#"{"requests": [7]}"#, at: 0)
        #expect(typed?.kind == .wrongType && typed?.pointer == "")
        let shape = problem(
            #"{"requests": [{"network": {"layers": [{"weights": [[1], [2, 3]]}]}}]}"#, at: 0)
        #expect(shape?.kind == .shapeMismatch && shape?.pointer == "/network/layers/0/weights/1")
        let shared = problem(
            #"{"defaults": {"network": \#(Self.network), "loss": "mse"}, "requests": [{}]}"#, at: 0)
        #expect(shared?.kind == .unknownName && shared?.pointer == "/loss")
        #expect(shared?.detail.contains("defaults") == true)
    }

    @Test func whatIsWrongWithTheWholeIsToldAtOnce() {
        #expect(problem("[")?.kind == .malformedJSON)
        #expect(problem("{}")?.kind == .missingField)
        #expect(problem(#"{"requests": {}}"#)?.pointer == "/requests")
        #expect(problem(#"{"requests": [], "x": 1}"#)?.kind == .unknownField)
        let field = problem(#"{"requests": [], "defaults": {"los": 1}}"#)
        #expect(field?.kind == .unknownField && field?.pointer == "/defaults/los")
        let dtype = problem(#"{"requests": [], "defaults": {"dtype": "int"}}"#)
        #expect(dtype?.pointer == "/defaults/dtype")
        let many = #expect(throws: Problem.self) {
            try batch(#"{"requests": [{}, {}, {}]}"#, mostRequests: 2)
        }
        #expect(many?.kind == .contentTooLarge && many?.pointer == "/requests")
    }

    @Test func resultsAreReadAsTheyWereWritten() throws {
        let response = GradientsResponse(
            loss: Tensor(1.5),
            gradients: [LayerGradients(weights: try Tensor([1.0, 2], shape: [1, 2]), bias: nil)],
            samples: 3, dtype: .float64)
        let problem = Problem(.unknownName, "no such loss", pointer: "/loss")
        var first = GradientsBatchWriter()
        first.add(response, as: .json)
        first.add(problem)
        var second = GradientsBatchWriter()
        second.add(response, as: .base64)
        let text = GradientsBatchWriter.json([first.finish(), second.finish()])
        let results = try GradientsBatchCall.results(parsing: text)
        #expect(results == [.success(response), .failure(problem), .success(response)])
        let none = try GradientsBatchCall.results(parsing: GradientsBatchWriter.json([]))
        #expect(none.isEmpty)
    }

    @Test func whatWasWrittenIsCounted() {
        var writer = GradientsBatchWriter()
        #expect(writer.byteCount == 0)
        let problem = Problem(.unknownName, "no such loss", pointer: "/loss")
        writer.add(problem)
        #expect(writer.byteCount == problem.json().count)
        writer.add(problem)
        // With a comma between.
        #expect(writer.byteCount == 2 * problem.json().count + 1)
    }

    @Test func theNumbersOfAnAnswerAreCounted() throws {
        func tensor(_ shape: Shape) throws -> Tensor {
            try Tensor([Double](repeating: 1, count: shape.size ?? 0), shape: shape)
        }
        let gradients = [
            LayerGradients(weights: try tensor([1, 2]), bias: try tensor([1])),
            LayerGradients(weights: nil, bias: nil),
        ]
        var response = GradientsResponse(
            loss: Tensor(1.5), gradients: gradients, samples: 3, dtype: .float64)
        var expected = 1 + 3
        #expect(response.numberCount == expected)
        func expect(_ more: Int, sourceLocation: SourceLocation = #_sourceLocation) {
            expected += more
            #expect(response.numberCount == expected, sourceLocation: sourceLocation)
        }
        response.outputs = try tensor([3, 1])
        expect(3)
        response.activations = [try tensor([3, 4]), try tensor([3, 1])]
        expect(15)
        response.inputGradients = try tensor([3, 2])
        expect(6)
        response.perSampleGradients = [
            LayerGradients(weights: try tensor([3, 1, 2]), bias: try tensor([3, 1]))
        ]
        expect(9)
        response.hessianVectorProduct = gradients
        expect(3)
        let equation = GradientsExplanation.Equation(formula: "", latex: "", text: "")
        response.explanation = GradientsExplanation(
            language: "en", text: "",
            output: GradientsExplanation.Output(
                activationGradient: equation, derivative: equation,
                preActivationGradient: equation, saturation: nil),
            layers: [
                GradientsExplanation.Layer(
                    activation: "softmax", preActivations: try tensor([3, 2]),
                    activations: try tensor([3, 2]), derivatives: try tensor([3, 2, 2]),
                    activationGradients: try tensor([3, 2]),
                    preActivationGradients: try tensor([3, 2]), z: equation, a: equation,
                    parameters: [])
            ])
        expect(36)
    }
}
