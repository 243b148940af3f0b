import Foundation
import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Gradients")
struct GradientsTests {
    @Test("XOR, one hidden unit: ∂L/∂b₁ = (a₂ − y)·w₂·σ′(z₁), written out by hand")
    func chainRuleByHand() throws {
        let (w1, b1, w2, b2) = ([0.6, -0.4], 0.1, 0.7, -0.2)
        let network = try Network(layers: [
            dense([w1], bias: [b1], .sigmoid), dense([[w2]], bias: [b2], .sigmoid),
        ])
        let inputs: [[Double]] = [[0, 0], [0, 1], [1, 0], [1, 1]]
        let targets: [Double] = [0, 1, 1, 0]
        func sigma(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
        var (loss, forBias1, forWeight2, forBias2) = (0.0, 0.0, 0.0, 0.0)
        var forWeights1 = [0.0, 0.0]
        for (x, y) in zip(inputs, targets) {
            let a1 = sigma(x[0] * w1[0] + x[1] * w1[1] + b1)
            let a2 = sigma(a1 * w2 + b2)
            let error = (a2 - y) * w2 * a1 * (1 - a1)
            loss -= (y * log(a2) + (1 - y) * log(1 - a2)) / 4
            forBias1 += error / 4
            forBias2 += (a2 - y) / 4
            forWeight2 += (a2 - y) * a1 / 4
            for index in 0..<2 { forWeights1[index] += error * x[index] / 4 }
        }
        let result = try gradients(
            .binaryCrossEntropy, of: network,
            Samples(inputs: matrix(inputs), targets: Tensor(targets)))
        expectClose(result.loss.doubles, [loss], tolerance: 1e-15)
        expectClose(
            result.flat, forWeights1 + [forBias1, forWeight2, forBias2], tolerance: 1e-15)
        #expect(result.samples == 4)
    }

    @Test("outputs, activations and norms are what they say; nothing is given unasked")
    func inclusions() throws {
        let network = try Network(layers: [
            dense([[1, 0], [0, -1]], bias: [0.5, 0], .relu), dense([[2, 1]], .identity),
        ])
        let samples = try Samples(
            inputs: matrix([[1, 2], [-3, -1]]), targets: Tensor([0.0, 0]))
        let bare = try gradients(.meanSquaredError, of: network, samples)
        #expect(bare.outputs == nil && bare.activations == nil)
        #expect(bare.inputGradients == nil && bare.norms == nil)
        let result = try gradients(
            .meanSquaredError, of: network, samples,
            including: [.outputs, .activations, .inputGradients, .norms])
        #expect(result.outputs == (try matrix([[3], [1]])))
        #expect(
            result.activations == [try matrix([[1.5, 0], [0, 1]]), try matrix([[3], [1]])])
        // ∂L/∂a₂ = a₂ − 0 for two samples: 3 and 1.
        #expect(result.inputGradients == (try matrix([[6, 0], [0, -1]])))
        #expect(result.layers[1].weights == (try matrix([[4.5, 1]])))
        #expect(result.layers[1].bias == nil)
        #expect(result.layers[0].bias == Tensor([6.0, 1]))
        let norms = try #require(result.norms)
        expectClose([try #require(norms.layers[1].weights)], [(4.5 * 4.5 + 1.0).squareRoot()])
        #expect(norms.layers[1].bias == nil)
        expectClose([try #require(norms.layers[0].bias)], [(37.0 as Double).squareRoot()])
        expectClose(
            [norms.global], [result.flat.reduce(0) { $0 + $1 * $1 }.squareRoot()])
    }

    @Test("a workspace gives the same after other, larger and smaller requests")
    func workspaceIsReused() throws {
        var generator = Generator(seed: 5)
        let workspace = Workspace()
        let requests = try [(2, 3), (700, 40), (1, 1), (300, 8), (2, 3)].map { count, width in
            let network = try generator.network(
                inputs: width, hidden: [width + 2], outputs: 2, .silu, last: .identity)
            let samples = try Samples(
                inputs: Tensor(generator.normals(count * width), shape: [count, width]),
                targets: Tensor(generator.normals(count * 2), shape: [count, 2]))
            return (network, samples)
        }
        for (network, samples) in requests {
            let shared = try Gradients.compute(
                of: Loss(.meanSquaredError), network: network, samples: samples, dtype: .float64,
                workspace: workspace)
            #expect(
                try shared.flat == gradients(.meanSquaredError, of: network, samples).flat)
        }
    }

    @Test(
        "batches of many blocks: the gradient is the sum over the samples",
        arguments: [255, 256, 257, 1024, 5000])
    func blocks(_ count: Int) throws {
        var generator = Generator(seed: UInt64(count))
        let network = try generator.network(
            inputs: 3, hidden: [4], outputs: 2, .tanh, last: .softmax)
        let inputs = generator.normals(count * 3)
        let classes = (0..<count).map { _ in Double(generator.index(below: 2)) }
        let whole = try gradients(
            .crossEntropy(.plain), .sum, of: network,
            Samples(inputs: Tensor(inputs, shape: [count, 3]), targets: Tensor(classes)),
            including: [.outputs, .activations, .inputGradients])
        var sum = [Double](repeating: 0, count: whole.flat.count)
        var (loss, outputs, inputGradients) = (0.0, [Double](), [Double]())
        for start in stride(from: 0, to: count, by: 100) {
            let rows = start..<min(start + 100, count)
            let part = try gradients(
                .crossEntropy(.plain), .sum, of: network,
                Samples(
                    inputs: Tensor(
                        Array(inputs[rows.lowerBound * 3..<rows.upperBound * 3]),
                        shape: [rows.count, 3]),
                    targets: Tensor(Array(classes[rows]))),
                including: [.outputs, .inputGradients])
            for (index, value) in part.flat.enumerated() { sum[index] += value }
            loss += part.loss.doubles[0]
            outputs += try #require(part.outputs).doubles
            inputGradients += try #require(part.inputGradients).doubles
        }
        expectClose(whole.flat, sum, tolerance: 1e-10)
        expectClose(whole.loss.doubles, [loss], tolerance: 1e-10)
        expectClose(try #require(whole.outputs).doubles, outputs)
        expectClose(try #require(whole.activations?.last).doubles, outputs)
        expectClose(try #require(whole.inputGradients).doubles, inputGradients)
    }

    @Test("a caller that is gone gets no result")
    func cancellation() throws {
        let samples = try Samples(
            inputs: Tensor([Double](repeating: 1, count: 20_000), shape: [20_000, 1]),
            targets: Tensor([Double](repeating: 0, count: 20_000)))
        var asked = 0
        let error = computationError {
            _ = try Gradients.compute(
                of: Loss(.meanSquaredError), network: passThrough(width: 1), samples: samples,
                dtype: .float64, workspace: Workspace(),
                isCancelled: {
                    asked += 1
                    return asked == 3
                })
        }
        #expect(error == .cancelled)
        #expect(asked == 3)
    }
}
