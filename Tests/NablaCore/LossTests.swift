import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Reductions and weights")
struct LossTests {
    /// Every kind of loss, with targets for three samples of two outputs.
    static let kinds: [(Loss.Kind, Activation)] = {
        let weighted = (try? Loss.ClassSettings(labelSmoothing: 0.1, classWeights: [0.5, 2]))
        let settings = weighted ?? .plain
        return [
            (.binaryCrossEntropy, .sigmoid), (.binaryCrossEntropyWithLogits, .identity),
            (.crossEntropy(.plain), .softmax), (.crossEntropyWithLogits(settings), .identity),
            (.meanSquaredError, .identity), (.meanAbsoluteError, .tanh),
            (.huber(delta: 0.3), .identity), (.hinge, .identity), (.klDivergence, .softmax),
            (.poisson, .softplus),
        ]
    }()

    static let inputs: [[Double]] = [[0.5, -1], [1.5, 0.25], [-0.75, 2]]

    static func targets(for kind: Loss.Kind, _ rows: [Int]) throws -> Tensor {
        switch kind {
        case .crossEntropy, .crossEntropyWithLogits: Tensor(rows.map { [0.0, 1, 1][$0] })
        case .hinge: try matrix(rows.map { [[-1.0, 1], [1, 1], [-1, -1]][$0] })
        default: try matrix(rows.map { [[0.25, 0.5], [1, 0], [0.75, 0.125]][$0] })
        }
    }

    static func samples(for kind: Loss.Kind, _ rows: [Int], weights: [Double]? = nil) throws
        -> Samples
    {
        try Samples(
            inputs: matrix(rows.map { inputs[$0] }), targets: targets(for: kind, rows),
            weights: weights.map { Tensor($0) })
    }

    static func network(_ last: Activation) throws -> Network {
        try Network(layers: [
            dense([[0.4, -0.3], [0.2, 0.9], [-0.6, 0.1]], bias: [0.1, -0.2, 0.3], .tanh),
            dense([[0.7, -0.5, 0.2], [0.3, 0.8, -0.4]], bias: [0.05, -0.1], last),
        ])
    }

    @Test("none gives a loss a sample, which add up to sum, with its gradients", arguments: kinds)
    func noneAddsUpToSum(_ kind: Loss.Kind, _ last: Activation) throws {
        let network = try Self.network(last)
        let samples = try Self.samples(for: kind, [0, 1, 2], weights: [1, 0.5, 2])
        let none = try gradients(kind, .none, of: network, samples)
        let sum = try gradients(kind, .sum, of: network, samples)
        #expect(none.loss.shape == [3])
        #expect(sum.loss.shape == [])
        expectClose([none.loss.doubles.reduce(0, +)], sum.loss.doubles)
        #expect(none.flat == sum.flat)
        // Each sample's loss is that of the sample alone.
        for row in 0..<3 {
            let alone = try Self.samples(for: kind, [row], weights: [[1, 0.5, 2][row]])
            let loss = try gradients(kind, .sum, of: network, alone).loss.doubles
            expectClose(loss, [none.loss.doubles[row]])
        }
    }

    @Test("a weight of 3 is the sample three times", arguments: kinds)
    func weightsRepeat(_ kind: Loss.Kind, _ last: Activation) throws {
        let network = try Self.network(last)
        for reduction in [Reduction.mean, .sum] {
            let weighted = try gradients(
                kind, reduction, of: network,
                Self.samples(for: kind, [0, 1, 2], weights: [1, 3, 2]))
            let repeated = try gradients(
                kind, reduction, of: network, Self.samples(for: kind, [0, 1, 1, 1, 2, 2]))
            expectClose(weighted.loss.doubles, repeated.loss.doubles)
            expectClose(weighted.flat, repeated.flat)
        }
    }

    @Test(
        "mean divides by the weights, and by the outputs for means over elements", arguments: kinds)
    func meanIsSumOverWeights(_ kind: Loss.Kind, _ last: Activation) throws {
        let network = try Self.network(last)
        let samples = try Self.samples(for: kind, [0, 1, 2], weights: [1, 0.5, 2])
        let mean = try gradients(kind, .mean, of: network, samples)
        let sum = try gradients(kind, .sum, of: network, samples)
        let denominator: Double
        switch kind {
        case .crossEntropy, .klDivergence: denominator = 3.5
        // The classes 0, 1, 1 weigh 0.5, 2, 2.
        case .crossEntropyWithLogits: denominator = 1 * 0.5 + 0.5 * 2 + 2 * 2
        default: denominator = 3.5 * 2
        }
        expectClose(mean.loss.doubles, sum.loss.doubles.map { $0 / denominator })
        expectClose(mean.flat, sum.flat.map { $0 / denominator })
    }

    @Test("float32 gives the same within its precision", arguments: kinds)
    func float32(_ kind: Loss.Kind, _ last: Activation) throws {
        let samples = try Self.samples(for: kind, [0, 1, 2])
        let wide = try gradients(kind, of: Self.network(last), samples)
        let narrow = try gradients(kind, of: Self.network(last), samples, dtype: .float32)
        #expect(narrow.dtype == .float32 && narrow.layers[0].weights?.dtype == .float32)
        expectClose(narrow.loss.doubles, wide.loss.doubles, tolerance: 1e-6)
        expectClose(narrow.flat, wide.flat, tolerance: 1e-6)
    }

    @Test("KL divergence: y = 0 adds nothing, even to an output of 0")
    func divergenceOfZero() throws {
        let result = try gradients(
            .klDivergence, of: passThrough(width: 2, .relu),
            Samples(inputs: matrix([[-1, 1]]), targets: matrix([[0, 0.5]])),
            including: .inputGradients)
        expectClose(result.loss.doubles, [-0.34657359027997264])  // ½·ln ½
        expectClose(try #require(result.inputGradients).doubles, [0, -0.5])
    }

    @Test("targets (n) serve a network with one output")
    func flatTargets() throws {
        let flat = try Samples(inputs: matrix([[1], [2]]), targets: Tensor([3.0, 5]))
        let nested = try Samples(inputs: matrix([[1], [2]]), targets: matrix([[3], [5]]))
        let network = try passThrough(width: 1)
        let result = try gradients(.meanSquaredError, of: network, flat)
        #expect(result.loss.doubles == [6.5])
        #expect(try gradients(.meanSquaredError, of: network, nested).flat == result.flat)
    }
}
