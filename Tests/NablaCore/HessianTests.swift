import NablaNetworks
import Testing

@testable import NablaCore

/// Products of the Hessian with vectors: of drawn networks, and where outputs are saturated.
@Suite("Hessian-vector products")
struct HessianTests {
    @Test("meet differences of gradients; symmetric and linear", arguments: DrawnNetwork.seeds)
    func drawn(_ seed: UInt64) throws {
        let drawn = try DrawnNetwork(seed: seed)
        let context = Comment(rawValue: drawn.testDescription)
        var generator = Generator(seed: seed)
        let v = try generator.direction(for: drawn.network)
        let u = try generator.direction(for: drawn.network)
        let (hv, hu) = (try drawn.product(v), try drawn.product(u))
        var (gradients, regions) = ([[Double]](), [[Int]]())
        for offset in Differences.offsets {
            let moved = try drawn.network.moved(offset * Differences.step, along: v)
            let result = try drawn.gradients(of: moved, drawn.samples, including: .activations)
            gradients.append(result.flat)
            regions.append(try result.regions(of: moved, drawn.loss.kind, drawn.samples))
        }
        if regions.allSatisfy({ $0 == regions[0] }) {
            let numeric = Differences.derivative(gradients)
            let error = norm(zip(numeric, hv).map { $0 - $1 })
            #expect(error <= 1e-7 * norm(hv) + 1e-9, context)
        }
        // Where the products are far smaller than the Hessian, as rounding errors are not.
        let size = norm(hv) + norm(hu)
        #expect(abs(dot(v.flat, hu) - dot(u.flat, hv)) <= 1e-13 * size + 1e-14, context)
        let sum = try drawn.product(v.adding(u, times: -3))
        let expected = zip(hv, hu).map { $0 - 3 * $1 }
        #expect(norm(zip(sum, expected).map { $0 - $1 }) <= 1e-13 * size + 1e-14, context)
    }

    @Test("few drawn networks are too near a kink for differences")
    func kinksAreFew() throws {
        guard DrawnNetwork.seeds.count > 1 else { return }
        let kinks = try DrawnNetwork.seeds.count { seed in
            let drawn = try DrawnNetwork(seed: seed)
            var generator = Generator(seed: seed)
            let v = try generator.direction(for: drawn.network)
            let regions = try [-2.0, 2].map { offset in
                let moved = try drawn.network.moved(offset * Differences.step, along: v)
                return try drawn.gradients(of: moved, drawn.samples, including: .activations)
                    .regions(of: moved, drawn.loss.kind, drawn.samples)
            }
            return regions[0] != regions[1]
        }
        #expect(kinks * 20 <= DrawnNetwork.seeds.count)
    }

    @Test(
        "of some layers: their rows and columns of the Hessian", arguments: [1, 2, 3] as [UInt64])
    func someLayers(_ seed: UInt64) throws {
        var generator = Generator(seed: seed)
        let network = try generator.network(
            inputs: 3, hidden: [4, 3], outputs: 2, .tanh, last: .softmax)
        let samples = try generator.samples(5, inputs: 3, outputs: 2, for: .crossEntropy(.plain))
        let v = try generator.direction(for: network)
        func product(_ vector: [LayerGradients], layers: [Int]?) throws -> [LayerGradients] {
            let result = try Gradients.compute(
                of: Loss(.crossEntropy(.plain)), network: network, samples: samples,
                dtype: .float64, settings: GradientSettings(layers: layers, vector: vector),
                workspace: Workspace())
            return try #require(result.hessianVectorProduct)
        }
        let nothing = LayerGradients(weights: nil, bias: nil)
        let some = try product(v, layers: [0, 2])
        let whole = try product([v[0], nothing, v[2]], layers: nil)
        #expect(some[1] == nothing)
        // All layers' gradients together may be summed in another order.
        expectClose(some.flat, [whole[0], nothing, whole[2]].flat)
    }

    @Test("a float32 request gets the product at its rounded parameters", arguments: 1...20)
    func float32(_ seed: UInt64) throws {
        let drawn = try DrawnNetwork(seed: seed)
        let rounded = try drawn.rounded()
        var generator = Generator(seed: seed)
        let v = try generator.direction(for: drawn.network)
        let single = try #require(
            drawn.gradients(of: rounded.network, rounded.samples, dtype: .float32) { $0.vector = v }
                .hessianVectorProduct)
        let double = try #require(
            drawn.gradients(of: rounded.network, rounded.samples) { $0.vector = v }
                .hessianVectorProduct)
        let size = norm(double.flat)
        #expect(
            zip(single.flat, double.flat).allSatisfy { abs($0 - $1) <= 1e-5 * size + 1e-6 },
            "\(drawn.testDescription)")
        #expect(single.allSatisfy { $0.weights?.dtype != .float64 })
    }

    @Test("a product that float32 can't hold isn't given")
    func overflow() throws {
        // ∂²L/∂w² = 2·x² is 2·10³⁶; v is 10³.
        let v = LayerGradients(weights: try matrix([[1e3]]), bias: nil)
        let error = computationError {
            _ = try Gradients.compute(
                of: Loss(.meanSquaredError), network: passThrough(width: 1),
                samples: Samples(inputs: matrix([[1e18]]), targets: Tensor([0.0])),
                dtype: .float32, settings: GradientSettings(vector: [v]), workspace: Workspace())
        }
        #expect(error == .nonFinite(NonFinite(tensor: "hessian_vector_product")))
    }

    @Test("a vector that isn't shaped as the gradients is refused where it is wrong")
    func wrongVectors() throws {
        let network = try Network(layers: [
            dense([[1, 2]], .tanh), Layer(.flatten), dense([[1]], bias: [1], .identity),
        ])
        let samples = try Samples(inputs: matrix([[1, 2]]), targets: Tensor([0.0]))
        let none = LayerGradients(weights: nil, bias: nil)
        func error(_ vector: [LayerGradients], layers: [Int]? = nil) -> ComputationError? {
            computationError {
                _ = try Gradients.compute(
                    of: Loss(.meanSquaredError), network: network, samples: samples,
                    dtype: .float64, settings: GradientSettings(layers: layers, vector: vector),
                    workspace: Workspace())
            }
        }
        func pointer(_ vector: [LayerGradients], layers: [Int]? = nil) -> String? {
            guard case .invalid(let value)? = error(vector, layers: layers) else { return nil }
            return value.pointer
        }
        let tall = LayerGradients(weights: try matrix([[1], [2]]), bias: nil)
        let biased = LayerGradients(weights: nil, bias: Tensor([1.0]))
        let infinite = LayerGradients(weights: nil, bias: Tensor([Double.infinity]))
        #expect(pointer([none, none]) == "/vector")
        #expect(pointer([tall, none, none]) == "/vector/0/weights")
        #expect(pointer([biased, none, none]) == "/vector/0/bias")
        #expect(pointer([none, biased, none]) == "/vector/1/bias")
        #expect(error([none, none, infinite]) == .nonFinite(NonFinite(layer: 2, tensor: "vector")))
        #expect(error([none, none, biased]) == nil)
        #expect(pointer([none, none, none], layers: [0, 3]) == "/wrt/1")
        // What isn't wanted isn't read.
        #expect(error([tall, none, biased], layers: [2]) == nil)
    }

    @Test("a saturated sigmoid's loss has the curvature σ′(z), however small")
    func saturatedSigmoid() throws {
        for z in [0.0, 3, -30, 100, -300, 700] {
            // L = ℓ(w·1, y), so that L″ = σ(z)·σ(−z) = e^−|z| / (1 + e^−|z|)².
            let product = try product(
                .binaryCrossEntropy, of: dense([[z]], .sigmoid), targets: Tensor([1.0]),
                along: [1])
            let decay = Double.exponential(-abs(z))
            let expected = decay / ((1 + decay) * (1 + decay))
            #expect(abs(product[0] - expected) <= 1e-14 * expected, "z = \(z)")
        }
    }

    @Test("a saturated softmax's loss has the Hessian diag(p) − p·pᵀ")
    func saturatedSoftmax() throws {
        let z: [Double] = [1000, 0, 700, -1000, 999]
        let product = try product(
            .crossEntropy(.plain), of: dense(z.map { [$0] }, .softmax), targets: Tensor([1.0]),
            along: [1, 2, -1, 3, 0.5])
        let sum = 1 + Double.exponential(-1)
        let p = [1 / sum, 0, Double.exponential(-300) / sum, 0, Double.exponential(-1) / sum]
        let mean = p[0] - p[2] + 0.5 * p[4]
        let expected = zip(p, [1.0, 2, -1, 3, 0.5]).map { $0 * ($1 - mean) }
        for (found, expected) in zip(product, expected) {
            #expect(abs(found - expected) <= 1e-13 * abs(expected))
        }
    }

    @Test("saturated hidden units: the product meets differences of gradients")
    func saturatedHiddenUnits() throws {
        for activation in FiniteDifferenceTests.activations {
            let network = try Network(layers: [
                dense([[800], [-800]], activation), dense([[0.5, 0.25]], .tanh),
                dense([[2]], bias: [-1], .identity),
            ])
            let samples = try Samples(inputs: matrix([[1]]), targets: Tensor([3.0]))
            func gradients(of network: Network, _ vector: [LayerGradients]? = nil) throws
                -> Gradients
            {
                try Gradients.compute(
                    of: Loss(.meanSquaredError), network: network, samples: samples,
                    dtype: .float64, settings: GradientSettings(vector: vector),
                    workspace: Workspace())
            }
            var generator = Generator(seed: 3)
            let v = try generator.direction(for: network)
            let product = try #require(gradients(of: network, v).hessianVectorProduct).flat
            let numeric = Differences.derivative(
                try Differences.offsets.map {
                    try gradients(of: network.moved($0 * Differences.step, along: v)).flat
                })
            let error = norm(zip(numeric, product).map { $0 - $1 })
            #expect(error <= 1e-7 * norm(product), "\(activation.name): \(product)")
        }
    }

    /// H·v of a network of one layer for the input 1.
    private func product(
        _ kind: Loss.Kind, of layer: Layer, targets: Tensor, along vector: [Double]
    ) throws -> [Double] {
        let v = try matrix(vector.map { [$0] })
        let result = try Gradients.compute(
            of: Loss(kind), network: Network(layers: [layer]),
            samples: Samples(inputs: matrix([[1]]), targets: targets), dtype: .float64,
            settings: GradientSettings(vector: [LayerGradients(weights: v, bias: nil)]),
            workspace: Workspace())
        return try #require(result.hessianVectorProduct?[0].weights).doubles
    }
}

extension DrawnNetwork {
    /// H·v.
    fileprivate func product(_ vector: [LayerGradients]) throws -> [Double] {
        try #require(gradients { $0.vector = vector }.hessianVectorProduct).flat
    }

    /// Its network and samples with numbers that float32 has.
    fileprivate func rounded() throws -> (network: Network, samples: Samples) {
        func rounded(_ tensor: Tensor) -> Tensor {
            tensor.converted(to: .float32).converted(to: .float64)
        }
        let layers = try network.layers.map { layer in
            guard case .given(let weights, let bias) = layer.parameters else { return layer }
            return try layer.with(weights: rounded(weights), bias: bias.map(rounded))
        }
        return (
            try Network(inputShape: network.inputShape, layers: layers),
            try Samples(
                inputs: rounded(samples.inputs), targets: rounded(samples.targets),
                weights: samples.weights.map(rounded))
        )
    }
}

extension [LayerGradients] {
    /// The vector plus another one times a factor.
    fileprivate func adding(_ other: [LayerGradients], times factor: Double) throws
        -> [LayerGradients]
    {
        func sum(_ left: Tensor?, _ right: Tensor?) throws -> Tensor? {
            guard let left, let right else { return nil }
            let sums = zip(left.doubles, right.doubles).map { $0 + factor * $1 }
            return try Tensor(sums, shape: left.shape)
        }
        return try zip(self, other).map {
            LayerGradients(
                weights: try sum($0.weights, $1.weights), bias: try sum($0.bias, $1.bias))
        }
    }
}
