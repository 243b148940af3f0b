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

/// A three-layer network with drawn numbers, and its plain backward pass.
private struct Chain {
    let plain: PlainBackward
    let network: Network
    let samples: Samples
    /// The layers' activations, the last one a sigmoid.
    let activations: [Activation]

    init(_ seed: UInt64) throws {
        var generator = Generator(seed: seed)
        func rows(_ units: Int, _ inputs: Int) -> [[Double]] {
            (0..<units).map { _ in generator.normals(inputs) }
        }
        let isOdd = seed % 2 == 1
        activations = isOdd ? [.tanh, .softplus, .sigmoid] : [.softplus, .sigmoid, .sigmoid]
        let width = 2 + Int(seed % 3)
        plain = PlainBackward(
            weights: [rows(width, 2), rows(width, width), rows(2, width)],
            biases: rows(2, width) + rows(1, 2),
            functions: isOdd ? [.tanh, .softplus, .sigmoid] : [.softplus, .sigmoid, .sigmoid],
            inputs: rows(4, 2), targets: [[1, 0], [0, 0], [1, 1], [0, 1]])
        network = try Network(
            layers: activations.indices.map { [plain, activations] layer in
                try dense(plain.weights[layer], bias: plain.biases[layer], activations[layer])
            })
        samples = try Samples(inputs: matrix(plain.inputs), targets: matrix(plain.targets))
    }

    func check(_ claim: [LayerGradients], isLogistic: Bool = false) throws -> GradientCheck {
        try GradientCheck.compute(
            of: Loss(isLogistic ? .binaryCrossEntropy : .meanSquaredError), network: network,
            samples: samples, claim: claim, workspace: Workspace())
    }

    func check(_ change: (inout PlainBackward) -> Void) throws -> GradientCheck {
        var claimed = plain
        change(&claimed)
        return try check(claimed.gradients(), isLogistic: claimed.isLogistic)
    }

    /// Expects a mistake named at all tensors of the layers up to one, and the others right.
    func expectPhrase(_ phrase: String, in check: GradientCheck, upTo layer: Int) {
        let names = (0...layer).map { "layer \($0) weights, layer \($0) bias" }
        let isAll = layer == network.layers.count - 1
        #expect(
            check.diagnosis == (isAll ? "every tensor" : names.joined(separator: ", ")) + ": "
                + phrase + (isAll ? "" : "; the other tensors agree"))
        #expect(!check.passes)
    }
}

@Suite("Gradient checks name mistakes of the backward pass")
struct GradientMistakeTests {
    static let seeds: [UInt64] = [1, 2, 3, 4, 5, 6]

    @Test(arguments: seeds)
    func thePlainBackwardPassIsRight(_ seed: UInt64) throws {
        for isLogistic in [false, true] {
            let check = try Chain(seed).check { $0.isLogistic = isLogistic }
            #expect(check.passes && check.maximumRelativeError < 1e-6)
        }
    }

    @Test(arguments: seeds)
    func aLeftOutDerivative(_ seed: UInt64) throws {
        let chain = try Chain(seed)
        for (layer, activation) in chain.activations.enumerated() {
            let phrase =
                "the derivative of layer \(layer)'s activation (\(activation.name)) is left out"
            chain.expectPhrase(
                phrase, in: try chain.check { $0.leavesOut = [layer] }, upTo: layer)
            // With the sign wrong, too.
            var claimed = chain.plain
            claimed.leavesOut = [layer]
            let negative = try claimed.gradients().map { $0.mapped { $0.map { -$0 } } }
            let both = try chain.check(negative)
            #expect(both.diagnosis.contains(phrase + ", and sign flipped"), "\(both.diagnosis)")
        }
    }

    @Test(arguments: seeds)
    func allDerivativesLeftOut(_ seed: UInt64) throws {
        let check = try Chain(seed).check { $0.leavesOut = [0, 1, 2] }
        #expect(
            check.diagnosis == "every tensor: the derivatives of all activations are left out")
    }

    @Test(arguments: seeds)
    func aDerivativeTakenAtTheActivation(_ seed: UInt64) throws {
        let chain = try Chain(seed)
        for (layer, activation) in chain.activations.enumerated() {
            chain.expectPhrase(
                "the derivative of layer \(layer)'s activation (\(activation.name)) is taken at a "
                    + "instead of z",
                in: try chain.check { $0.takesAtActivation = layer }, upTo: layer)
        }
    }

    @Test(arguments: seeds)
    func aDerivativeTooManyAtTheOutput(_ seed: UInt64) throws {
        let check = try Chain(seed).check {
            $0.isLogistic = true
            $0.doublesOutputDerivative = true
        }
        #expect(
            check.diagnosis == "every tensor: the derivative of the last activation (sigmoid) is "
                + "there once too often: with this loss the error at z is a − y already")
    }

    @Test(arguments: seeds)
    func preActivationsReadAsInputs(_ seed: UInt64) throws {
        let check = try Chain(seed).check { $0.usesPreActivations = 1 }
        #expect(
            check.diagnosis == "layer 1 weights: made with z of layer 0 instead of its "
                + "activations; the other tensors agree")
    }

    @Test(arguments: seeds)
    func weightsThatAreNotTransposedOnTheWayBack(_ seed: UInt64) throws {
        let check = try Chain(seed).check { $0.usesUntransposed = 1 }
        #expect(
            check.diagnosis == "layer 0 weights, layer 0 bias: the error goes back through the "
                + "weights of layer 1 untransposed; the other tensors agree")
    }

    @Test(arguments: seeds)
    func twoMistakesAreBothNamed(_ seed: UInt64) throws {
        let chain = try Chain(seed)
        var claim = try chain.plain.gradients()
        claim[0] = LayerGradients(
            weights: claim[0].weights, bias: claim[0].mapped { $0.map { -$0 } }.bias)
        claim[1] = LayerGradients(
            weights: try matrix(#require(claim[1].weights).rows.transposed), bias: claim[1].bias)
        #expect(
            try chain.check(claim).diagnosis
                == "layer 0 bias: sign flipped; layer 1 weights: transposed; the other tensors agree"
        )
    }
}
