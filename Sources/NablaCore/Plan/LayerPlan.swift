import NablaNetworks

/// A layer compiled: what it computes, and where its numbers lie.
///
/// The same for every number type and without references, so that its layout is known where it's
/// copied and copying it counts nothing.
struct LayerPlan: Sendable {
    /// What a layer computes from what it reads.
    enum Kind: Sendable {
        case dense(DensePlan)
        /// Its place in `Plan.convolutions`: in line it would make all layers large.
        case convolution(Int)
        case embedding(EmbeddingPlan)
        case batchNormalization(BatchNormalizationPlan)
        case layerNormalization(LayerNormalizationPlan)
        case dropout(DropoutPlan)
        /// Its place in `Plan.poolings`.
        case pooling(Int)
        /// z = x: flatten, reshape, and the layers that are an activation alone.
        case identity
        case merge(MergePlan)
    }

    /// What it computes.
    let kind: Kind
    /// What it reads; the first of several.
    let source: SourcePlan
    /// The number of a sample's activations.
    let width: Int
    /// The function f applied last.
    let activation: Activation
    /// The numbers over which a softmax goes: those of the last axis.
    let activationWidth: Int
    /// Where its parameters lie in the flat buffer.
    let parameters: ParameterPlan
    /// How many numbers a sample has before z and a where activations are kept; the same place
    /// where z needn't be kept beside a.
    let kept: (z: Int, a: Int)
    /// How many numbers a sample has before ∂L/∂a where gradients are kept.
    let gradient: Int

    /// How many numbers a sample has before z: where a is, unless z is kept beside it.
    @inline(__always)
    var preActivations: Int { activation.readsPreActivation ? kept.z : kept.a }

    /// How many softmaxes a sample has.
    @inline(__always)
    var activationRows: Int { width / activationWidth }
}

/// What a layer reads.
struct SourcePlan: Sendable {
    /// The layer's index; −1 for the network's inputs.
    let layer: Int
    /// Whether another layer has left its gradient there already, to which this one's is added.
    let adds: Bool
}

/// Where a layer's parameters lie in the flat buffer: weights, then bias.
struct ParameterPlan: Sendable {
    let offset: Int
    let weightCount: Int
    let biasCount: Int

    /// The weights: ∂L/∂W lies there in the gradients.
    @inline(__always)
    var weights: Range<Int> { offset..<offset &+ weightCount }

    /// The bias; empty for a layer without one.
    @inline(__always)
    var bias: Range<Int> { offset &+ weightCount..<offset &+ count }

    /// How many there are.
    @inline(__always)
    var count: Int { weightCount &+ biasCount }

    /// The layer's parameter tensors, by the names of `NonFinite.tensor`.
    var tensors: [(name: String, range: Range<Int>)] {
        [("weights", weights), ("bias", bias)].filter { !$0.1.isEmpty }
    }
}

/// What the layers with state of their own need in a pass.
struct PassMode: Sendable {
    /// Whether dropout and batch normalisation behave as in training.
    var isTraining = false
    /// What dropout's draws depend on: the seed and the step.
    var key: UInt64 = 0
}
