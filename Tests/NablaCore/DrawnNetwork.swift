import Foundation
import NablaNetworks
import Testing

@testable import NablaCore

/// A request drawn from a seed: a chain or a graph of layers of every type with numbers, a loss it
/// is made for, samples, and the way its layers behave.
///
/// Small, and without what makes differences of float64 inexact: numbers are about 1, and
/// normalisations have an ε of a tenth and more.
struct DrawnNetwork: CustomTestStringConvertible {
    let seed: UInt64
    let network: Network
    let loss: Loss
    let samples: Samples
    let settings: GradientSettings

    /// The seeds of the property tests; `NABLA_TEST_SEED=17 swift test` runs a single one again.
    static let seeds: [UInt64] = {
        if let seed = ProcessInfo.processInfo.environment["NABLA_TEST_SEED"].flatMap(UInt64.init) {
            return [seed]
        }
        return Array(1...300)
    }()

    init(seed: UInt64) throws {
        var drawer = NetworkDrawer(seed: seed)
        let (kind, last) = try drawer.loss()
        try drawer.drawLayers(endingWith: last, for: kind)
        network = try drawer.network()
        self.seed = seed
        let reduction = drawer.oneOf(Reduction.allCases)
        samples = try drawer.samples(of: network, for: kind)
        settings = GradientSettings(
            isTraining: drawer.chance(2), seed: drawer.generator.next() >> 1)
        loss = try Loss(
            drawer.weighted(kind, classes: network.outputShape[0]), reduction: reduction)
    }

    /// What a failure prints: the seed, and what it drew.
    var testDescription: String {
        let layers = network.layers.map { layer in
            let inputs = layer.inputs.map { "(\($0.joined(separator: ", ")))" } ?? ""
            let activation = layer.activation == .identity ? "" : " \(layer.activation.name)"
            return layer.typeName + activation + inputs
        }
        return "seed \(seed): \(network.inputShape) \(layers.joined(separator: ", ")); "
            + "\(loss.kind), \(loss.reduction.rawValue), \(samples.count) samples, "
            + (settings.isTraining ? "training" : "inference")
    }

    /// Whether the inputs are tokens, which have no derivative.
    var readsTokens: Bool { network.layers.contains { $0.typeName == "embedding" } }

    /// Whether each sample's loss depends on the others.
    var couplesSamples: Bool {
        settings.isTraining && network.layers.contains { $0.typeName == "batch_normalization" }
    }

    func gradients(
        including: Inclusions = [], dtype: DType = .float64, shards: ShardRunner = .serial,
        _ change: (inout GradientSettings) -> Void = { _ in }
    ) throws -> Gradients {
        try gradients(of: network, samples, including: including, dtype: dtype, shards, change)
    }

    func gradients(
        of network: Network, _ samples: Samples, including: Inclusions = [],
        dtype: DType = .float64, _ shards: ShardRunner = .serial,
        _ change: (inout GradientSettings) -> Void = { _ in }
    ) throws -> Gradients {
        var settings = settings
        change(&settings)
        return try Gradients.compute(
            of: loss, network: network, samples: samples, dtype: dtype, including: including,
            settings: settings, workspace: Workspace(), shards: shards)
    }
}
