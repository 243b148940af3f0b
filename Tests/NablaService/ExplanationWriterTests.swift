import NablaAPI
import NablaCore
import NablaNetworks
import Testing

@testable import NablaService

/// The formulas around an explanation's numbers.
@Suite struct ExplanationWriterTests {
    private func dense(
        _ units: Int, _ inputs: Int, _ activation: Activation, bias: Bool = true
    ) throws -> Layer {
        let numbers = (0..<units * inputs).map { Double($0) / 10 }
        return try Layer(
            .dense(
                Dense(
                    weights: Tensor(numbers, shape: [units, inputs]),
                    bias: bias ? Tensor([Double](repeating: 0, count: units)) : nil,
                    activation: activation)))
    }

    private func explain(
        _ kind: Loss.Kind, _ layers: [Layer], _ reduction: Reduction = .mean,
        samples count: Int = 1,
        target: Double = 1, weights: [Double]? = nil, in language: Language = .english
    ) throws -> GradientsExplanation {
        let network = try Network(layers: layers)
        let (inputs, outputs) = (network.inputShape[0], network.outputShape[0])
        let samples = try Samples(
            inputs: Tensor([Double](repeating: 1, count: count * inputs), shape: [count, inputs]),
            targets: Tensor(
                [Double](repeating: target, count: count * outputs), shape: [count, outputs]),
            weights: weights.map { Tensor($0) })
        let loss = try Loss(kind, reduction: reduction)
        let explanation = try Explanation.compute(
            of: loss, network: network, samples: samples, dtype: .float64)
        return ExplanationWriter(
            explanation, of: loss, network: network, samples: samples, in: language
        ).written
    }

    private func products(_ explanation: GradientsExplanation) -> [String] {
        explanation.layers.flatMap { $0.parameters.map(\.product.formula) }
    }

    @Test func theFormulasOfATwoLayerSigmoidNetwork() throws {
        let layers = [try dense(2, 2, .sigmoid), try dense(1, 2, .sigmoid)]
        let explanation = try explain(.binaryCrossEntropy, layers)
        #expect(
            products(explanation) == [
                "∂L/∂W₁ = (a₂ − y) · w₂ · σ′(z₁) · x", "∂L/∂b₁ = (a₂ − y) · w₂ · σ′(z₁)",
                "∂L/∂w₂ = (a₂ − y) · a₁", "∂L/∂b₂ = a₂ − y",
            ])
        #expect(
            explanation.layers[0].parameters[1].product.latex
                == "\\frac{\\partial L}{\\partial b_1} = (a_2 - y) \\cdot w_2 \\cdot \\sigma'(z_1)")
        let output = explanation.output
        #expect(output.activationGradient.formula == "∂L/∂a₂ = (a₂ − y)/(a₂(1 − a₂))")
        #expect(
            output.activationGradient.latex
                == "\\frac{\\partial L}{\\partial a_2} = \\frac{a_2 - y}{a_2(1 - a_2)}")
        #expect(output.derivative.formula == "∂a₂/∂z₂ = a₂(1 − a₂)")
        #expect(output.preActivationGradient.formula == "∂L/∂z₂ = a₂ − y")
        #expect(output.saturation == nil)
        #expect(explanation.layers[1].z.formula == "z₂ = a₁ · w₂ᵀ + b₂")
        #expect(explanation.layers[0].a.latex == "a_1 = \\sigma(z_1)")
        #expect(
            explanation.layers.map { $0.parameters.map(\.pointer) } == [
                ["/layers/0/weights", "/layers/0/bias"], ["/layers/1/weights", "/layers/1/bias"],
            ])
    }

    @Test func meansAndWeightsAreInTheFormulas() throws {
        let layers = [try dense(1, 1, .sigmoid)]
        let mean = try explain(.binaryCrossEntropy, layers, samples: 4)
        #expect(products(mean)[1] == "∂L/∂b₁ = 1/4 · Σ (a₁ − y)")
        #expect(mean.output.preActivationGradient.formula == "∂L/∂z₁ = 1/4 · (a₁ − y)")
        #expect(mean.text.contains("divided by 4"))
        let sum = try explain(.binaryCrossEntropy, layers, .sum, samples: 4)
        #expect(products(sum)[1] == "∂L/∂b₁ = Σ (a₁ − y)")
        #expect(!sum.text.contains("divided"))
        let weighted = try explain(.binaryCrossEntropy, layers, samples: 2, weights: [1, 0.5])
        #expect(products(weighted)[0] == "∂L/∂w₁ = 1/1.5 · Σ ω · (a₁ − y) · x")
        #expect(weighted.text.contains("ω is the weight"))
    }

    @Test func deepChainsAndOtherLosses() throws {
        let layers = [
            try dense(3, 2, .tanh), try dense(3, 3, .identity, bias: false),
            try dense(2, 3, .softplus),
        ]
        let explanation = try explain(.meanSquaredError, layers, .sum)
        #expect(
            products(explanation) == [
                "∂L/∂W₁ = 2(a₃ − y) · softplus′(z₃) · W₃ · W₂ · tanh′(z₁) · x",
                "∂L/∂b₁ = 2(a₃ − y) · softplus′(z₃) · W₃ · W₂ · tanh′(z₁)",
                "∂L/∂W₂ = 2(a₃ − y) · softplus′(z₃) · W₃ · a₁",
                "∂L/∂W₃ = 2(a₃ − y) · softplus′(z₃) · a₂",
                "∂L/∂b₃ = 2(a₃ − y) · softplus′(z₃)",
            ])
        #expect(explanation.output.derivative.formula == "∂a₃/∂z₃ = σ(z₃)")
        #expect(explanation.layers[1].a.formula == "a₂ = z₂")
        #expect(explanation.layers[1].z.formula == "z₂ = a₁ · W₂ᵀ")
        let many = try explain(.hinge, try (0..<11).map { _ in try dense(1, 1, .tanh) })
        #expect(products(many).last == "∂L/∂b₁₁ = (−y)[y·a₁₁ < 1] · tanh′(z₁₁)")
        #expect(many.layers[10].a.latex == "a_{11} = \\tanh(z_{11})")
    }

    @Test func classesHaveTheJacobianAndTheTargets() throws {
        let layers = [try dense(3, 2, .softmax)]
        let plain = try explain(.crossEntropy(.plain), layers, target: 1 / 3)
        #expect(plain.output.preActivationGradient.formula == "∂L/∂z₁ = a₁ − y")
        #expect(plain.output.activationGradient.formula == "∂L/∂a₁ = (−y/a₁)")
        #expect(plain.output.derivative.formula == "∂a₁ⱼ/∂z₁ₖ = a₁ⱼ([j = k] − a₁ₖ)")
        #expect(plain.layers[0].derivatives.shape == [1, 3, 3])
        let settings = try Loss.ClassSettings(labelSmoothing: 0.1, classWeights: [1, 2, 3])
        let weighted = try explain(.crossEntropy(settings), layers, target: 0.2)
        #expect(weighted.output.preActivationGradient.formula == "∂L/∂z₁ = a₁·|t| − t")
        #expect(weighted.text.contains("label smoothing"))
        let smoothed = try Loss.ClassSettings(labelSmoothing: 0.1)
        #expect(
            try explain(.crossEntropy(smoothed), layers, target: 1 / 3).output.preActivationGradient
                .formula
                == "∂L/∂z₁ = a₁ − t")
    }

    /// pₖ·Σⱼ yⱼ − yₖ: the sum is only left out where it is 1.
    @Test func targetsThatAreNotOneTogetherHaveTheirSumInTheFormulas() throws {
        let layers = [try dense(3, 2, .softmax)]
        let plain = try explain(.crossEntropy(.plain), layers, target: 0.2)
        #expect(plain.output.preActivationGradient.formula == "∂L/∂z₁ = a₁·|y| − y")
        #expect(plain.output.preActivationGradient.latex.hasSuffix("= a_1 \\cdot |y| - y"))
        #expect(plain.text.contains("|y| is the sum"))
        let a = plain.layers[0].activations.values(as: Double.self)
        let δ = plain.layers[0].preActivationGradients.values(as: Double.self)
        for (a, δ) in zip(a, δ) { #expect(abs(a * 0.6 - 0.2 - δ) < 1e-15) }
        let smoothed = try Loss.ClassSettings(labelSmoothing: 0.1)
        let logits = try explain(
            .crossEntropyWithLogits(smoothed), [dense(3, 2, .identity)], target: 0.2)
        #expect(logits.output.activationGradient.formula == "∂L/∂a₁ = (softmax(a₁)·|t| − t)")
        #expect(!logits.text.contains("|y|"))
    }

    @Test func everyLossAndActivationHasAFormulaInBothForms() throws {
        let activations: [Activation] = [
            .identity, .sigmoid, .tanh, .relu, .leakyReLU(negativeSlope: 0.2), .elu(alpha: 0.5),
            .selu, .gelu, .silu, .softplus, .softmax,
        ]
        let losses: [Loss.Kind] = [
            .binaryCrossEntropyWithLogits, .crossEntropyWithLogits(.plain), .meanSquaredError,
            .meanAbsoluteError, .huber(delta: 2), .hinge, .klDivergence, .poisson,
        ]
        var formulas: Set<String> = []
        for activation in activations {
            for kind in losses {
                let output = try explain(kind, [dense(2, 2, activation)]).output
                for equation in [output.activationGradient, output.derivative] {
                    // LaTeX has none of the characters, and brackets close.
                    #expect(equation.latex.utf8.allSatisfy { $0 < 128 }, "\(equation.latex)")
                    for (text, pair) in [(equation.latex, "{}"), (equation.formula, "()")] {
                        let counts = pair.map { bracket in text.count { $0 == bracket } }
                        #expect(counts[0] == counts[1], "\(text)")
                    }
                    formulas.insert(equation.formula)
                }
            }
        }
        #expect(formulas.count == activations.count + losses.count)
    }

    @Test func aSaturatedOutputIsSpokenOf() throws {
        let layer = try Layer(
            .dense(
                Dense(
                    weights: Tensor([800.0], shape: [1, 1]), bias: nil, activation: .sigmoid)))
        let english = try explain(.binaryCrossEntropy, [layer], target: 0)
        #expect(english.output.saturation?.hasPrefix("At 1 outputs") == true)
        let chinese = try explain(.binaryCrossEntropy, [layer], target: 0, in: .chinese)
        #expect(chinese.output.saturation?.contains("饱和") == true)
        #expect(chinese.language == "zh" && english.language == "en")
        let filled =
            [chinese.text, chinese.output.derivative.text]
            + chinese.layers[0].parameters.map(\.product.text)
        #expect(!filled.contains { $0.contains("{") })
    }
}
