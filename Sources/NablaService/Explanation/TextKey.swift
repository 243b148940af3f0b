/// The texts of an explanation; each language has every one, in a file of its own.
///
/// What stands in braces is filled in: `{layer}` with the number of a layer, counted from 1 as the
/// indices of the formulas are.
enum TextKey: CaseIterable, Hashable, Sendable {
    /// How an explanation is to be read. `{samples}`
    case overview
    /// What the divisor is, where there is one. `{divisor}`
    case divisor
    /// What ω is, where samples are weighted.
    case sampleWeights
    /// What t is, where targets are smoothed or classes weighted.
    case targets
    /// What |y| is, where a sample's targets aren't 1 together.
    case sumOfTargets
    /// z of a layer. `{layer}`
    case z
    /// z of a layer that has no bias. `{layer}`
    case zWithoutBias
    /// a of a layer. `{layer}`, `{activation}`
    case a
    /// ∂L/∂a of the outputs. `{layer}`
    case activationGradient
    /// ∂a/∂z of the outputs. `{layer}`, `{activation}`
    case derivative
    /// ∂L/∂z of the outputs as a product. `{layer}`
    case product
    /// ∂L/∂z of the outputs, computed as one with the loss. `{layer}`, `{activation}`
    case fusedProduct
    /// Outputs whose ∂L/∂a isn't finite. `{count}`
    case saturation
    /// The gradient of the last layer's weights. `{layer}`
    case lastWeights
    /// The gradient of the last layer's bias. `{layer}`
    case lastBias
    /// The gradient of another layer's weights. `{layer}`, `{next}`, `{activation}`
    case weights
    /// The gradient of another layer's bias. `{layer}`, `{next}`, `{activation}`
    case bias
}

extension Language {
    /// The fields of an answer whose texts are in a language, and might be in another.
    ///
    /// - Source: RFC 9110, sections 8.5 and 12.5.5.
    static func fields(of language: String) -> [(name: String, value: String)] {
        [("Content-Language", language), ("Vary", "Accept-Language")]
    }

    /// A text with its gaps filled in.
    func text(_ key: TextKey, _ values: [String: String] = [:]) -> String {
        var text = texts[key] ?? ""
        for (name, value) in values { text = text.replacing("{\(name)}", with: value) }
        return text
    }
}
