import NablaNetworks

/// On which side of each kink, a corner of an activation or a loss, all samples' numbers lie.
struct KinkSides {
    /// Where the numbers of a layer's activations end, or those of the loss.
    private struct Part {
        /// The layer whose activation has the kink, or nil for the loss.
        let layer: Int?
        /// How many numbers a sample has.
        let width: Int
        /// Behind its last sign.
        let end: Int
    }

    /// −1, 0 or 1 for each number, sample by sample in each part: a byte, because there are as many as
    /// activations.
    private var signs: [Int8] = []
    private var parts: [Part] = []

    /// Finds the sides, given all layers' activations as `Sinks.activations` has them.
    init(of computation: PreparedGradient<Double>, _ activations: UnsafePointer<Double>) {
        let (plan, samples) = (computation.plan, computation.samples)
        var values = activations
        for (layer, planned) in plan.layers.enumerated() {
            let count = samples.count * planned.width
            if planned.activation.hasKink {
                // These functions have the sign of z.
                let values = values
                add(count, ofLayer: layer, width: planned.width) { values[$0] }
            }
            if layer < plan.layers.count - 1 { values += count }
        }
        guard let margin = computation.objective.kind.kinkMargin else { return }
        let outputs = values
        add(samples.count * plan.outputWidth, ofLayer: nil, width: plan.outputWidth) {
            margin(outputs[$0], samples.targets[$0])
        }
    }

    private mutating func add(
        _ count: Int, ofLayer layer: Int?, width: Int, _ value: (Int) -> Double
    ) {
        signs.reserveCapacity(signs.count + count)
        for index in 0..<count { signs.append(KinkSides.sign(value(index))) }
        parts.append(Part(layer: layer, width: width, end: signs.count))
    }

    /// The first kink that lies between these sides and others of the same computation; nil where none does.
    func firstKink(before others: KinkSides) -> GradientCheck.Kink? {
        guard let index = signs.indices.first(where: { signs[$0] != others.signs[$0] }) else {
            return nil
        }
        var start = 0
        for part in parts {
            if index < part.end {
                let (sample, unit) = (index - start).quotientAndRemainder(dividingBy: part.width)
                return GradientCheck.Kink(layer: part.layer, unit: unit, sample: sample)
            }
            start = part.end
        }
        return nil
    }

    private static func sign(_ value: Double) -> Int8 { value > 0 ? 1 : (value < 0 ? -1 : 0) }
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
