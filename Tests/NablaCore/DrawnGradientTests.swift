import NablaNetworks
import Testing

@testable import NablaCore

/// Gradients of drawn networks against differences of the loss, in float64: for each tensor of
/// parameters and for the inputs along a drawn direction.
///
/// A direction is left out where its points lie on two sides of a kink; how many may be is checked.
@Suite("Drawn networks: gradients meet central differences")
struct DrawnGradientTests {
    @Test("of parameters and inputs", arguments: DrawnNetwork.seeds)
    func gradients(_ seed: UInt64) throws {
        let drawn = try DrawnNetwork(seed: seed)
        let context = Comment(rawValue: drawn.testDescription)
        var generator = Generator(seed: seed)
        let analytic = try drawn.gradients(including: .inputGradients)
        let network = drawn.network
        var (compared, directions) = (0, 0)
        func check(
            _ gradient: [Double], along direction: [Double], _ place: String,
            _ move: (Double) throws -> (Network, Samples)
        ) throws {
            directions += 1
            var (losses, regions) = ([Double](), [[Int]]())
            for offset in Differences.offsets {
                let (network, samples) = try move(offset * Differences.step)
                let result = try drawn.gradients(of: network, samples, including: .activations)
                losses.append(result.totalLoss)
                regions.append(try result.regions(of: network, drawn.loss.kind, samples))
            }
            guard regions.allSatisfy({ $0 == regions[0] }) else { return }
            compared += 1
            let error = abs(Differences.derivative(losses) - dot(gradient, direction))
            #expect(
                error <= 1e-7 * norm(gradient) + 1e-10, "\(place): \(error) in \(context)")
        }
        for (index, layer) in network.layers.enumerated() {
            guard case .given(let weights, let bias) = layer.parameters else { continue }
            for (tensor, isBias) in [(weights, false)] + (bias.map { [($0, true)] } ?? []) {
                let direction = generator.direction(tensor.count)
                var vector = network.layers.map { _ in LayerGradients(weights: nil, bias: nil) }
                let shaped = try Tensor(direction, shape: tensor.shape)
                vector[index] = LayerGradients(
                    weights: isBias ? nil : shaped, bias: isBias ? shaped : nil)
                let layer = analytic.layers[index]
                let gradient = try #require(isBias ? layer.bias : layer.weights).doubles
                try check(gradient, along: direction, "layer \(index), bias: \(isBias)") {
                    (try network.moved($0, along: vector), drawn.samples)
                }
            }
        }
        let inputs = try #require(analytic.inputGradients).doubles
        if !drawn.readsTokens {
            let direction = generator.direction(inputs.count)
            try check(inputs, along: direction, "inputs") {
                (network, try drawn.samples.moved($0, along: direction))
            }
        } else if network.layers.allSatisfy({ $0.inputs?.contains("input") != true }) {
            #expect(inputs.allSatisfy { $0 == 0 }, context)
        }
        #expect(compared * 10 >= directions * 7, "too many directions cross a kink: \(context)")
    }

    @Test("every layer type, activation, loss, reduction and mode is drawn, in chains and graphs")
    func everythingIsDrawn() throws {
        guard DrawnNetwork.seeds.count > 1 else { return }
        var counts: [String: Int] = [:]
        for seed in DrawnNetwork.seeds {
            let drawn = try DrawnNetwork(seed: seed)
            var names: Set<String> = [drawn.loss.name, drawn.loss.reduction.rawValue]
            for (index, layer) in drawn.network.layers.enumerated() {
                let mode = drawn.settings.isTraining ? "training" : "inference"
                names.formUnion([layer.typeName, "\(layer.typeName), \(mode)"])
                names.insert(layer.activation.name)
                let sources = drawn.network.sources(ofLayer: index).map(\.position)
                if Set(sources).count < sources.count { names.insert("the same twice") }
                if layer.merges, sources.contains(-1) { names.insert("inputs merged") }
            }
            let reads = drawn.network.layers.indices.flatMap(drawn.network.sources(ofLayer:))
            if reads.count(where: { $0 == .input }) > 2 { names.insert("inputs read three times") }
            names.insert(drawn.network.isChain ? "chain" : "graph")
            for name in names { counts[name, default: 0] += 1 }
        }
        let modes = ["dropout", "batch_normalization"].flatMap {
            ["\($0), training", "\($0), inference"]
        }
        let forms = [
            "the same twice", "inputs merged", "inputs read three times", "chain", "graph",
        ]
        let wanted =
            Layer.typeNames + Activation.names + Loss.names + modes + forms
            + Reduction.allCases.map(\.rawValue)
        for name in wanted {
            #expect(counts[name, default: 0] >= 5, "\(name) is drawn \(counts[name] ?? 0) times")
        }
    }
}
