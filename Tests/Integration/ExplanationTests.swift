import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// `include: ["explanation"]` over a real socket.
@Suite struct ExplanationTests {
    private static let body = """
        {"network": {"layers": [
            {"weights": [[0.1, -0.2], [0.4, 0.3]], "bias": [0.0, 0.1], "activation": "sigmoid"},
            {"weights": [[0.7, -0.5]], "bias": [0.2], "activation": "sigmoid"}]},
         "loss": "binary_cross_entropy", "include": ["explanation"],
         "samples": {"inputs": [[0, 0], [0, 1], [1, 0], [1, 1]], "targets": [[0], [1], [1], [0]]}}
        """

    private func answer(
        _ body: String, to path: String = Path.gradients, fields: [String] = [],
        _ server: TestServer
    ) throws -> RawConnection.Answer {
        try ContractTests.send("POST", path, body, fields: fields, to: server)
    }

    @Test func theFactorsMultiplyToTheGradientBesideThem() throws {
        try withServer { server in
            let request = try GradientsRequest(parsing: Array(Self.body.utf8))
            let response = try server.client.gradients(request)
            let layers = try #require(response.explanation?.layers)
            let (first, second) = (layers[0], layers[1])
            let δ = second.preActivationGradients.values(as: Double.self)
            let quotients = second.activationGradients.values(as: Double.self)
            let slopes = second.derivatives.values(as: Double.self)
            for sample in 0..<4 {
                #expect(abs(quotients[sample] * slopes[sample] - δ[sample]) < 1e-15)
            }
            // ∂L/∂b₁ = (a₂ − y) · w₂ · σ′(z₁), summed over the samples.
            let w = [0.7, -0.5]
            let inner = first.derivatives.values(as: Double.self)
            let bias = try #require(response.gradients[0].bias).values(as: Double.self)
            for unit in 0..<2 {
                let sum = (0..<4).reduce(0.0) { $0 + δ[$1] * w[unit] * inner[2 * $1 + unit] }
                #expect(abs(sum - bias[unit]) <= 1e-12 * abs(bias[unit]))
            }
            #expect(
                first.parameters[1].product.formula
                    == "∂L/∂b₁ = 1/4 · Σ (a₂ − y) · w₂ · σ′(z₁)")
        }
    }

    @Test func theLanguageIsTheOneThatIsPreferred() throws {
        try withServer { server in
            let english = try answer(Self.body, server)
            #expect(english.fields["content-language"] == "en")
            #expect(english.fields["vary"] == "Accept-Language, Accept-Encoding")
            let chinese = try answer(
                Self.body, fields: ["Accept-Language: de, en;q=0.7, zh-CN;q=0.9"], server)
            #expect(chinese.fields["content-language"] == "zh")
            let explanation = try #require(
                GradientsResponse(parsing: Array(chinese.body.utf8)).explanation)
            #expect(explanation.language == "zh" && explanation.text.contains("链式法则"))
            // Without an explanation there is nothing to be in a language.
            let plain = try answer(
                Self.body.replacing(#""explanation""#, with: #""norms""#), server)
            #expect(plain.fields["content-language"] == nil && plain.fields["vary"] == nil)
            let request = try GradientsRequest(parsing: Array(Self.body.utf8))
            let byClient = try server.client.gradients(request, language: "zh")
            #expect(byClient.explanation == explanation)
        }
    }

    @Test func aBatchIsExplainedInTheSameLanguage() throws {
        try withServer { server in
            let batch = try answer(
                #"{"requests": [\#(Self.body)]}"#, to: Path.gradientsBatch,
                fields: ["Accept-Language: zh"], server)
            #expect(batch.fields["content-language"] == "zh")
            let result = try GradientsBatchCall.results(parsing: Array(batch.body.utf8))[0].get()
            #expect(result.explanation?.language == "zh")
        }
    }

    @Test func saturatedOutputsAreNullWhereTheyAreNotFinite() throws {
        let body = """
            {"network": {"layers": [{"weights": [[800]], "activation": "sigmoid"}]},
             "loss": "binary_cross_entropy", "samples": {"inputs": [[1]], "targets": [0]},
             "include": ["explanation"]}
            """
        try withServer { server in
            let answer = try answer(body, server)
            #expect(answer.status == 200)
            #expect(answer.body.contains(#""activation_gradients":[[null]]"#))
            #expect(answer.body.contains(#""pre_activation_gradients":[[1.0]]"#))
            let explanation = try #require(
                GradientsResponse(parsing: Array(answer.body.utf8)).explanation)
            #expect(explanation.output.saturation?.contains("isn't finite") == true)
            let contract = try Contract(of: server)
            let wrong = try contract.complaints(
                answer, to: .init(method: "POST", path: Path.gradients))
            #expect(wrong.isEmpty, "\(wrong)")
        }
    }

    @Test func onlyChainsOfDenseLayersAreExplained() throws {
        let body = """
            {"network": {"layers": [{"weights": [[1]], "bias": [0]}, {"type": "activation", "activation": "tanh"}]},
             "loss": "mean_squared_error", "samples": {"inputs": [[1]], "targets": [1]},
             "include": ["explanation"]}
            """
        try withServer { server in
            let refused = try answer(body, server)
            let problem = try Problem(parsing: Array(refused.body.utf8))
            #expect(refused.status == 422 && problem.kind == .inconsistent)
            #expect(problem.pointer == "/network/layers")
            #expect(problem.detail.contains("chains of dense layers"))
        }
    }

    @Test func moreThanSomebodyReadsIsRefused() throws {
        // 2 parameters, and 6 numbers a sample: what it reads, and 5 of the one unit.
        func body(_ count: Int) -> String {
            let ones = [String](repeating: "1", count: count).joined(separator: ",")
            let rows = [String](repeating: "[1]", count: count).joined(separator: ",")
            return """
                {"network": {"layers": [{"weights": [[1]], "bias": [0]}]},
                 "loss": "mean_squared_error", "samples": {"inputs": [\(rows)], "targets": [\(ones)]},
                 "include": ["explanation"]}
                """
        }
        try withServer { server in
            let most = (4096 - 2) / 6
            #expect(try answer(body(most), server).status == 200)
            let refused = try answer(body(most + 1), server)
            let problem = try Problem(parsing: Array(refused.body.utf8))
            #expect(refused.status == 422 && problem.kind == .tooMuchWork)
            #expect(problem.pointer == "/include")
            #expect(problem.detail.contains("4096"))
        }
    }
}
