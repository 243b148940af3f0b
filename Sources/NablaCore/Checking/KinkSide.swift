import NablaNetworks

/// On which side of a kink, a corner of an activation or a loss, a sample's number lies.
struct KinkSide: Equatable {
    /// The layer whose activation has the kink, or nil for the loss.
    let layer: Int?
    /// The unit of the layer, or the output.
    let unit: Int
    let sample: Int
    /// −1, 0 or 1.
    let side: Int

    /// The sides of all samples, given all layers' activations as `Sinks.activations` has them.
    static func all(
        of computation: PreparedGradient<Double>, _ activations: UnsafePointer<Double>
    ) -> [KinkSide] {
        let (plan, samples) = (computation.plan, computation.samples)
        var sides: [KinkSide] = []
        var values = activations
        for (layer, planned) in plan.layers.enumerated() {
            let width = planned.width
            if planned.activation.hasKink {
                // These functions have the sign of z.
                for index in 0..<samples.count * width {
                    sides.append(
                        KinkSide(
                            layer: layer, unit: index % width, sample: index / width,
                            side: sign(values[index])))
                }
            }
            if layer < plan.layers.count - 1 { values += samples.count * width }
        }
        guard let margin = computation.objective.kind.kinkMargin else { return sides }
        let width = plan.outputWidth
        for index in 0..<samples.count * width {
            sides.append(
                KinkSide(
                    layer: nil, unit: index % width, sample: index / width,
                    side: sign(margin(values[index], samples.targets[index]))))
        }
        return sides
    }

    private static func sign(_ value: Double) -> Int { value > 0 ? 1 : (value < 0 ? -1 : 0) }
}

extension Activation {
    /// Whether the derivative jumps at z = 0.
    fileprivate var hasKink: Bool {
        switch self {
        case .relu, .selu: true
        case .leakyReLU(let slope): slope != 1
        case .elu(let alpha): alpha != 1
        case .identity, .sigmoid, .tanh, .gelu, .silu, .softplus, .softmax: false
        }
    }
}

extension Loss.Kind {
    /// What is 0 where the derivative by an output jumps, as a function of the output and its
    /// target; nil for a loss without such a place.
    fileprivate var kinkMargin: ((Double, Double) -> Double)? {
        switch self {
        case .meanAbsoluteError: { $0 - $1 }
        case .hinge: { 1 - $0 * $1 }
        default: nil
        }
    }
}
