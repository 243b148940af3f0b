public import NablaNetworks

/// What is differentiated, and how layers behave that training treats otherwise.
public struct GradientSettings: Sendable {
    /// The indices of the layers whose gradients are wanted; nil for all.
    public var layers: [Int]?
    /// Whether dropout drops and batch normalisation uses the batch's statistics.
    public var isTraining: Bool
    /// What dropout draws from.
    public var seed: UInt64
    /// What the Hessian of the loss is multiplied with, shaped as the gradients; nil for no product.
    public var vector: [LayerGradients]?

    /// Makes settings; by default all layers, in inference.
    public init(
        layers: [Int]? = nil, isTraining: Bool = false, seed: UInt64 = 0,
        vector: [LayerGradients]? = nil
    ) {
        self.layers = layers
        self.isTraining = isTraining
        self.seed = seed
        self.vector = vector
    }

    var mode: PassMode { PassMode(isTraining: isTraining, key: seed) }

    /// Which layers' gradients are wanted; empty for all.
    func wanted(in network: Network) throws(ComputationError) -> [Bool] {
        guard let layers else { return [] }
        var wanted = [Bool](repeating: false, count: network.layers.count)
        for (position, layer) in layers.enumerated() {
            guard wanted.indices.contains(layer) else {
                throw .invalid(
                    InvalidValue(
                        .inconsistent,
                        "there is no layer \(layer); the network has \(wanted.count)",
                        at: "/wrt/\(position)"))
            }
            wanted[layer] = true
        }
        return wanted
    }
}
