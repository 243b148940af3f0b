import NablaNetworks

/// A network compiled: what each layer computes, and where its numbers lie in the flat buffers.
///
/// Letters here and in all shapes below: n samples, i inputs and u units of a layer, P parameters.
///
/// Never changes. A class, so that handing it to a pass counts one reference and not one for each
/// of its arrays: for networks as small as XOR that is measurable.
final class Plan<S: Real>: Sendable {
    /// One operation for each layer, first to last.
    let operations: [LayerPlan]
    /// The layers' kernels; empty where none has any.
    ///
    /// Apart from the operations, which small networks copy more cheaply without them.
    private let kernels: [DenseKernels<S>?]
    /// P.
    let parameterCount: Int
    /// The length of a sample's inputs.
    let inputWidth: Int
    /// The most activations of a layer.
    let maximumWidth: Int
    /// The activations of all layers of a sample.
    let activationCount: Int
    /// How many numbers a pass keeps of a sample: all layers' activations, and some of their
    /// pre-activations.
    let keptWidth: Int

    /// The most parameters: 1 or 2 GB for each buffer of them.
    static var maximumParameters: Int { 1 << 28 }
    /// The most activations of a sample, all layers together: a block's then fill 2 or 4 GB.
    static var maximumActivations: Int { 1 << 21 }

    /// Compiles a network for passes over up to `samples` samples.
    ///
    /// - Throws: `invalid` at `/network/layers/…` for a layer with which it is too large.
    init(_ network: Network, samples: Int) throws(ComputationError) {
        MatrixProduct.usesOneThread
        var offset = 0
        var width = network.inputShape.reduce(1, *)
        inputWidth = width
        var operations: [LayerPlan] = []
        operations.reserveCapacity(network.layers.count)
        var activations = 0
        var kept = 0
        var maximumWidth = 0
        let rows = min(samples, Partition.blockSize)
        for (index, layer) in network.layers.enumerated() {
            switch layer.operation {
            case .dense(let dense):
                let (numbers, isTooLarge) = dense.units.multipliedReportingOverflow(by: width)
                guard !isTooLarge, numbers <= Plan.maximumParameters - offset,
                    dense.units <= Plan.maximumActivations - inputWidth - activations
                else { throw .invalid(Plan.tooLarge(atLayer: index)) }
                activations += dense.units
                let plan = DensePlan(dense, inputs: width, at: offset, behind: kept)
                operations.append(.dense(plan))
                offset += plan.parameterCount
                kept = plan.keptEnd
                width = plan.units
            }
            maximumWidth = max(maximumWidth, width)
        }
        self.operations = operations
        kernels = rows < Tile.rows ? [] : operations.map { $0.kernels(forRows: rows) }
        self.maximumWidth = maximumWidth
        activationCount = activations
        keptWidth = kept
        parameterCount = offset
    }

    private static func tooLarge(atLayer index: Int) -> InvalidValue {
        InvalidValue(
            .outOfRange,
            "with layer \(index) there are more than \(maximumParameters) parameters, or more "
                + "than \(maximumActivations) activations a sample",
            at: "/network/layers/\(index)")
    }

    /// The kernels of a layer, if it has any.
    @inline(__always)
    func kernels(ofLayer index: Int) -> DenseKernels<S>? {
        kernels.isEmpty ? nil : kernels[index]
    }

    /// How many numbers the layer needs for transposed tiles that needs most.
    var transposedCount: Int { kernels.lazy.map { $0?.transposedCount ?? 0 }.max() ?? 0 }

    /// The numbers of a shard's largest buffer, whole blocks of activations or gradients.
    var numbersOfShard: Int {
        max(parameterCount, Partition.blockSize * (inputWidth + activationCount))
    }

    /// The length of a sample's outputs.
    var outputWidth: Int { operations[operations.count - 1].width }

    /// The function the outputs come from.
    var lastActivation: Activation { operations[operations.count - 1].activation }
}

extension Plan {
    /// Finds the first layer and tensor with NaN or infinity in a flat buffer of P numbers.
    ///
    /// - Parameters:
    ///   - flat: Parameters or gradients.
    ///   - suffix: What is added to the names of the parameters.
    ///   - backward: Whether the last layer comes first, as its gradients do.
    /// - Returns: The place, or nil when all is finite.
    func firstNonFinite(
        _ flat: UnsafePointer<S>, suffix: String = "", backward: Bool = false
    ) -> NonFinite? {
        if Finiteness.holds(flat, count: parameterCount) { return nil }
        for index in backward ? operations.indices.reversed() : Array(operations.indices) {
            for (name, range) in operations[index].parameters
            where !Finiteness.holds(flat + range.lowerBound, count: range.count) {
                return NonFinite(layer: index, tensor: name + suffix)
            }
        }
        return nil
    }

    /// The place of a layer's gradients with respect to the parameters in `range`.
    func place(ofGradients range: Range<Int>, layer index: Int) -> NonFinite {
        let name = operations[index].parameters.first { $0.range == range }?.name ?? "parameters"
        return NonFinite(layer: index, tensor: name + "_gradient")
    }
}

/// What a layer computes.
enum LayerPlan: Sendable {
    case dense(DensePlan)
}

extension LayerPlan {
    /// The function applied last in the layer.
    var activation: Activation {
        switch self {
        case .dense(let dense): dense.activation
        }
    }

    /// The number of a sample's activations.
    @inline(__always)
    var width: Int {
        switch self {
        case .dense(let dense): dense.units
        }
    }

    /// How many numbers a sample has before the layer's z and a where activations are kept.
    @inline(__always)
    var kept: (z: Int, a: Int) {
        switch self {
        case .dense(let dense): dense.kept
        }
    }

    /// Compiles the layer's kernels for up to `rows` samples at once.
    func kernels<S: Real>(forRows rows: Int) -> DenseKernels<S>? {
        switch self {
        case .dense(let dense): DenseKernels(inputs: dense.inputs, units: dense.units, rows: rows)
        }
    }

    /// The layer's parameter tensors, by the names of `NonFinite.tensor`.
    var parameters: [(name: String, range: Range<Int>)] {
        switch self {
        case .dense(let dense):
            [("weights", dense.weights)] + (dense.bias.map { [("bias", $0)] } ?? [])
        }
    }
}
