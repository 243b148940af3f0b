public import NablaNetworks

/// What a gradient computation gives beside loss and gradients.
public struct Inclusions: OptionSet, Sendable {
    /// The bits of what is included.
    public let rawValue: Int

    /// Makes a set from its bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The activations of the last layer: (n, outputs).
    public static let outputs = Inclusions(rawValue: 1)
    /// The activations of every layer: (n, units) each.
    public static let activations = Inclusions(rawValue: 2)
    /// ∂L/∂inputs: (n, inputs).
    public static let inputGradients = Inclusions(rawValue: 4)
    /// The L2 norm of each gradient tensor and of all together.
    public static let norms = Inclusions(rawValue: 8)
    /// The gradients of each sample's own term of the loss.
    public static let perSampleGradients = Inclusions(rawValue: 16)
}

/// The L2 norms of gradients, √Σg², summed in float64.
public struct GradientNorms: Sendable, Equatable {
    /// The norms of one layer's gradients.
    public struct Layer: Sendable, Equatable {
        /// ‖∂L/∂W‖, or nil for a layer without weights.
        public let weights: Double?
        /// ‖∂L/∂b‖, or nil for a layer without a bias.
        public let bias: Double?
    }

    /// The norm of all gradients together.
    public let global: Double
    /// One for each layer.
    public let layers: [Layer]
}

/// The loss of a network over samples, and its gradient for every parameter.
public struct Gradients: Sendable {
    /// Shape (), or (n) for the reduction `none`: then a loss a sample, which add up to the `sum`
    /// loss.
    public let loss: Tensor
    /// One for each layer of the network; empty for layers that aren't wanted.
    public let layers: [LayerGradients]
    /// (n, …) with the shape of a sample's outputs, where included.
    public internal(set) var outputs: Tensor?
    /// (n, …) with the shape of a sample's activations for each layer, where included.
    public internal(set) var activations: [Tensor]?
    /// ∂L/∂inputs, (n, …), where included.
    public internal(set) var inputGradients: Tensor?
    /// The norms, where included.
    public internal(set) var norms: GradientNorms?
    /// As `layers`, with an axis of the samples before the others, where included: the gradients of
    /// each sample's own term of the loss, which add up to the gradients.
    public internal(set) var perSampleGradients: [LayerGradients]?
    /// H·v, as `layers`, where there is a vector v.
    public internal(set) var hessianVectorProduct: [LayerGradients]?
    /// n.
    public let samples: Int
    /// What it was computed in, and the type of all tensors.
    public let dtype: DType

    init(loss: Tensor, layers: [LayerGradients], samples: Int, dtype: DType) {
        self.loss = loss
        self.layers = layers
        self.samples = samples
        self.dtype = dtype
    }

    /// Computes loss and gradients by one pass forward and one backward.
    ///
    /// A sample's loss is multiplied by its weight; `mean` divides by the sum of the weights, times
    /// the outputs for losses that are a mean over elements, and times the class weights for class
    /// indices. For the reduction `none` the gradients are those of `sum`.
    /// - Source: Rumelhart, Hinton & Williams 1986.
    /// - Parameters:
    ///   - loss: What is minimised.
    ///   - network: A network with numbers.
    ///   - samples: What the loss is taken over.
    ///   - dtype: What is computed in; tensors of the other type are rounded to it.
    ///   - including: What is given beside loss and gradients.
    ///   - settings: What is differentiated, and how.
    ///   - workspace: Buffers that are reused.
    ///   - shards: How shards of 256 samples and more are run.
    ///   - isCancelled: Asked now and then, by one thread at a time.
    /// - Returns: The gradients; the same bits for any `shards`.
    /// - Throws: `invalid` with a pointer relative to the request for parts that don't fit;
    ///   `nonFinite` for the first layer and tensor with NaN or infinity; `cancelled`.
    public static func compute(
        of loss: Loss, network: Network, samples: Samples, dtype: DType,
        including: Inclusions = [], settings: GradientSettings = GradientSettings(),
        workspace: Workspace, shards: ShardRunner = .serial,
        isCancelled: () -> Bool = { false }
    ) throws(ComputationError) -> Gradients {
        switch dtype {
        case .float32:
            try GradientComputation<Float>.run(
                loss, network, samples, including, settings, workspace, shards, isCancelled)
        case .float64:
            try GradientComputation<Double>.run(
                loss, network, samples, including, settings, workspace, shards, isCancelled)
        }
    }
}
