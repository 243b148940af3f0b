import NablaNetworks
import Testing

@testable import NablaCore

/// The factors of an explanation multiply to the gradients.
@Suite("Explanations")
struct ExplanationTests {
    /// The gradients as products of an explanation's factors and the weights alone.
    private func products(_ explanation: Explanation, _ network: Network) throws -> [Double] {
        let weights = try network.layers.map { layer in
            guard case .dense(let dense) = layer.operation,
                case .given(let weights, _) = dense.parameters
            else { throw ComputationError.cancelled }
            return weights.rows
        }
        var flat: [Double] = []
        for (index, layer) in explanation.layers.enumerated() {
            let (x, δ) = (layer.inputs.rows, layer.preActivationGradients.rows)
            let sums = weights[index].indices.map { unit in
                x[0].indices.map { input in
                    zip(δ, x).reduce(0) { $0 + $1.0[unit] * $1.1[input] }
                }
            }
            flat += sums.flatMap(\.self)
            flat += sums.indices.map { unit in δ.reduce(0) { $0 + $1[unit] } }
            // δ from ∂L/∂a and f′, and ∂L/∂a from the next layer's δ.
            let count = x.count
            let slopes = layer.derivatives.doubles
            let a = layer.activationGradients.rows
            for sample in 0..<count {
                let product = a[sample].indices.map { unit in
                    guard layer.derivatives.shape.count == 3 else {
                        return a[sample][unit] * slopes[sample * sums.count + unit]
                    }
                    return a[sample].indices.reduce(0.0) { sum, j in
                        sum + a[sample][j] * slopes[(sample * sums.count + j) * sums.count + unit]
                    }
                }
                expectClose(product, δ[sample], tolerance: 1e-13)
                guard index + 1 < explanation.layers.count else { continue }
                let next = explanation.layers[index + 1].preActivationGradients.rows[sample]
                let back = a[sample].indices.map { unit in
                    zip(next, weights[index + 1]).reduce(0) { $0 + $1.0 * $1.1[unit] }
                }
                expectClose(back, a[sample], tolerance: 1e-13)
            }
        }
        return flat
    }

    @Test("their factors multiply to the gradients", arguments: FiniteDifferenceTests.cases)
    func factors(_ test: FiniteDifferenceTests.Case) throws {
        var generator = Generator(seed: test.seed)
        let network = try generator.network(
            inputs: 3, hidden: [4, 2], outputs: 3, test.activation, last: test.last)
        let samples = try generator.samples(4, inputs: 3, outputs: 3, for: test.kind)
        for reduction in Reduction.allCases {
            let loss = try Loss(test.kind, reduction: reduction)
            let explanation = try Explanation.compute(
                of: loss, network: network, samples: samples, dtype: .float64)
            let expected = try gradients(test.kind, reduction, of: network, samples).flat
            let found = try products(explanation, network)
            #expect(found.count == expected.count)
            let scale = expected.reduce(0) { max($0, abs($1)) }
            for (found, expected) in zip(found, expected) {
                // Relative, up to what cancels in the sum over the samples.
                #expect(abs(found - expected) <= 1e-12 * max(abs(expected), 1e-3 * scale))
            }
        }
    }

    @Test func theOutputsFactorsAreThoseOfTheFormula() throws {
        let network = try Network(layers: [
            dense([[0.1, -0.2], [0.4, 0.3]], bias: [0, 0.1], .sigmoid),
            dense([[0.7, -0.5]], bias: [0.2], .sigmoid),
        ])
        let samples = try Samples(inputs: matrix([[1, 0]]), targets: matrix([[1]]))
        let last = try #require(
            Explanation.compute(
                of: Loss(.binaryCrossEntropy), network: network, samples: samples, dtype: .float64
            ).layers.last)
        let a = last.activations.doubles[0]
        expectClose(last.activationGradients.doubles, [(a - 1) / (a * (1 - a))])
        expectClose(last.derivatives.doubles, [a * (1 - a)])
        expectClose(last.preActivationGradients.doubles, [a - 1])
    }

    @Test func saturatedOutputsHaveAnInfiniteFactorAndAFiniteProduct() throws {
        let sigmoid = try Network(layers: [dense([[1]], .sigmoid)])
        let samples = try Samples(inputs: matrix([[800], [1]]), targets: matrix([[0], [1]]))
        let binary = try Explanation.compute(
            of: Loss(.binaryCrossEntropy, reduction: .sum), network: sigmoid, samples: samples,
            dtype: .float64
        ).layers[0]
        #expect(binary.activationGradients.doubles[0] == .infinity)
        #expect(binary.activationGradients.doubles[1].isFinite)
        #expect(binary.preActivationGradients.doubles[0] == 1)
        let softmax = try Network(layers: [dense([[1], [-1]], .softmax)])
        let classes = try Samples(inputs: matrix([[800]]), targets: Tensor([1.0]))
        let entropy = try Explanation.compute(
            of: Loss(.crossEntropy(.plain)), network: softmax, samples: classes, dtype: .float64
        ).layers[0]
        #expect(entropy.activationGradients.doubles == [0, -.infinity])
        #expect(entropy.preActivationGradients.doubles == [1, -1])
    }

    @Test func float32IsExplainedInFloat32() throws {
        var generator = Generator(seed: 2)
        let network = try generator.network(
            inputs: 3, hidden: [4], outputs: 2, .tanh, last: .softmax)
        let samples = try generator.samples(3, inputs: 3, outputs: 2, for: .crossEntropy(.plain))
        let loss = try Loss(.crossEntropy(.plain))
        let explanation = try Explanation.compute(
            of: loss, network: network, samples: samples, dtype: .float32)
        #expect(explanation.layers.allSatisfy { $0.preActivations.dtype == .float32 })
        let expected = try gradients(
            .crossEntropy(.plain), of: network, samples, dtype: .float32
        ).layers[1].bias?.doubles
        let rows = explanation.layers[1].preActivationGradients.rows
        expectClose(
            [0, 1].map { unit in rows.reduce(0) { $0 + $1[unit] } }, try #require(expected),
            tolerance: 1e-6)
    }

    @Test func theNumbersAreCounted() throws {
        let network = try Network(layers: [
            dense([[0.1, -0.2], [0.4, 0.3]], bias: [0, 0.1], .sigmoid),
            dense([[0.7, -0.5], [1, 2], [3, 4]], .softmax),
        ])
        // 12 parameters; per sample 2 inputs, 5 · 2 numbers of the first layer, and 4 · 3 + 3 · 3.
        #expect(try Explanation.numbers(in: network, samples: 4) == 12 + 4 * (2 + 10 + 21))
        #expect(try Explanation.numbers(in: network, samples: .max) == .max)
    }
}
