import NablaNetworks
import Testing

@testable import NablaCore

/// What a request may ask for beside gradients, of drawn networks.
@Suite("Per-sample gradients, some layers, norms and activations")
struct PerSampleTests {
    @Test("each sample's gradients are those of its own term", arguments: DrawnNetwork.seeds)
    func perSample(_ seed: UInt64) throws {
        let drawn = try DrawnNetwork(seed: seed)
        let context = Comment(rawValue: drawn.testDescription)
        guard !drawn.couplesSamples else {
            let pointer = invalidPointer { _ = try drawn.gradients(including: .perSampleGradients) }
            #expect(pointer == "/include", context)
            return
        }
        let whole = try drawn.gradients(including: .perSampleGradients)
        let all = try #require(whole.perSampleGradients)
        let count = drawn.samples.count
        for (part, sum) in zip(all, whole.layers) {
            for (tensors, gradient) in [(part.weights, sum.weights), (part.bias, sum.bias)] {
                #expect((tensors == nil) == (gradient == nil))
                guard let tensors, let gradient else { continue }
                #expect(tensors.shape == (try Shape([count] + gradient.shape)))
                var added = [Double](repeating: 0, count: gradient.count)
                for (index, value) in tensors.doubles.enumerated() {
                    added[index % gradient.count] += value
                }
                expectClose(added, gradient.doubles, tolerance: 1e-13, context)
            }
        }
        // A sample alone draws the dropout of the first: only there it is a request of its own.
        guard drawn.settings.isTraining == false else { return }
        let divisor = try drawn.divisor()
        for index in 0..<count {
            let alone = try drawn.single(index)
            let flat = all.flatMap {
                $0.weights.row(index, of: count) + $0.bias.row(index, of: count)
            }
            expectClose(flat.map { $0 * divisor }, alone.flat, tolerance: 1e-13, context)
        }
    }

    @Test(
        "some layers' gradients are those of all, and no others",
        arguments: 1...40 as ClosedRange<UInt64>)
    func someLayers(_ seed: UInt64) throws {
        let drawn = try DrawnNetwork(seed: seed)
        var generator = Generator(seed: seed)
        let wanted = drawn.network.layers.indices.filter { _ in generator.index(below: 2) == 0 }
        let all = try drawn.gradients(including: [.inputGradients, .norms])
        let some = try drawn.gradients(
            including: drawn.couplesSamples
                ? [.inputGradients, .norms] : [.inputGradients, .norms, .perSampleGradients]
        ) { $0.layers = wanted }
        #expect(some.loss == all.loss && some.inputGradients == all.inputGradients)
        let norms = try #require(some.norms)
        for (index, layer) in some.layers.enumerated() {
            let isWanted = wanted.contains(index)
            let nothing = LayerGradients(weights: nil, bias: nil)
            #expect(layer == (isWanted ? all.layers[index] : nothing))
            let own = some.perSampleGradients?[index]
            #expect(own == nil || (own?.weights == nil) == (layer.weights == nil))
            #expect(norms.layers[index].weights == layer.weights.map { norm($0.doubles) })
            #expect(norms.layers[index].bias == layer.bias.map { norm($0.doubles) })
        }
        expectClose([norms.global], [norm(some.flat)], tolerance: 1e-14)
    }

    @Test("norms of gradients whose squares aren't finite or vanish", arguments: [1e150, 1e-120])
    func extremeNorms(_ scale: Double) throws {
        // ∂L/∂w = 2·w·x² of each weight, and a mean over two outputs.
        let network = try Network(layers: [dense([[3], [4]], .identity)])
        let samples = try Samples(inputs: matrix([[scale]]), targets: matrix([[0, 0]]))
        let norms = try #require(
            gradients(.meanSquaredError, of: network, samples, including: .norms).norms)
        let expected = 5 * scale * scale
        #expect(abs(norms.global / expected - 1) < 1e-15)
        #expect(norms.layers[0].weights == norms.global)
    }

    @Test("a norm beyond all numbers isn't given")
    func infiniteNorm() throws {
        // |a| has the gradient x.
        let network = try Network(layers: [dense([[0.1], [0.1], [0.1]], .identity)])
        let samples = try Samples(inputs: matrix([[1.2e308]]), targets: matrix([[0, 0, 0]]))
        let error = computationError {
            _ = try gradients(.meanAbsoluteError, .sum, of: network, samples, including: .norms)
        }
        #expect(error == .nonFinite(NonFinite(tensor: "norms")))
    }

    @Test(
        "activations are those of each layer, outputs those of the last",
        arguments: 1...40 as ClosedRange<UInt64>)
    func activations(_ seed: UInt64) throws {
        let drawn = try DrawnNetwork(seed: seed)
        let context = Comment(rawValue: drawn.testDescription)
        let result = try drawn.gradients(including: [.activations, .outputs])
        let activations = try #require(result.activations)
        #expect(result.outputs == activations.last)
        let count = drawn.samples.count
        for (index, layer) in drawn.network.layers.enumerated() {
            let shape = drawn.network.outputShapes[index]
            #expect(activations[index].shape == (try Shape([count] + shape)))
            let inputs = drawn.network.sources(ofLayer: index).map {
                $0 == .input ? drawn.samples.inputs : activations[$0.position]
            }
            // What layers do that compute nothing but a rearrangement or one operation.
            let (a, x) = (activations[index].doubles, inputs.map(\.doubles))
            switch layer.operation {
            case .flatten, .reshape: #expect(a == x[0], context)
            case .dropout where !drawn.settings.isTraining: #expect(a == x[0], context)
            case .add:
                let sums = x.dropFirst().reduce(x[0]) { zip($0, $1).map(+) }
                #expect(a == sums, context)
            case .multiply:
                let products = x.dropFirst().reduce(x[0]) { zip($0, $1).map(*) }
                #expect(a == products, context)
            case .concatenate:
                let rows = (0..<count).flatMap { row in
                    x.flatMap { numbers -> ArraySlice<Double> in
                        let width = numbers.count / count
                        return numbers[row * width..<(row + 1) * width]
                    }
                }
                #expect(a == rows, context)
            case .activation(let activation) where activation == .softmax:
                let width = shape[shape.count - 1]
                for start in stride(from: 0, to: a.count, by: width) {
                    expectClose([a[start..<start + width].reduce(0, +)], [1], tolerance: 1e-14)
                }
            default: break
            }
        }
    }
}

extension Tensor? {
    /// The numbers of one of so many samples.
    fileprivate func row(_ index: Int, of count: Int) -> [Double] {
        guard let self else { return [] }
        let width = self.count / count
        return Array(self.doubles[index * width..<(index + 1) * width])
    }
}

extension DrawnNetwork {
    /// What the mean divides by: the sum's loss over the mean's; 1 for other reductions.
    fileprivate func divisor() throws -> Double {
        guard loss.reduction == .mean else { return 1 }
        return try total(samples, .sum).totalLoss / total(samples, .mean).totalLoss
    }

    /// The gradients of a sample's own term of the sum.
    fileprivate func single(_ index: Int) throws -> Gradients {
        func row(_ tensor: Tensor) throws -> Tensor {
            try Tensor(
                Tensor?.some(tensor).row(index, of: samples.count),
                shape: Shape([1] + tensor.shape.dropFirst()))
        }
        let sample = try Samples(
            inputs: row(samples.inputs), targets: row(samples.targets),
            weights: samples.weights.map(row))
        return try total(sample, .sum)
    }

    private func total(_ samples: Samples, _ reduction: Reduction) throws -> Gradients {
        try Gradients.compute(
            of: loss.reduced(by: reduction), network: network, samples: samples, dtype: .float64,
            settings: settings, workspace: Workspace())
    }
}
