import NablaAPI
import NablaNetworks

/// The chain rule of a gradient for people: formulas, what they say, and their numbers below them.
struct ExplanationSummary {
    private let explanation: GradientsExplanation

    init(_ explanation: GradientsExplanation) {
        self.explanation = explanation
    }

    /// The explanation, over several lines.
    var text: String {
        var lines = [explanation.text]
        let output = explanation.output
        lines.append("")
        lines += described(output.activationGradient)
        lines += described(output.derivative)
        lines += described(output.preActivationGradient)
        if let saturation = output.saturation { lines.append("  " + saturation) }
        for (index, layer) in explanation.layers.enumerated().reversed() {
            lines += [
                "", "── \(index + 1): \(layer.activation) " + String(repeating: "─", count: 40),
            ]
            lines += described(layer.z) + rows("z", layer.preActivations)
            lines += described(layer.a) + rows("a", layer.activations)
            lines += rows("f′(z)", layer.derivatives)
            lines += rows("∂L/∂a", layer.activationGradients)
            lines += rows("∂L/∂z", layer.preActivationGradients)
            for parameter in layer.parameters { lines += described(parameter.product) }
        }
        return lines.joined(separator: "\n")
    }

    private func described(_ equation: GradientsExplanation.Equation) -> [String] {
        [equation.formula, "    " + equation.text]
    }

    /// A line for each sample; a Jacobian's rows one after another, with bars between them.
    private func rows(_ symbol: String, _ tensor: Tensor) -> [String] {
        let values = tensor.values(as: Double.self)
        let samples = max(1, tensor.shape.first ?? 1)
        let (length, width) = (values.count / samples, tensor.shape.last ?? 1)
        return (0..<samples).map { sample in
            let numbers = (0..<length).map { place -> String in
                let value = values[sample * length + place]
                let bar = place > 0 && place % width == 0 ? " |" : ""
                return bar + (value.isFinite ? formatted(value, padded: true) : "           –")
            }
            return "  \(symbol)  [\(sample)]" + numbers.joined()
        }
    }
}
