import Foundation
import NablaNetworks
import Testing

@testable import NablaCore

/// A backward pass of its own, for planting mistakes: three dense layers, one after another, that
/// shares no code with the one under test.
private struct PlainBackward {
    /// f and f′, both of z.
    struct Function: Sendable {
        let value: @Sendable (Double) -> Double
        let slope: @Sendable (Double) -> Double

        static let tanh = Function(
            value: { Foundation.tanh($0) }, slope: { 1 / (cosh($0) * cosh($0)) })
        static let sigmoid = Function(
            value: { 1 / (1 + exp(-$0)) },
            slope: { exp(-$0) / ((1 + exp(-$0)) * (1 + exp(-$0))) })
        static let softplus = Function(
            value: { log(1 + exp($0)) }, slope: { 1 / (1 + exp(-$0)) })
    }

    /// W and b of each layer.
    let weights: [[[Double]]]
    let biases: [[Double]]
    let functions: [Function]
    let inputs: [[Double]]
    let targets: [[Double]]
    /// Whether the loss is the binary cross entropy, and not the squared error.
    var isLogistic = false

    /// Where f′ isn't multiplied with.
    var leavesOut: Set<Int> = []
    /// Where f′ is taken at a.
    var takesAtActivation: Int?
    /// Where ∂L/∂W is made with z of the layer before.
    var usesPreActivations: Int?
    /// Where the error goes back through W instead of Wᵀ.
    var usesUntransposed: Int?
    /// Whether σ′ is multiplied to a − y.
    var doublesOutputDerivative = false

    func gradients() throws -> [LayerGradients] {
        var sums = weights.map { $0.map { $0.map { _ in 0.0 } } }
        var biasSums = biases.map { $0.map { _ in 0.0 } }
        for (x, y) in zip(inputs, targets) {
            var (zs, values): ([[Double]], [[Double]]) = ([], [x])
            for (layer, rows) in weights.enumerated() {
                let z = zip(rows, biases[layer]).map { row, bias in
                    zip(row, values[layer]).reduce(bias) { $0 + $1.0 * $1.1 }
                }
                zs.append(z)
                values.append(z.map(functions[layer].value))
            }
            let scale = 1 / Double(inputs.count * y.count)
            var error = zip(values[weights.count], y).map { a, y in
                (isLogistic ? a - y : 2 * (a - y)) * scale
            }
            for layer in weights.indices.reversed() {
                let (z, a) = (zs[layer], values[layer + 1])
                let isFused = isLogistic && layer == weights.count - 1
                if isFused ? doublesOutputDerivative : !leavesOut.contains(layer) {
                    let places = takesAtActivation == layer ? a : z
                    error = zip(error, places).map { $0 * functions[layer].slope($1) }
                }
                let read =
                    usesPreActivations == layer && layer > 0 ? zs[layer - 1] : values[layer]
                for (unit, δ) in error.enumerated() {
                    biasSums[layer][unit] += δ
                    for (input, x) in read.enumerated() { sums[layer][unit][input] += δ * x }
                }
                let columns =
                    usesUntransposed == layer ? weights[layer] : weights[layer].transposed
                error = columns.map { zip($0, error).reduce(0) { $0 + $1.0 * $1.1 } }
            }
        }
        return try zip(sums, biasSums).map {
            LayerGradients(weights: try matrix($0), bias: Tensor($1))
        }
    }
}

@Suite("Gradient checks name mistakes of the backward pass")
struct GradientMistakeTests {
    private let plain: PlainBackward
    private let network: Network
    private let samples: Samples

    init() throws {
        var generator = Generator(seed: 5)
        func rows(_ units: Int, _ inputs: Int) -> [[Double]] {
            (0..<units).map { _ in generator.normals(inputs) }
        }
        plain = PlainBackward(
            weights: [rows(3, 2), rows(3, 3), rows(2, 3)], biases: rows(2, 3) + rows(1, 2),
            functions: [.tanh, .softplus, .sigmoid], inputs: rows(4, 2),
            targets: [[1, 0], [0, 0], [1, 1], [0, 1]])
        let activations: [Activation] = [.tanh, .softplus, .sigmoid]
        network = try Network(
            layers: activations.indices.map { [plain] layer in
                try dense(plain.weights[layer], bias: plain.biases[layer], activations[layer])
            })
        samples = try Samples(inputs: matrix(plain.inputs), targets: matrix(plain.targets))
    }

    private func check(
        _ change: (inout PlainBackward) -> Void
    ) throws -> GradientCheck {
        var claimed = plain
        change(&claimed)
        return try GradientCheck.compute(
            of: Loss(claimed.isLogistic ? .binaryCrossEntropy : .meanSquaredError),
            network: network, samples: samples, claim: claimed.gradients(), workspace: Workspace())
    }

    @Test(arguments: [false, true])
    func thePlainBackwardPassIsRight(_ isLogistic: Bool) throws {
        let check = try check { $0.isLogistic = isLogistic }
        #expect(check.passes && check.maximumRelativeError < 1e-6)
    }

    @Test(arguments: [(0, "tanh"), (1, "softplus"), (2, "sigmoid")])
    func aLeftOutDerivative(_ layer: Int, _ name: String) throws {
        let check = try check { $0.leavesOut = [layer] }
        let phrase = "the derivative of layer \(layer)'s activation (\(name)) is left out"
        expectPhrase(phrase, in: check, upTo: layer)
        // With the sign wrong, too.
        var claimed = plain
        claimed.leavesOut = [layer]
        let negative = try claimed.gradients().map { $0.mapped { $0.map { -$0 } } }
        let both = try GradientCheck.compute(
            of: Loss(.meanSquaredError), network: network, samples: samples, claim: negative,
            workspace: Workspace())
        #expect(both.diagnosis.contains(phrase + ", and sign flipped"), "\(both.diagnosis)")
    }

    @Test func allDerivativesLeftOut() throws {
        let check = try check { $0.leavesOut = [0, 1, 2] }
        #expect(
            check.diagnosis == "every tensor: the derivatives of all activations are left out")
    }

    @Test func aDerivativeTakenAtTheActivation() throws {
        for (layer, name) in [(0, "tanh"), (1, "softplus"), (2, "sigmoid")] {
            let check = try check { $0.takesAtActivation = layer }
            expectPhrase(
                "the derivative of layer \(layer)'s activation (\(name)) is taken at a instead of z",
                in: check, upTo: layer)
        }
    }

    @Test func aDerivativeTooManyAtTheOutput() throws {
        let check = try check {
            $0.isLogistic = true
            $0.doublesOutputDerivative = true
        }
        #expect(
            check.diagnosis == "every tensor: the derivative of the last activation (sigmoid) is "
                + "there once too often: with this loss the error at z is a − y already")
    }

    @Test func preActivationsReadAsInputs() throws {
        let check = try check { $0.usesPreActivations = 1 }
        #expect(
            check.diagnosis == "layer 1 weights: made with z of layer 0 instead of its "
                + "activations; the other tensors agree")
    }

    @Test func weightsThatAreNotTransposedOnTheWayBack() throws {
        let check = try check { $0.usesUntransposed = 1 }
        #expect(
            check.diagnosis == "layer 0 weights, layer 0 bias: the error goes back through the "
                + "weights of layer 1 untransposed; the other tensors agree")
    }

    @Test func twoMistakesAreBothNamed() throws {
        var claim = try plain.gradients()
        claim[0] = LayerGradients(
            weights: claim[0].weights, bias: claim[0].mapped { $0.map { -$0 } }.bias)
        claim[1] = LayerGradients(
            weights: try matrix(#require(claim[1].weights).rows.transposed), bias: claim[1].bias)
        let check = try GradientCheck.compute(
            of: Loss(.meanSquaredError), network: network, samples: samples, claim: claim,
            workspace: Workspace())
        #expect(
            check.diagnosis == "layer 0 bias: sign flipped; layer 1 weights: transposed; the other "
                + "tensors agree")
    }

    /// Expects a mistake named at all tensors of the layers up to one, and the others right.
    private func expectPhrase(_ phrase: String, in check: GradientCheck, upTo layer: Int) {
        let names = (0...layer).map { "layer \($0) weights, layer \($0) bias" }
        let isAll = layer == network.layers.count - 1
        #expect(
            check.diagnosis == (isAll ? "every tensor" : names.joined(separator: ", ")) + ": "
                + phrase + (isAll ? "" : "; the other tensors agree"))
        #expect(!check.passes)
    }
}
