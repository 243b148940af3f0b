import NablaNetworks
import Testing

@testable import NablaCore

/// Gradients of dense networks against differences of the loss itself, entry by entry, in float64.
///
/// An entry is left out where one of the points lies beyond a kink of an activation or a loss; how
/// many may be is checked.
@Suite("Gradients meet central differences")
struct FiniteDifferenceTests {
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
        func evaluate(_ network: Network) throws -> (loss: Double, regions: [Int]) {
            let result = try gradients(
                test.kind, reduction, of: network, samples, including: .activations)
            return (result.totalLoss, try result.regions(of: network, test.kind, samples))
        }
        let analytic = try gradients(test.kind, reduction, of: network, samples).flat
        let parameters = network.flat
        var (error, size, compared) = (0.0, 0.0, 0)
        for index in parameters.indices {
            let points = try Differences.offsets.map { offset in
                var moved = parameters
                moved[index] += offset * Differences.step
                return try evaluate(network.replacing(moved))
            }
            guard points.allSatisfy({ $0.regions == points[0].regions }) else { continue }
            let numeric = Differences.derivative(points.map(\.loss))
            error += (numeric - analytic[index]) * (numeric - analytic[index])
            size += max(numeric * numeric, analytic[index] * analytic[index])
            compared += 1
        }
        #expect(compared * 10 >= parameters.count * 8, "too many entries lie near a kink")
        #expect(error.squareRoot() <= 1e-7 * size.squareRoot() + 1e-10)
        #expect(analytic.contains { $0 != 0 })
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
        return try Samples(
            inputs: Tensor(features, shape: [count, inputs]),
            targets: targets(count, Shape(outputs), for: kind), weights: Tensor(weights))
    }
}
