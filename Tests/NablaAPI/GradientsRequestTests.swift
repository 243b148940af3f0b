import NablaAPI
import NablaNetworks
import Testing

@Suite struct GradientsRequestTests {
    private let text = """
        {"network": {"layers": [
            {"weights": [[0.1, -0.2], [0.4, 0.3]], "bias": [0.0, 0.1],
             "activation": {"type": "leaky_relu", "negative_slope": 0.2}},
            {"name": "output", "type": "dense", "weights": [[0.7, -0.5]], "activation": "sigmoid"}]},
         "loss": {"type": "huber", "delta": 2}, "reduction": "sum",
         "samples": {"inputs": [[0, 0], [0, 1]], "targets": [0, 1], "weights": [1, 2]},
         "include": ["outputs", "norms"]}
        """

    @Test func everyFieldIsRead() throws {
        let request = try GradientsRequest(parsing: Array(text.utf8))
        guard case .inline(let network) = request.network else { return #expect(Bool(false)) }
        #expect(network.outputShapes == [[2], [1]])
        #expect(network.layers[1].name == "output")
        guard case .dense(let first) = network.layers[0].operation else { return }
        #expect(first.activation == .leakyReLU(negativeSlope: 0.2))
        #expect(request.loss == (try Loss(.huber(delta: 2), reduction: .sum)))
        #expect(request.samples.inline?.targets == Tensor([0.0, 1]))
        #expect(request.samples.inline?.weights == Tensor([1.0, 2]))
        #expect(request.dtype == .float64)
        #expect(request.encoding == .json)
        #expect(request.include == [.outputs, .norms])
    }

    @Test(arguments: Encoding.allCases, DType.allCases) func isReadAsItWasWritten(
        _ encoding: Encoding, _ dtype: DType
    ) throws {
        var request = try GradientsRequest(parsing: Array(text.utf8))
        request.encoding = encoding
        #expect(try GradientsRequest(parsing: request.json()) == request)
        request.network = .run(id: "0190a0a0-0000-7000-8000-000000000000")
        #expect(try GradientsRequest(parsing: request.json()) == request)
        let narrow = text.replacing("\"reduction\"", with: "\"dtype\": \"\(dtype)\", \"reduction\"")
        let read = try GradientsRequest(parsing: Array(narrow.utf8))
        #expect(read.samples.inline?.inputs.dtype == dtype)
    }

    @Test(arguments: Encoding.allCases) func whatIsDifferentiatedIsReadAsItWasWritten(
        _ encoding: Encoding
    ) throws {
        let asked = text.replacing(
            "\"include\": [\"outputs\", \"norms\"]",
            with: """
                "wrt": ["output", 0], "training": true, "seed": 7,
                "vector": [{"weights": [[1, 2], [3, 4]], "bias": [5, 6]}, {}],
                "include": ["hessian_vector_product", "per_sample_gradients"]
                """)
        var request = try GradientsRequest(parsing: Array(asked.utf8))
        #expect(request.wrt == [.name("output"), .index(0)])
        #expect(request.training && request.seed == 7)
        let vector = try #require(request.vector)
        #expect(vector[0].weights == (try Tensor([1.0, 2, 3, 4], shape: [2, 2])))
        #expect(vector[0].bias == Tensor([5.0, 6]) && vector[1].weights == nil)
        #expect(request.include == [.hessianVectorProduct, .perSampleGradients])
        request.encoding = encoding
        #expect(try GradientsRequest(parsing: request.json()) == request)
    }

    @Test(arguments: DType.allCases, Encoding.allCases) func anAnswerIsReadAsItWasWritten(
        _ dtype: DType, _ encoding: Encoding
    ) throws {
        func tensor(_ shape: Shape) throws -> Tensor {
            let count = shape.size ?? 0
            return try Tensor((0..<count).map { 1 / Double($0 + 3) }, shape: shape)
                .converted(to: dtype)
        }
        let layers = [
            LayerGradients(weights: try tensor([2, 1, 3, 2]), bias: try tensor([2])),
            LayerGradients(weights: nil, bias: nil),
        ]
        var answer = GradientsResponse(
            loss: try tensor([3]), gradients: layers, samples: 3, dtype: dtype)
        #expect(try GradientsResponse(parsing: answer.json(as: encoding)) == answer)
        answer.outputs = try tensor([3, 1, 2])
        answer.activations = [try tensor([3, 2, 2, 2]), try tensor([3, 8])]
        answer.inputGradients = try tensor([3, 1, 5, 4])
        answer.perSampleGradients = [
            LayerGradients(weights: try tensor([3, 2, 1, 3, 2]), bias: try tensor([3, 2])),
            layers[1],
        ]
        answer.hessianVectorProduct = layers
        answer.norms = GradientsResponse.Norms(
            global: 0.5,
            layers: [.init(weights: 0.25, bias: 0.125), .init(weights: nil, bias: nil)])
        #expect(try GradientsResponse(parsing: answer.json(as: encoding)) == answer)
    }

    @Test(arguments: Activation.names) func everyNameGivesItsActivation(_ name: String) throws {
        let named = text.replacing("\"sigmoid\"", with: "\"\(name)\"")
        let request = try GradientsRequest(parsing: Array(named.utf8))
        guard case .inline(let network) = request.network,
            case .dense(let last) = network.layers[1].operation
        else { return #expect(Bool(false)) }
        #expect(last.activation.name == name)
    }

    @Test func theReductionOfTheLossHoldsUnlessTheRequestHasOne() throws {
        let inLoss = text.replacing("\"delta\": 2", with: "\"delta\": 2, \"reduction\": \"none\"")
        #expect(try GradientsRequest(parsing: Array(inLoss.utf8)).loss.reduction == .sum)
        let only = inLoss.replacing("\"reduction\": \"sum\",", with: "")
        #expect(try GradientsRequest(parsing: Array(only.utf8)).loss.reduction == .none)
    }

    @Test(arguments: [
        ("\"delta\": 2", "\"delta\": 0", "/loss/delta", Problem.Kind.outOfRange),
        ("\"delta\": 2", "\"alpha\": 2", "/loss/alpha", .unknownField),
        ("\"negative_slope\"", "\"slope\"", "/network/layers/0/activation/slope", .unknownField),
        ("\"sigmoid\"", "\"sigmoyd\"", "/network/layers/1/activation", .unknownName),
        ("\"dense\"", "\"conv3d\"", "/network/layers/1/type", .unknownName),
        ("[\"outputs\", \"norms\"]", "[\"outputs\", \"hessian\"]", "/include/1", .unknownName),
        ("[0.0, 0.1]", "[0.0]", "/network/layers/0/bias", .shapeMismatch),
        ("[[0.7, -0.5]]", "[0.7, -0.5]", "/network/layers/1/weights", .shapeMismatch),
        ("[1, 2]}", "[1, -2]}", "/samples/weights/1", .outOfRange),
        ("[1, 2]}", "[[[[[[[[[1]]]]]]]]]}", "/samples/weights", .outOfRange),
        (
            "[1, 2]}", "{\"dtype\": \"float32\", \"shape\": [-1], \"base64\": \"\"}}",
            "/samples/weights", .outOfRange
        ),
        ("\"name\"", "\"units\": 1, \"name\"", "/network/layers/1/units", .inconsistent),
        ("\"sum\"", "\"average\"", "/reduction", .unknownName),
        ("\"include\"", "\"vector\": [{}, {}], \"include\"", "/vector", .inconsistent),
        ("\"norms\"", "\"hessian_vector_product\"", "/include", .inconsistent),
        ("\"include\"", "\"wrt\": [1.5], \"include\"", "/wrt/0", .outOfRange),
        ("\"include\"", "\"seed\": -1, \"include\"", "/seed", .outOfRange),
        ("\"include\"", "\"training\": 1, \"include\"", "/training", .wrongType),
        ("\"include\"", "\"vector\": [{\"w\": 1}], \"include\"", "/vector/0/w", .unknownField),
    ]) func aMistakeIsNamedWhereItIs(
        _ good: String, _ bad: String, _ pointer: String, _ kind: Problem.Kind
    ) throws {
        #expect(text.contains(good))
        let problem = try #require(throws: Problem.self) {
            try GradientsRequest(parsing: Array(text.replacing(good, with: bad).utf8))
        }
        #expect(problem.pointer == pointer, "\(problem)")
        #expect(problem.kind == kind, "\(problem)")
    }
}
