/// Chains of small dense layers over few samples, whose numbers lie unit by unit: what the samples
/// have of one unit is next to one another, in lanes of four.
///
/// A network as small as XOR's is some dozens of multiplications, less than what loops over rows of
/// two numbers cost around them; four samples fill a vector whatever the widths. L is the number of
/// samples rounded up to fours; the lanes that this adds repeat the last sample, and have gradients
/// of 0.
enum SmallChain {
    /// The most samples.
    static let mostRows = 16
    /// The most weights of a layer.
    static let mostWeights = 64

    /// L.
    @inline(__always)
    static func lanes(_ rows: Int) -> Int { (rows &+ 3) & ~3 }

    /// Writes a row-major (rows, width) matrix as (width, L), with the last row or zeros where there
    /// is no row.
    @inline(__always)
    static func spread<S: Real>(
        _ source: UnsafePointer<S>, rows: Int, width: Int, repeatsLast: Bool,
        into target: UnsafeMutablePointer<S>
    ) {
        let lanes = lanes(rows)
        for unit in 0..<width {
            let line = target + unit &* lanes
            for row in 0..<rows { line[row] = source[row &* width &+ unit] }
            let rest = repeatsLast ? line[rows &- 1] : 0
            for lane in rows..<lanes { line[lane] = rest }
        }
    }

    /// Writes (width, L) as a row-major (rows, width) matrix.
    @inline(__always)
    static func gather<S: Real>(
        _ source: UnsafePointer<S>, rows: Int, width: Int, into target: UnsafeMutablePointer<S>
    ) {
        let lanes = lanes(rows)
        for row in 0..<rows {
            for unit in 0..<width { target[row &* width &+ unit] = source[unit &* lanes &+ row] }
        }
    }
}

extension PlanSizes {
    /// The numbers that a small chain's passes need: inputs, activations, gradients, and a training's
    /// targets and weights. Gradients lie in two places, each as wide as the widest layer.
    var smallChain: Int {
        isSmallChain ? SmallChain.mostRows * (inputWidth + kept + gradients + gradients / 2 + 1) : 0
    }
}

/// Passes over samples whose inputs are spread in lanes.
///
/// Without references: handing it on counts none.
struct SmallChainPass<S: Real> {
    private let layers: UnsafeBufferPointer<LayerPlan>
    private let parameters: UnsafePointer<S>
    /// x: (i, L).
    let inputs: UnsafeMutablePointer<S>
    /// The layers' z and a, each (u, L).
    private let kept: UnsafeMutablePointer<S>
    /// ∂L/∂a, which become ∂L/∂z: (u, L).
    private let gradients: UnsafeMutablePointer<S>
    /// Behind all that, for a training's targets and weights.
    let rest: UnsafeMutablePointer<S>
    /// L.
    let lanes: Int

    /// Lays out `PlanSizes.smallChain` numbers at `memory`.
    @inline(__always)
    init(
        _ plan: Plan<S>, parameters: UnsafePointer<S>, memory: UnsafeMutablePointer<S>, rows: Int
    ) {
        layers = plan.layers
        self.parameters = parameters
        lanes = SmallChain.lanes(rows)
        inputs = memory
        kept = memory + lanes &* plan.sizes.inputWidth
        gradients = kept + lanes &* plan.sizes.kept
        rest = gradients + lanes &* plan.sizes.gradients
    }

    @inline(__always)
    private var last: LayerPlan { layers[layers.count &- 1] }

    /// The last layer's a, or its z while its activation is left out: (outputs, L).
    @inline(__always)
    var outputs: UnsafeMutablePointer<S> { kept + lanes &* last.kept.a }

    /// ∂L/∂outputs: (outputs, L).
    @inline(__always)
    var outputGradients: UnsafeMutablePointer<S> { delta(of: last) }

    /// ∂L/∂z of the first layer, behind a pass back: (u, L).
    @inline(__always)
    var firstGradients: UnsafePointer<S> { UnsafePointer(delta(of: layers[0])) }

    @inline(__always)
    private func delta(of layer: LayerPlan) -> UnsafeMutablePointer<S> {
        gradients + lanes &* layer.gradient
    }

    @inline(__always)
    private func weights(of layer: LayerPlan) -> UnsafePointer<S> {
        parameters + layer.parameters.offset
    }

    /// Computes all layers' activations, the last one's unless the loss computes it along.
    ///
    /// - Returns: 0 where all pre-activations are finite, else NaN.
    @inline(__always)
    func forward(leavingOutLastActivation isFused: Bool) -> S {
        // Compiled once more for up to four samples: there are no loops over lanes then.
        lanes == 4 ? forward(isFused, lanes: 4) : forward(isFused, lanes: lanes)
    }

    @inline(__always)
    private func forward(_ isFused: Bool, lanes: Int) -> S {
        var check = Lanes<S>(repeating: 0)
        var x = UnsafePointer(inputs)
        for index in layers.indices {
            let layer = layers[index]
            guard case .dense(let dense) = layer.kind else { continue }
            let (z, a) = (kept + lanes &* layer.preActivations, kept + lanes &* layer.kept.a)
            let bias =
                layer.parameters.biasCount == 0
                ? nil : weights(of: layer) + layer.parameters.weightCount
            dense.preActivateLanes(
                x, into: z, lanes: lanes, weights: weights(of: layer), bias: bias, check: &check)
            if !(isFused && index == layers.count &- 1) {
                layer.activation.apply(to: z, into: a, rows: 1, width: lanes &* layer.width)
            }
            x = UnsafePointer(a)
        }
        return check.sum
    }

    /// Computes the gradients of all P parameters from ∂L/∂outputs.
    ///
    /// - Parameter isFused: Whether it is ∂L/∂z of the last layer already, and not ∂L/∂a.
    @inline(__always)
    func backward(isFused: Bool, into target: UnsafeMutablePointer<S>) {
        if lanes == 4 {
            backward(isFused, lanes: 4, into: target)
        } else {
            backward(isFused, lanes: lanes, into: target)
        }
    }

    @inline(__always)
    private func backward(_ isFused: Bool, lanes: Int, into target: UnsafeMutablePointer<S>) {
        for index in stride(from: layers.count &- 1, through: 0, by: -1) {
            let layer = layers[index]
            guard case .dense(let dense) = layer.kind else { continue }
            let delta = delta(of: layer)
            if !(isFused && index == layers.count &- 1) {
                layer.activation.pullBack(
                    delta, z: kept + lanes &* layer.preActivations, a: kept + lanes &* layer.kept.a,
                    rows: 1, width: lanes &* layer.width)
            }
            var x = UnsafePointer(inputs)
            if index > 0 {
                let source = layers[index &- 1]
                x = UnsafePointer(kept + lanes &* source.kept.a)
                dense.inputGradientLanes(
                    of: delta, into: self.delta(of: source), lanes: lanes,
                    weights: weights(of: layer))
            }
            dense.gradientLanes(
                of: delta, x, lanes: lanes, hasBias: layer.parameters.biasCount > 0,
                into: target + layer.parameters.offset)
        }
    }
}

extension ShardPass {
    /// Whether the passes are those of a small chain, where a softmax, which goes over units, isn't
    /// computed: the loss must compute it, which `isFused` tells.
    @inline(__always)
    func isSmallChain(isFused: Bool) -> Bool {
        plan.sizes.isSmallChain && rows <= SmallChain.mostRows && wanted == nil
            && (isFused || !plan.sizes.endsInSoftmax)
    }

    @inline(__always)
    private var smallChain: SmallChainPass<S> {
        SmallChainPass(plan, parameters: parameters, memory: scratch + layout.work, rows: rows)
    }

    /// As `forward`; leaves the outputs, (rows, outputs), where that does.
    func forwardSmallChain(leavingOutLastActivation isFused: Bool) -> Bool {
        let chain = smallChain
        SmallChain.spread(
            inputs, rows: rows, width: plan.sizes.inputWidth, repeatsLast: true, into: chain.inputs)
        let check = chain.forward(leavingOutLastActivation: isFused)
        SmallChain.gather(chain.outputs, rows: rows, width: plan.outputWidth, into: outputs)
        return check.isFinite
    }

    /// As `backward`, behind `forwardSmallChain`.
    @inline(__always)
    func backwardSmallChain(
        isFused: Bool, into sink: some GradientSink<S>,
        inputGradients: UnsafeMutablePointer<S>?
    ) -> (layer: Int, parameters: Range<Int>)? {
        let chain = smallChain
        SmallChain.spread(
            outputGradients, rows: rows, width: plan.outputWidth, repeatsLast: false,
            into: chain.outputGradients)
        let part = 0..<plan.parameterCount
        let buffer = sink.memory(for: part)
        chain.backward(isFused: isFused, into: buffer)
        if let inputGradients { giveInputGradients(of: chain, inputGradients) }
        return sink.take(part) ? nil : refused(in: buffer)
    }

    /// The parameters whose gradients a pass back meets first among those that aren't finite.
    private func refused(in gradients: UnsafePointer<S>) -> (layer: Int, parameters: Range<Int>) {
        for index in plan.layers.indices.reversed() {
            for (_, range) in plan.layers[index].parameters.tensors
            where !Finiteness.holds(gradients + range.lowerBound, count: range.count) {
                return (index, range)
            }
        }
        return (0, plan.layers[0].parameters.weights)
    }

    /// Writes ∂L/∂inputs, (rows, i), number by number: they are seldom wanted.
    private func giveInputGradients(
        of chain: SmallChainPass<S>, _ inputGradients: UnsafeMutablePointer<S>
    ) {
        guard case .dense(let dense) = plan.layers[0].kind else { return }
        let (delta, weights) = (chain.firstGradients, weights(of: plan.layers[0]))
        for row in 0..<rows {
            for input in 0..<dense.inputs {
                var sum: S = 0
                for unit in 0..<dense.units {
                    sum +=
                        weights[unit &* dense.inputs &+ input] * delta[unit &* chain.lanes &+ row]
                }
                inputGradients[row &* dense.inputs &+ input] = sum
            }
        }
    }
}
