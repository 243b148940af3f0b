import NablaAPI
import NablaNetworks

/// The example Nabla began with: a two-layer sigmoid network with cross-entropy, on XOR.
enum SeedExample {
    /// The request for its gradients, with the activations that the chain rule needs.
    static func request() throws(InvalidValue) -> GradientsRequest {
        let first = try Dense(
            weights: Tensor([0.5, -0.4, -0.3, 0.8], shape: [2, 2]),
            bias: Tensor([0.1, -0.2]), activation: .sigmoid)
        let second = try Dense(
            weights: Tensor([0.7, -0.6], shape: [1, 2]), bias: Tensor([0.05]),
            activation: .sigmoid)
        return GradientsRequest(
            network: .inline(try Network(layers: [Layer(.dense(first)), Layer(.dense(second))])),
            loss: try Loss(.binaryCrossEntropy),
            samples: try Samples(
                inputs: Tensor([0.0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2]),
                targets: Tensor([0.0, 1, 1, 0], shape: [4, 1])),
            include: [.activations])
    }
}

/// ∂L/∂b₁ written out, sample by sample: (a₂ − y) · w₂ · σ′(z₁), and their mean beside the gradient returned.
struct ChainRule {
    private let targets: [Double]
    private let hidden: [Double]
    private let outputs: [Double]
    private let weights: [Double]
    private let gradient: [Double]

    /// - Throws: `CommandError` when the answer lacks what the formula needs.
    init(_ request: GradientsRequest, _ response: GradientsResponse) throws(CommandError) {
        guard case .inline(let network) = request.network, network.layers.count == 2,
            case .dense(let second) = network.layers[1].operation,
            case .given(let weights, _) = second.parameters,
            let activations = response.activations, activations.count == 2,
            let bias = response.gradients[0].bias, let samples = request.samples.inline
        else { throw CommandError("the service left out the activations") }
        targets = samples.targets.values(as: Double.self)
        hidden = activations[0].values(as: Double.self)
        outputs = activations[1].values(as: Double.self)
        self.weights = weights.values(as: Double.self)
        gradient = bias.values(as: Double.self)
    }

    /// The formula with its numbers, unit by unit.
    var text: String {
        let units = weights.count
        var lines = [
            "∂L/∂b₁ = (a₂ − y) · w₂ · σ′(z₁), with σ′(z₁) = a₁ (1 − a₁), the mean over the samples"
        ]
        for unit in 0..<units {
            lines.append("  unit \(unit):")
            var sum = 0.0
            for sample in targets.indices {
                let activation = hidden[sample * units + unit]
                let error = outputs[sample] - targets[sample]
                let slope = activation * (1 - activation)
                let product = error * weights[unit] * slope
                sum += product
                lines.append(
                    "    (\(formatted(outputs[sample])) − \(formatted(targets[sample])))"
                        + " · \(formatted(weights[unit])) · \(formatted(slope))"
                        + " = \(formatted(product))")
            }
            lines.append(
                "    mean \(formatted(sum / Double(targets.count)))"
                    + ", returned \(formatted(gradient[unit]))")
        }
        return lines.joined(separator: "\n")
    }
}
