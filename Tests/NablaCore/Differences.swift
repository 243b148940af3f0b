import NablaNetworks
import Testing

@testable import NablaCore

/// Differences over four points, (f(−2h) − 8f(−h) + 8f(h) − f(2h)) / 12h with h = 10⁻⁴: the
/// truncation error is of order h⁴, the rounding error 10⁻¹² of f.
enum Differences {
    static let step = 1e-4
    /// How far the points are, in steps.
    static let offsets = [-2.0, -1, 1, 2]

    /// The derivative out of the values at the points.
    static func derivative(_ values: [Double]) -> Double {
        (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step)
    }

    /// The derivative of many values at once.
    static func derivative(_ values: [[Double]]) -> [Double] {
        values[0].indices.map { index in derivative(values.map { $0[index] }) }
    }
}

extension Gradients {
    /// The sum of the loss's numbers: what the gradients are of.
    var totalLoss: Double { loss.doubles.reduce(0, +) }

    /// On which side of every kink of the network and the loss the samples are; takes the
    /// activations.
    func regions(of network: Network, _ kind: Loss.Kind, _ samples: Samples) throws -> [Int] {
        let activations = try #require(activations).map(\.doubles)
        var regions: [Int] = []
        for (index, layer) in network.layers.enumerated() {
            switch layer.activation {
            case .relu, .leakyReLU, .elu, .selu:
                regions += activations[index].map { $0 > 0 ? 1 : 0 }
            default: break
            }
            guard layer.typeName == "max_pool2d" else { continue }
            let source = network.sources(ofLayer: index)[0]
            let image = network.inputShape(ofLayer: index)
            regions += Gradients.places(
                of: activations[index], network.outputShapes[index],
                in: source == .input ? samples.inputs.doubles : activations[source.position], image)
        }
        let pairs = zip(activations.last ?? [], samples.targets.doubles)
        switch kind {
        case .meanAbsoluteError: regions += pairs.map { $0 > $1 ? 1 : 0 }
        case .huber(let delta):
            regions += pairs.map { $0 - $1 > delta ? 1 : $0 - $1 < -delta ? -1 : 0 }
        case .hinge: regions += pairs.map { $0 * $1 < 1 ? 1 : 0 }
        default: break
        }
        return regions
    }

    /// Where in its plane of the image each pooled number was found.
    private static func places(
        of pooled: [Double], _ shape: Shape, in pixels: [Double], _ image: Shape
    ) -> [Int] {
        let (plane, area) = (image[1] * image[2], shape[1] * shape[2])
        return pooled.enumerated().map { index, value in
            let start = index / area * plane
            return pixels[start..<start + plane].firstIndex(of: value) ?? -1
        }
    }
}

extension Source {
    /// The layer's index; −1 for the inputs.
    var position: Int {
        switch self {
        case .input: -1
        case .layer(let index): index
        }
    }
}

extension Network {
    /// The same network with `step` times the vector, shaped as its gradients, added to its
    /// parameters; what the vector leaves out stays.
    func moved(_ step: Double, along vector: [LayerGradients]) throws -> Network {
        func moved(_ tensor: Tensor, along direction: Tensor?) throws -> Tensor {
            guard let direction else { return tensor }
            return try Tensor(
                zip(tensor.doubles, direction.doubles).map { $0 + step * $1 }, shape: tensor.shape)
        }
        return try Network(
            inputShape: inputShape,
            layers: zip(layers, vector).map { layer, direction in
                guard case .given(let weights, let bias) = layer.parameters else { return layer }
                return try layer.with(
                    weights: moved(weights, along: direction.weights),
                    bias: bias.map { try moved($0, along: direction.bias) })
            })
    }
}

extension Samples {
    /// The same samples with `step` times the direction added to their inputs.
    func moved(_ step: Double, along direction: [Double]) throws -> Samples {
        let moved = zip(inputs.doubles, direction).map { $0 + step * $1 }
        return try Samples(
            inputs: Tensor(moved, shape: inputs.shape), targets: targets, weights: weights)
    }
}

/// The product of two vectors.
func dot(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
}

/// The length of a vector.
func norm(_ vector: [Double]) -> Double { dot(vector, vector).squareRoot() }

extension [LayerGradients] {
    /// All numbers, layer by layer, weights before bias.
    var flat: [Double] { flatMap { ($0.weights?.doubles ?? []) + ($0.bias?.doubles ?? []) } }
}

extension Generator {
    /// A direction of so many numbers: of length 1, each direction equally likely.
    mutating func direction(_ count: Int) -> [Double] {
        let numbers = normals(count)
        return numbers.map { $0 / norm(numbers) }
    }

    /// A direction in the space of a network's parameters, shaped as its gradients.
    mutating func direction(for network: Network) throws -> [LayerGradients] {
        var rest = direction(max(1, network.flat.count))[...]
        func take(like tensor: Tensor) throws -> Tensor {
            defer { rest = rest.dropFirst(tensor.count) }
            return try Tensor(Array(rest.prefix(tensor.count)), shape: tensor.shape)
        }
        return try network.layers.map { layer in
            guard case .given(let weights, let bias) = layer.parameters else {
                return LayerGradients(weights: nil, bias: nil)
            }
            return LayerGradients(weights: try take(like: weights), bias: try bias.map(take(like:)))
        }
    }

    /// Targets that the loss is defined for; of the cross entropies classes as well as shares.
    mutating func targets(_ count: Int, _ outputs: Shape, for kind: Loss.Kind) throws -> Tensor {
        let (size, shape) = (outputs.size ?? 0, try Shape([count] + outputs))
        switch kind {
        case .crossEntropy, .crossEntropyWithLogits:
            guard index(below: 2) == 0 else {
                return try Tensor((0..<count * size).map { _ in uniform() }, shape: shape)
            }
            return Tensor((0..<count).map { _ in Double(index(below: size)) })
        case .hinge:
            let signs = (0..<count * size).map { _ in index(below: 2) == 0 ? -1.0 : 1 }
            return try Tensor(signs, shape: shape)
        case .binaryCrossEntropy, .binaryCrossEntropyWithLogits, .klDivergence, .poisson:
            return try Tensor((0..<count * size).map { _ in uniform() }, shape: shape)
        default: return try Tensor(normals(count * size), shape: shape)
        }
    }
}
