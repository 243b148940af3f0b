import NablaNetworks

/// All that plan and objective of a small chain are made from, which is all of network, loss and
/// targets but their numbers: equal for two requests only if both compile to the same.
///
/// Names of layers aren't part of it, nor is how many samples there are: neither is compiled.
struct SmallChainKey: Equatable {
    /// Of each layer twelve bits, never 0: its units, whether it has a bias, and its activation.
    private(set) var layers: UInt64 = 0
    /// The network's inputs and all about loss and targets.
    let rest: UInt64

    /// The most layers that have room.
    private static let mostLayers = 5

    /// Describes a request; nil for one whose network isn't a small chain with numbers, and for
    /// those that are rare: more layers, functions with other parameters than by default, losses
    /// that aren't reduced, and targets that don't fit.
    init?(_ loss: borrowing Loss, _ network: borrowing Network, targets: Shape) {
        let count = network.layers.count
        guard network.isChain, count <= SmallChainKey.mostLayers, targets.count <= 2,
            let kind = loss.kind.tag
        else { return nil }
        var (first, width) = (0, 0)
        for index in 0..<count {
            // Nothing but numbers is read, so that no layer is copied.
            guard case .dense(let dense) = network.layers[index].operation,
                let inputs = dense.inputs, let activation = dense.activation.tag,
                inputs <= SmallChain.mostWeights, dense.units <= SmallChain.mostWeights,
                inputs &* dense.units <= SmallChain.mostWeights
            else { return nil }
            if index == 0 { first = inputs }
            // What a layer behind the first reads is as wide as the one before.
            width = dense.units
            let code = UInt64(width &- 1) << 6 | (dense.usesBias ? 1 << 5 : 0) | activation
            layers = layers << 12 | code
        }
        guard targets.count == 1 || targets[1] == width, loss.reduction != .none else { return nil }
        rest =
            UInt64(first) << 8 | (loss.reduction == .mean ? 1 << 7 : 0)
            | (targets.count == 2 ? 1 << 6 : 0) | kind
    }

    /// A number from 0 to below 2 to the power of `bits`, the same for equal keys.
    func place(bits: Int) -> Int {
        // By an odd number near 2⁶⁴ over the golden ratio, which spreads bits upwards.
        let hash = (layers ^ rest << 32) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: hash >> (64 - bits))
    }
}

extension Activation {
    /// A number from 1 to below 32 for the function; nil where its parameter isn't the usual one.
    fileprivate var tag: UInt64? {
        switch self {
        case .identity: 1
        case .sigmoid: 2
        case .tanh: 3
        case .relu: 4
        case .leakyReLU(let slope): slope == 0.01 ? 5 : nil
        case .elu(let alpha): alpha == 1 ? 6 : nil
        case .selu: 7
        case .gelu: 8
        case .silu: 9
        case .softplus: 10
        case .softmax: 11
        }
    }
}

extension Loss.Kind {
    /// A number below 64 for the function; nil where its parameters aren't the usual ones.
    fileprivate var tag: UInt64? {
        switch self {
        case .binaryCrossEntropy: 0
        case .binaryCrossEntropyWithLogits: 1
        case .crossEntropy(let settings): settings.isPlain ? 2 : nil
        case .crossEntropyWithLogits(let settings): settings.isPlain ? 3 : nil
        case .meanSquaredError: 4
        case .meanAbsoluteError: 5
        case .huber(let delta): delta == 1 ? 6 : nil
        case .hinge: 7
        case .klDivergence: 8
        case .poisson: 9
        }
    }
}

extension Loss.ClassSettings {
    /// Whether there are neither weights nor smoothing, to the bit: −0 isn't 0.
    fileprivate var isPlain: Bool { classWeights == nil && labelSmoothing.bitPattern == 0 }
}
