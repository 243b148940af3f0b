import NablaAPI
import NablaNetworks

/// The answer of `POST /gradients` for people: the loss, and each gradient up to a size that can be read.
struct GradientsSummary {
    private let response: GradientsResponse
    /// Tensors with more numbers are told by their shape and norm alone.
    private let mostNumbers = 64

    init(_ response: GradientsResponse) {
        self.response = response
    }

    /// The summary, over several lines.
    var text: String {
        var lines = [
            "loss \(Self.list(response.loss)) over \(response.samples) samples (\(response.dtype.rawValue))"
        ]
        for (index, layer) in response.gradients.enumerated() {
            if let weights = layer.weights { lines += describe(weights, "layer \(index)  ∂L/∂W") }
            if let bias = layer.bias { lines += describe(bias, "layer \(index)  ∂L/∂b") }
        }
        if let explanation = response.explanation {
            lines += ["", ExplanationSummary(explanation).text]
        }
        return lines.joined(separator: "\n")
    }

    private func describe(_ tensor: Tensor, _ title: String) -> [String] {
        let values = tensor.values(as: Double.self)
        let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let shape = tensor.shape.map(String.init).joined(separator: "×")
        let head = "\(title)  \(shape), norm \(formatted(norm))"
        guard values.count <= mostNumbers else { return [head] }
        let width = tensor.shape.last ?? 1
        let rows = stride(from: 0, to: values.count, by: width).map { start in
            "    "
                + values[start..<start + width].map { formatted($0, padded: true) }
                .joined(separator: " ")
        }
        return [head] + rows
    }

    private static func list(_ tensor: Tensor) -> String {
        tensor.values(as: Double.self).map { formatted($0) }.joined(separator: " ")
    }
}
