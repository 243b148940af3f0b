import NablaNetworks
import Testing

@testable import NablaCore

/// Up to 16 samples of a chain of small layers are computed in lanes of four, more of them row by
/// row: the same network over the same samples, cut or whole, shows both ways side by side.
@Suite("Small chains")
struct SmallChainTests {
    /// Hidden activations that go back by a alone and by z, and both ways of ending.
    static let cases: [(Activation, Activation, Loss.Kind)] = [
        (.sigmoid, .sigmoid, .binaryCrossEntropy), (.tanh, .identity, .meanSquaredError),
        (.gelu, .softmax, .crossEntropy(.plain)), (.silu, .softmax, .meanSquaredError),
    ]

    @Test(
        "parts of 1 to 16 samples add up to the whole", arguments: cases.indices, DType.allCases)
    func partsAddUp(_ index: Int, _ dtype: DType) throws {
        let (activation, last, kind) = SmallChainTests.cases[index]
        var generator = Generator(seed: UInt64(index))
        let network = try generator.network(
            inputs: 3, hidden: [5, 4], outputs: 3, activation, last: last)
        let inputs = generator.normals(31 * 3)
        let targets = (0..<31 * 3).map { $0 / 3 % 3 == $0 % 3 ? 1.0 : 0 }
        func part(_ rows: Range<Int>) throws -> Gradients {
            let numbers = rows.lowerBound * 3..<rows.upperBound * 3
            return try gradients(
                kind, .sum, of: network,
                Samples(
                    inputs: Tensor(Array(inputs[numbers]), shape: [rows.count, 3]),
                    targets: Tensor(Array(targets[numbers]), shape: [rows.count, 3])),
                dtype: dtype, including: [.outputs, .activations, .inputGradients])
        }
        let whole = try part(0..<31)
        let parts = try [0..<1, 1..<6, 6..<10, 10..<15, 15..<31].map(part)
        let tolerance = dtype == .float64 ? 1e-13 : 1e-5
        func expectSame(_ values: [Double], _ expected: [Double], _ name: Comment) {
            expectClose(values, expected, tolerance: tolerance, name)
        }
        func joined(_ tensor: (Gradients) -> Tensor?) -> [Double] {
            parts.flatMap { tensor($0)?.doubles ?? [] }
        }
        let sum = parts.map(\.flat).reduce(Array(repeating: 0, count: whole.flat.count)) {
            zip($0, $1).map(+)
        }
        expectSame(sum, whole.flat, "gradients")
        expectSame([parts.map { $0.loss.doubles[0] }.reduce(0, +)], whole.loss.doubles, "loss")
        expectSame(joined(\.outputs), try #require(whole.outputs).doubles, "outputs")
        expectSame(
            joined(\.inputGradients), try #require(whole.inputGradients).doubles, "input gradients")
        for layer in network.layers.indices {
            expectSame(
                joined { $0.activations?[layer] },
                try #require(whole.activations)[layer].doubles, "activations of layer \(layer)")
        }
    }

    @Test("an infinite pre-activation is found where the activation hides it")
    func findsInfinity() throws {
        let network = try Network(layers: [
            dense([[1e200, 1e200]], .sigmoid), dense([[1]], .sigmoid),
        ])
        let samples = try Samples(
            inputs: matrix([[0, 0], [1e200, 0]]), targets: Tensor([0.0, 1]))
        let error = computationError {
            _ = try gradients(.binaryCrossEntropy, of: network, samples)
        }
        guard case .nonFinite(let place)? = error else {
            Issue.record("\(String(describing: error)) isn't nonFinite")
            return
        }
        #expect(place.layer == 0)
        #expect(place.tensor == "pre_activations")
        #expect(place.sample == 1)
    }
}
