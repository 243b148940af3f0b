import NablaNetworks
import Testing

@testable import NablaCore

/// The bound that `BatchPass` states for sums over a batch: |error| ≤ c·2⁻²⁴·Σ|terms| in float32.
///
/// Terms have one sign here, so that the bound is one of the relative error. Float64 is exact beside
/// it.
@Suite("Float32 sums don't lose accuracy with the batch")
struct AccuracyTests {
    /// Layers with parameters, each the whole network; inputs are positive.
    enum Case: CaseIterable {
        /// A weight and a bias: sums in loops.
        case one
        /// Products by OpenBLAS.
        case dense
        /// Products by compiled kernels.
        case wide
        case convolution
        case embedding
        case batchNormalization
        case layerNormalization

        var inputShape: Shape {
            switch self {
            case .one, .embedding: [1]
            case .dense, .layerNormalization: [4]
            case .wide: [20]
            case .convolution: [1, 2, 2]
            case .batchNormalization: [2]
            }
        }

        /// The most terms a single number of a sample's pass is the sum of.
        var terms: Int { inputShape.reduce(1, *) }

        func layer(_ generator: inout Generator) throws -> Layer {
            func positive(_ shape: Shape) throws -> Tensor {
                try Tensor(
                    (0..<(shape.size ?? 0)).map { _ in Float(0.5 + generator.uniform()) },
                    shape: shape)
            }
            let parameters = LayerParameters.given(
                weights: try positive(inputShape), bias: try positive(inputShape))
            switch self {
            case .one, .dense, .wide:
                let units = self == .wide ? 8 : self == .dense ? 3 : 1
                return try Layer(
                    .dense(
                        Dense(
                            weights: positive([units, inputShape[0]]), bias: positive([units]),
                            activation: .identity)))
            case .convolution:
                return try Layer(
                    .conv2d(Convolution(weights: positive([1, 1, 1, 1]), bias: positive([1]))))
            case .embedding: return try Layer(.embedding(Embedding(weights: positive([1, 2]))))
            case .batchNormalization:
                return try Layer(.batchNormalization(BatchNormalization(parameters: parameters)))
            case .layerNormalization:
                return try Layer(.layerNormalization(LayerNormalization(parameters: parameters)))
            }
        }
    }

    /// c of a batch: the terms of a block, the blocks of a shard and the shards, and the roundings of
    /// the terms themselves, which no batch changes.
    private func factor(_ count: Int, terms: Int) -> Double {
        let shards = min((count + 255) / 256, 16)
        let blocks = ((count + shards - 1) / shards + 255) / 256
        return Double(min(count, 256) + blocks + shards + 3 * terms + 12)
    }

    @Test("of equal samples, whose roundings all go one way", arguments: Case.allCases)
    func equalSamples(_ test: Case) throws {
        for count in [10, 1000, 100_000] { try check(test, count, varies: false) }
    }

    @Test("of drawn samples", arguments: Case.allCases, [10, 1000])
    func drawnSamples(_ test: Case, _ count: Int) throws {
        try check(test, count, varies: true)
    }

    @Test("of 100,000 drawn samples")
    func manyDrawnSamples() throws { try check(.dense, 100_000, varies: true) }

    /// A batch that stays whole is one block: c is the number of its samples, for a layer behind the batch
    /// normalisation as well as for itself.
    @Test("of a batch that a batch normalisation keeps whole", arguments: [10, 1000, 20_000])
    func wholeBatch(count: Int) throws {
        var generator = Generator(seed: 6)
        let network = try Network(
            inputShape: [2],
            layers: [
                Case.batchNormalization.layer(&generator),
                Layer(
                    .dense(
                        Dense(
                            weights: Tensor([0.75, 1.25], shape: [1, 2]), bias: Tensor([0.5]),
                            activation: .identity))),
            ])
        let inputs = (0..<2 * count).map { _ in Float(generator.uniform() - 0.5) }
        let samples = try Samples(
            inputs: Tensor(inputs, shape: [count, 2]),
            targets: Tensor([Float](repeating: -30, count: count), shape: [count, 1]))
        func biases(_ dtype: DType) throws -> [Double] {
            try Gradients.compute(
                of: Loss(.meanSquaredError), network: network, samples: samples, dtype: dtype,
                settings: GradientSettings(isTraining: true), workspace: Workspace()
            ).layers.flatMap { $0.bias?.doubles ?? [] }
        }
        // δ has one sign, so that the bound is one of the relative error; 64 for δ's own roundings.
        let bound = Double(count + 64) * 0x1p-24
        for (found, exact) in zip(try biases(.float32), try biases(.float64)) {
            #expect(
                abs(found - exact) <= bound * abs(exact),
                "\(count) samples: \(found) is not \(exact)")
        }
    }

    private func check(_ test: Case, _ count: Int, varies: Bool) throws {
        var generator = Generator(seed: 4)
        let network = try Network(inputShape: test.inputShape, layers: [test.layer(&generator)])
        let width = test.terms
        // Increasing within a sample, so that what a layer normalisation makes of them keeps its
        // sign.
        let sample = (0..<width).map { Float(Double($0) + generator.uniform() * 0.5 + 0.1) }
        var inputs: [Float] = []
        inputs.reserveCapacity(count * width)
        for _ in 0..<count {
            let scale = varies ? Float(0.5 + generator.uniform()) : 1
            inputs += test == .embedding ? [0] : sample.map { $0 * scale }
        }
        let outputs = network.outputShape.size ?? 0
        // Targets far below the outputs: all errors are positive.
        let targets = [Float](repeating: -9, count: count * outputs)
        let samples = try Samples(
            inputs: Tensor(inputs, shape: Shape([count] + network.inputShape)),
            targets: Tensor(targets, shape: Shape([count] + network.outputShape)))
        let single = try gradients(.meanSquaredError, of: network, samples, dtype: .float32)
        let double = try gradients(.meanSquaredError, of: network, samples)
        let bound = factor(count, terms: test.terms) * 0x1p-24
        for (found, exact) in zip(
            single.flat + single.loss.doubles, double.flat + double.loss.doubles)
        {
            #expect(
                abs(found - exact) <= bound * abs(exact),
                "\(test), \(count) samples: \(found) is not \(exact)")
        }
    }
}
