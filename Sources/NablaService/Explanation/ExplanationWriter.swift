import NablaAPI
import NablaCore
import NablaNetworks

/// Writes the formulas and words of an explanation around its numbers.
struct ExplanationWriter {
    private let network: Network
    private let samples: Samples
    private let explanation: Explanation
    private let language: Language
    private let layers: [Dense]
    private let loss: LossNotation

    init(
        _ explanation: Explanation, of loss: Loss, network: Network, samples: Samples,
        in language: Language
    ) {
        self.network = network
        self.samples = samples
        self.explanation = explanation
        self.language = language
        layers = network.layers.compactMap { layer in
            guard case .dense(let dense) = layer.operation else { return nil }
            return dense
        }
        self.loss = LossNotation(
            loss, a: .indexed("a", network.layers.count), areShares: samples.haveShares)
    }

    /// The whole explanation as it goes over the wire.
    var written: GradientsExplanation {
        GradientsExplanation(
            language: language.rawValue, text: overview, output: output,
            layers: zip(layers.indices, explanation.layers).map { index, factors in
                GradientsExplanation.Layer(
                    activation: layers[index].activation.name,
                    preActivations: factors.preActivations, activations: factors.activations,
                    derivatives: factors.derivatives,
                    activationGradients: factors.activationGradients,
                    preActivationGradients: factors.preActivationGradients, z: z(of: index),
                    a: a(of: index), parameters: parameters(of: index))
            })
    }

    private var overview: String {
        var texts = [language.text(.overview, ["samples": String(samples.count)])]
        if explanation.divisor != 1 {
            let divisor = Notation.number(explanation.divisor).text
            texts.append(language.text(.divisor, ["divisor": divisor]))
        }
        if samples.weights != nil { texts.append(language.text(.sampleWeights)) }
        if loss.hasWeightedTargets { texts.append(language.text(.targets)) }
        if loss.hasSumOfTargets { texts.append(language.text(.sumOfTargets)) }
        return texts.joined(separator: language.space)
    }
}

extension ExplanationWriter {
    private typealias Equation = GradientsExplanation.Equation

    /// The last layer's index.
    private var last: Int { layers.count - 1 }

    private func equation(
        _ left: Notation, _ right: Notation, _ key: TextKey, at index: Int
    ) -> GradientsExplanation.Equation {
        let whole = left + .equals + right
        let text = language.text(
            key,
            [
                "layer": String(index + 1), "next": String(index + 2),
                "activation": layers[index].activation.name,
            ])
        return Equation(formula: whole.text, latex: whole.latex, text: text)
    }

    /// z of a layer, which counts from 1 in formulas.
    private func z(_ index: Int) -> Notation { .indexed("z", index + 1) }

    /// a of a layer, or x before the first.
    private func a(_ index: Int) -> Notation { index < 0 ? "x" : .indexed("a", index + 1) }

    /// The weights: a small letter where they are one row.
    private func w(_ index: Int) -> Notation {
        .indexed(layers[index].units == 1 ? "w" : "W", index + 1)
    }

    private func z(of index: Int) -> GradientsExplanation.Equation {
        let sum = Notation.product([a(index - 1), w(index) + Notation("ᵀ", "^\\top")])
        guard layers[index].usesBias else {
            return equation(z(index), sum, .zWithoutBias, at: index)
        }
        return equation(z(index), sum + " + " + .indexed("b", index + 1), .z, at: index)
    }

    private func a(of index: Int) -> GradientsExplanation.Equation {
        let activation = layers[index].activation
        let value = activation == .identity ? z(index) : activation.notation(of: z(index))
        return equation(a(index), value, .a, at: index)
    }

    /// What each sample's error is multiplied by: the mean's divisor, and its weight.
    private func scale(sums: Bool) -> [Notation] {
        var factors: [Notation] = []
        let divisor = explanation.divisor
        if divisor != 1 {
            let number = Notation.number(divisor)
            factors.append(Notation("1/\(number.text)", "\\frac{1}{\(number.latex)}"))
        }
        if samples.weights != nil { factors.append(Notation("ω", "\\omega")) }
        guard sums, samples.count > 1 else { return factors }
        // The sum stands before what changes from sample to sample.
        let isLast = samples.weights != nil
        let sum = Notation("Σ", "\\sum")
        factors.insert(sum, at: isLast ? factors.count - 1 : factors.count)
        return factors
    }

    /// The factors that a layer's δ is the product of.
    private func error(at index: Int) -> [Notation] {
        var factors: [Notation]
        if let fused = loss.byPreActivation {
            factors = ["(" + fused + ")"]
        } else {
            factors = [loss.byActivation] + slope(last)
        }
        for next in stride(from: last, to: index, by: -1) {
            factors += [w(next)] + slope(next - 1)
        }
        return factors
    }

    private func slope(_ index: Int) -> [Notation] {
        layers[index].activation.slopeNotation(at: z(index)).map { [$0] } ?? []
    }

    private func parameters(of index: Int) -> [GradientsExplanation.Parameter] {
        let isLast = index == last
        let δ = error(at: index)
        func parameter(
            _ name: String, _ symbol: Notation, _ more: [Notation], _ key: TextKey
        ) -> GradientsExplanation.Parameter {
            let left = Notation.derivative(of: "L", by: symbol)
            var factors = joined(scale(sums: true), δ + more)
            // By itself the difference needs no brackets.
            if factors.count == 1, scale(sums: true).isEmpty, let fused = loss.byPreActivation {
                factors = [fused]
            }
            return GradientsExplanation.Parameter(
                pointer: "/layers/\(index)/\(name)",
                product: equation(left, .product(factors), key, at: index))
        }
        let weights = parameter(
            "weights", w(index), [a(index - 1)], isLast ? .lastWeights : .weights)
        guard layers[index].usesBias else { return [weights] }
        let bias = parameter(
            "bias", .indexed("b", index + 1), [], isLast ? .lastBias : .bias)
        return [weights, bias]
    }

    /// The factors after their scale; a sum sign has no dot behind it.
    private func joined(_ scale: [Notation], _ factors: [Notation]) -> [Notation] {
        var all = scale + factors
        while let index = all.firstIndex(where: { $0.text == "Σ" }), index + 1 < all.count {
            all[index + 1] = all[index] + " " + all[index + 1]
            all.remove(at: index)
        }
        return all
    }

    private var output: GradientsExplanation.Output {
        let activation = layers[last].activation
        let scale = scale(sums: false)
        let isSoftmax = activation == .softmax
        let (a, z) = (a(last), z(last))
        let derivative =
            isSoftmax
            ? Notation(
                "∂\(a.text)ⱼ/∂\(z.text)ₖ",
                "\\frac{\\partial \(a.latex)^{(j)}}{\\partial \(z.latex)^{(k)}}")
            : .derivative(of: a, by: z)
        let product: Notation
        if let fused = loss.byPreActivation {
            product = scale.isEmpty ? fused : .product(scale + ["(" + fused + ")"])
        } else {
            product = .product(scale + [loss.byActivation] + slope(last))
        }
        return GradientsExplanation.Output(
            activationGradient: equation(
                .derivative(of: "L", by: a), .product(scale + [loss.byActivation]),
                .activationGradient, at: last),
            derivative: equation(
                derivative, activation.workedOutSlope(z: z, a: a), .derivative, at: last),
            preActivationGradient: equation(
                .derivative(of: "L", by: z), product,
                explanation.isFused ? .fusedProduct : .product, at: last),
            saturation: saturation)
    }

    /// What is to be said of outputs whose ∂L/∂a isn't finite; nil where there are none.
    private var saturation: String? {
        let values = explanation.layers[last].activationGradients.values(as: Double.self)
        let count = values.count { !$0.isFinite }
        return count == 0 ? nil : language.text(.saturation, ["count": String(count)])
    }
}

extension Samples {
    /// Whether the targets of each sample are 1 together, but for their rounding; classes by their index are.
    fileprivate var haveShares: Bool {
        guard targets.shape.count > 1, count > 0 else { return true }
        let numbers = targets.values(as: Double.self)
        let width = numbers.count / count
        return (0..<count).allSatisfy { row in
            abs(numbers[row * width..<(row + 1) * width].reduce(0, +) - 1) < 1e-6
        }
    }
}

extension Language {
    /// What stands between two sentences.
    fileprivate var space: String { self == .english ? " " : "" }
}
