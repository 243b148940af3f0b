import NablaNetworks
import Testing

@testable import NablaCore

/// Gradients against differences of the loss itself, in float64.
///
/// The derivative is taken from four points, (f(−2h) − 8f(−h) + 8f(h) − f(2h)) / 12h with h = 10⁻⁴:
/// its truncation error is of order h⁴, its rounding error 10⁻¹² of the loss. An entry is left out
/// where one of the points lies beyond a kink of an activation or a loss; how many may be is
/// checked.
@Suite("Gradients meet central differences")
struct FiniteDifferenceTests {
    static let step = 1e-4

    struct Case: CustomTestStringConvertible {
        let activation: Activation
        let kind: Loss.Kind
        let last: Activation
        let seed: UInt64
        var testDescription: String {
            "\(activation.name), \(last.name), \(kind), seed \(seed)"
        }
    }

    static let activations: [Activation] = [
        .identity, .sigmoid, .tanh, .relu, .leakyReLU(negativeSlope: 0.1), .elu(alpha: 1),
        .elu(alpha: 0.7), .selu, .gelu, .silu, .softplus, .softmax,
    ]

    /// Each loss with a last activation that gives it outputs it is defined for.
    static let losses: [(Loss.Kind, Activation)] = {
        let settings = (try? Loss.ClassSettings(labelSmoothing: 0.1)) ?? .plain
        return [
            (.binaryCrossEntropy, .sigmoid), (.binaryCrossEntropyWithLogits, .identity),
            (.binaryCrossEntropyWithLogits, .tanh), (.crossEntropy(.plain), .softmax),
            (.crossEntropy(settings), .softmax), (.crossEntropyWithLogits(settings), .identity),
            (.meanSquaredError, .softmax), (.meanSquaredError, .identity),
            (.meanAbsoluteError, .identity), (.huber(delta: 0.5), .tanh), (.hinge, .identity),
            (.klDivergence, .softmax), (.poisson, .softplus),
        ]
    }()

    static let cases = activations.enumerated().flatMap { number, activation in
        losses.enumerated().map { place, pair in
            Case(
                activation: activation, kind: pair.0, last: pair.1,
                seed: UInt64(1000 + number * 100 + place))
        }
    }

    @Test("for every activation and loss", arguments: cases)
    func agree(_ test: Case) throws {
        var generator = Generator(seed: test.seed)
        let depth = generator.index(below: 3)
        let hidden = (0...depth).map { _ in 2 + generator.index(below: 4) }
        let (inputs, outputs) = (1 + generator.index(below: 4), 2 + generator.index(below: 3))
        let network = try generator.network(
            inputs: inputs, hidden: hidden, outputs: outputs, test.activation, last: test.last)
        let samples = try generator.samples(3, inputs: inputs, outputs: outputs, for: test.kind)
        let reduction = Reduction.allCases[generator.index(below: 2)]
        let probe = Probe(kind: test.kind, reduction: reduction, samples: samples)
        let analytic = try gradients(test.kind, reduction, of: network, samples).flat
        let parameters = network.flat
        var (error, size, compared) = (0.0, 0.0, 0)
        for index in parameters.indices {
            let points = try [-2.0, -1, 1, 2].map { offset in
                var moved = parameters
                moved[index] += offset * Self.step
                return try probe.evaluate(network.replacing(moved))
            }
            guard points.allSatisfy({ $0.regions == points[0].regions }) else { continue }
            let numeric =
                (points[0].loss - 8 * points[1].loss + 8 * points[2].loss - points[3].loss)
                / (12 * Self.step)
            error += (numeric - analytic[index]) * (numeric - analytic[index])
            size += max(numeric * numeric, analytic[index] * analytic[index])
            compared += 1
        }
        #expect(compared * 10 >= parameters.count * 8, "too many entries lie near a kink")
        #expect(error.squareRoot() <= 1e-7 * size.squareRoot() + 1e-10)
        #expect(analytic.contains { $0 != 0 })
    }

    @Test("∂L/∂inputs", arguments: [UInt64(1), 2, 3])
    func inputGradients(_ seed: UInt64) throws {
        var generator = Generator(seed: seed)
        let network = try generator.network(
            inputs: 4, hidden: [5], outputs: 3, .gelu, last: .softmax)
        let samples = try generator.samples(
            3, inputs: 4, outputs: 3, for: .crossEntropy(.plain))
        let analytic = try #require(
            gradients(.crossEntropy(.plain), of: network, samples, including: .inputGradients)
                .inputGradients
        ).doubles
        let inputs = samples.inputs.doubles
        for index in inputs.indices {
            let losses = try [-1.0, 1].map { offset in
                var moved = inputs
                moved[index] += offset * Self.step
                let samples = try Samples(
                    inputs: Tensor(moved, shape: [3, 4]), targets: samples.targets,
                    weights: samples.weights)
                return try gradients(.crossEntropy(.plain), of: network, samples).loss.doubles[0]
            }
            #expect(abs((losses[1] - losses[0]) / (2 * Self.step) - analytic[index]) < 1e-8)
        }
    }
}

/// The loss at a point of parameter space, and on which side of every kink the point lies.
private struct Probe {
    let kind: Loss.Kind
    let reduction: Reduction
    let samples: Samples

    func evaluate(_ network: Network) throws -> (loss: Double, regions: [Bool]) {
        let result = try gradients(
            kind, reduction, of: network, samples, including: .activations)
        var regions: [Bool] = []
        for (layer, activations) in zip(network.layers, try #require(result.activations)) {
            switch layer.activation {
            case .relu, .leakyReLU, .elu, .selu: regions += activations.doubles.map { $0 > 0 }
            default: break
            }
        }
        let outputs = try #require(result.activations?.last).doubles
        switch kind {
        case .meanAbsoluteError: regions += zip(outputs, samples.targets.doubles).map { $0 > $1 }
        case .huber(let delta):
            regions += zip(outputs, samples.targets.doubles).map { $0 - $1 > delta }
            regions += zip(outputs, samples.targets.doubles).map { $0 - $1 < -delta }
        case .hinge: regions += zip(outputs, samples.targets.doubles).map { $0 * $1 < 1 }
        default: break
        }
        return (result.loss.doubles[0], regions)
    }
}

extension Network {
    /// The same network with other parameters, layer by layer, weights before bias.
    fileprivate func replacing(_ flat: [Double]) throws -> Network {
        var rest = flat[...]
        func take(_ count: Int) -> [Double] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        return try Network(
            inputShape: inputShape,
            layers: layers.indices.map { index in
                guard let shapes = parameterShapes(ofLayer: index) else { return layers[index] }
                let weights = try Tensor(take(shapes.weights.size ?? 0), shape: shapes.weights)
                let bias =
                    layers[index].parameters?.usesBias == true
                    ? try Tensor(take(shapes.bias.size ?? 0), shape: shapes.bias) : nil
                return try layers[index].with(weights: weights, bias: bias)
            })
    }
}

extension Generator {
    /// Weighted samples with targets that the loss is defined for.
    mutating func samples(
        _ count: Int, inputs: Int, outputs: Int, for kind: Loss.Kind
    ) throws -> Samples {
        let features = normals(count * inputs)
        let weights = (0..<count).map { _ in 0.5 + uniform() }
        let targets: Tensor
        switch kind {
        case .crossEntropy, .crossEntropyWithLogits:
            targets = Tensor((0..<count).map { _ in Double(index(below: outputs)) })
        case .hinge:
            let signs = (0..<count * outputs).map { _ in index(below: 2) == 0 ? -1.0 : 1 }
            targets = try Tensor(signs, shape: [count, outputs])
        case .binaryCrossEntropy, .binaryCrossEntropyWithLogits, .klDivergence, .poisson:
            let shares = (0..<count * outputs).map { _ in uniform() }
            targets = try Tensor(shares, shape: [count, outputs])
        default: targets = try Tensor(normals(count * outputs), shape: [count, outputs])
        }
        return try Samples(
            inputs: Tensor(features, shape: [count, inputs]), targets: targets,
            weights: Tensor(weights))
    }
}
