import NablaNetworks

/// A network compiled: what each layer computes, and where its numbers lie in the flat buffers.
///
/// Letters here and in all shapes below: n samples, i inputs and u units of a layer, P parameters.
///
/// Never changes. A class, so that handing it to a pass counts one reference and not one for each of
/// its arrays: for networks as small as XOR that is measurable.
final class Plan: Sendable {
    /// What a layer computes.
    enum Operation: Sendable {
        case dense(DensePlan)
    }

    /// One operation for each layer, first to last.
    let operations: [Operation]
    /// P.
    let parameterCount: Int
    /// The length of a sample's inputs.
    let inputWidth: Int
    /// `widths[l]` is the number of activations of layer l.
    let widths: [Int]

    /// Compiles a network.
    init(_ network: Network) {
        MatrixProduct.usesOneThread
        var offset = 0
        var width = network.inputShape.reduce(1, *)
        inputWidth = width
        var operations: [Operation] = []
        var widths: [Int] = []
        for layer in network.layers {
            switch layer.operation {
            case .dense(let dense):
                let plan = DensePlan(dense, inputs: width, at: offset)
                operations.append(.dense(plan))
                offset += plan.parameterCount
                width = plan.units
            }
            widths.append(width)
        }
        self.operations = operations
        self.widths = widths
        parameterCount = offset
    }

    /// The length of a sample's outputs.
    var outputWidth: Int { widths[widths.count - 1] }

    /// The function the outputs come from.
    var lastActivation: Activation { operations[operations.count - 1].activation }
}

extension Plan.Operation {
    /// The function applied last in the layer.
    var activation: Activation {
        switch self {
        case .dense(let dense): dense.activation
        }
    }

    /// Whether the layer's pre-activations are kept beside its activations.
    var keepsPreActivations: Bool { activation.readsPreActivation }

    /// The layer's parameter tensors, by the names of `NonFinite.tensor`.
    var parameters: [(name: String, range: Range<Int>, shape: [Int])] {
        switch self {
        case .dense(let dense):
            [("weights", dense.weights, [dense.units, dense.inputs])]
                + (dense.bias.map { [("bias", $0, [dense.units])] } ?? [])
        }
    }
}
