import NablaNetworks

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
        // Without loops over lanes, as `SmallChainPass.forward`.
        if lanes == 4 {
            let last = rows &- 1
            let second = source + min(1, last) &* width
            let third = source + min(2, last) &* width
            let fourth = source + last &* width
            for unit in 0..<width {
                let line = target + unit &* 4
                line[0] = source[unit]
                line[1] = repeatsLast || rows > 1 ? second[unit] : 0
                line[2] = repeatsLast || rows > 2 ? third[unit] : 0
                line[3] = repeatsLast || rows > 3 ? fourth[unit] : 0
            }
            return
        }
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
        if width == 1 {
            for row in 0..<rows { target[row] = source[row] }
            return
        }
        for row in 0..<rows {
            for unit in 0..<width { target[row &* width &+ unit] = source[unit &* lanes &+ row] }
        }
    }

    /// Gives `body` the pass over so many samples, whose numbers are laid out in `memory`.
    @inline(__always)
    static func withPass<S: Real, Result>(
        _ plan: Plan<S>, parameters: UnsafePointer<S>, memory: UnsafeMutablePointer<S>, rows: Int,
        _ body: (SmallChainPass<S>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: SmallLayer<S>.self, capacity: plan.layers.count + 1) {
            // Of more than nothing, whose memory is there.
            let layers = $0.baseAddress.unsafelyUnwrapped
            return body(
                SmallChainPass(
                    plan, layers: layers, parameters: parameters, memory: memory, rows: rows))
        }
    }
}

extension PlanSizes {
    /// The numbers that a small chain's passes need, a training's targets and weights among them.
    ///
    /// Gradients lie in two places, each as wide as the widest layer.
    var smallChain: Int {
        isSmallChain ? SmallChain.mostRows * (inputWidth + kept + gradients + gradients / 2 + 1) : 0
    }
}

/// A layer of a small chain: what it computes, and where its numbers are, so that a pass looks up
/// nothing else.
struct SmallLayer<S: Real> {
    fileprivate let dense: DensePlan
    fileprivate let activation: Activation
    /// W, (u, i), and b, (u), nil for none.
    fileprivate let weights: UnsafePointer<S>
    fileprivate let bias: UnsafePointer<S>?
    /// Where ∂L/∂W begins in the flat buffer.
    fileprivate let offset: Int
    /// (i, L).
    fileprivate let x: UnsafePointer<S>
    /// z and a: (u, L).
    fileprivate let z: UnsafeMutablePointer<S>
    fileprivate let a: UnsafeMutablePointer<S>
    /// ∂L/∂a, which becomes ∂L/∂z: (u, L).
    fileprivate let delta: UnsafeMutablePointer<S>
    /// ∂L/∂x, nil where x are the inputs: (i, L).
    fileprivate let xGradients: UnsafeMutablePointer<S>?
}

/// Passes over samples whose inputs are spread in lanes.
///
/// Without references: handing it on counts none.
struct SmallChainPass<S: Real> {
    /// As many as the plan has, in memory of the caller's.
    private let layers: UnsafeMutablePointer<SmallLayer<S>>
    private let count: Int
    /// x: (i, L).
    let inputs: UnsafeMutablePointer<S>
    /// Behind all that, for a training's targets and weights.
    let rest: UnsafeMutablePointer<S>
    /// L.
    let lanes: Int

    /// Lays out `PlanSizes.smallChain` numbers at `memory`, and writes the layers.
    @inline(__always)
    init(
        _ plan: Plan<S>, layers: UnsafeMutablePointer<SmallLayer<S>>,
        parameters: UnsafePointer<S>, memory: UnsafeMutablePointer<S>, rows: Int
    ) {
        self.layers = layers
        count = plan.layers.count
        lanes = SmallChain.lanes(rows)
        inputs = memory
        let kept = memory + lanes &* plan.sizes.inputWidth
        let gradients = kept + lanes &* plan.sizes.kept
        rest = gradients + lanes &* plan.sizes.gradients
        var x = UnsafePointer(inputs)
        var xGradients: UnsafeMutablePointer<S>?
        for index in 0..<count {
            let layer = plan.layers[index]
            guard case .dense(let dense) = layer.kind else { continue }
            let weights = parameters + layer.parameters.offset
            let a = kept + lanes &* layer.kept.a
            let delta = gradients + lanes &* layer.gradient
            (layers + index).initialize(
                to: SmallLayer(
                    dense: dense, activation: layer.activation, weights: weights,
                    bias: layer.parameters.biasCount == 0
                        ? nil : weights + layer.parameters.weightCount,
                    offset: layer.parameters.offset, x: x, z: kept + lanes &* layer.preActivations,
                    a: a, delta: delta, xGradients: xGradients))
            (x, xGradients) = (UnsafePointer(a), delta)
        }
    }

    /// The last layer's a, or its z while its activation is left out: (outputs, L).
    @inline(__always)
    var outputs: UnsafeMutablePointer<S> { layers[count &- 1].a }

    /// ∂L/∂outputs: (outputs, L).
    @inline(__always)
    var outputGradients: UnsafeMutablePointer<S> { layers[count &- 1].delta }

    /// ∂L/∂z of the first layer, behind a pass back: (u, L).
    @inline(__always)
    var firstGradients: UnsafePointer<S> { UnsafePointer(layers[0].delta) }

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
        var layer = layers
        let end = layers + count
        let leftOut = isFused ? end - 1 : end
        while layer < end {
            let dense = layer.pointee.dense
            dense.preActivateLanes(
                layer.pointee.x, into: layer.pointee.z, lanes: lanes,
                weights: layer.pointee.weights, bias: layer.pointee.bias, check: &check)
            if layer < leftOut {
                layer.pointee.activation.applyLanes(
                    to: layer.pointee.z, into: layer.pointee.a, count: lanes &* dense.units)
            }
            layer += 1
        }
        return check.sum
    }

    /// Computes the gradients of all P parameters from ∂L/∂outputs.
    ///
    /// - Parameters:
    ///   - isFused: Whether it is ∂L/∂z of the last layer already, and not ∂L/∂a.
    ///   - target: A flat buffer of P numbers.
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
        var layer = layers + count
        let leftOut = isFused ? layer - 1 : layer
        while layer > layers {
            layer -= 1
            let (dense, delta) = (layer.pointee.dense, layer.pointee.delta)
            if layer < leftOut {
                layer.pointee.activation.pullBackLanes(
                    delta, z: layer.pointee.z, a: layer.pointee.a, count: lanes &* dense.units)
            }
            if let xGradients = layer.pointee.xGradients {
                dense.inputGradientLanes(
                    of: delta, into: xGradients, lanes: lanes, weights: layer.pointee.weights)
            }
            dense.gradientLanes(
                of: delta, layer.pointee.x, lanes: lanes, hasBias: layer.pointee.bias != nil,
                into: target + layer.pointee.offset)
        }
    }
}

extension Plan {
    /// Whether passes over so many samples are those of a small chain, where a softmax, which goes over units,
    /// isn't computed: the loss must compute it, which `isFused` tells.
    @inline(__always)
    func isSmallChain(rows: Int, isFused: Bool) -> Bool {
        sizes.isSmallChain && rows <= SmallChain.mostRows && (isFused || !sizes.endsInSoftmax)
    }
}

extension ShardPass {
    /// Whether the passes are those of a small chain.
    @inline(__always)
    func isSmallChain(isFused: Bool) -> Bool {
        plan.isSmallChain(rows: rows, isFused: isFused) && wanted == nil
    }

    /// Gives `body` the pass over these samples.
    @inline(__always)
    private func withSmallChain<Result>(_ body: (SmallChainPass<S>) -> Result) -> Result {
        SmallChain.withPass(
            plan, parameters: parameters, memory: scratch + layout.work, rows: rows, body)
    }

    /// As `forward`; leaves the outputs, (rows, outputs), where that does.
    func forwardSmallChain(leavingOutLastActivation isFused: Bool) -> Bool {
        withSmallChain { chain in
            SmallChain.spread(
                inputs.rows, rows: rows, width: plan.sizes.inputWidth, repeatsLast: true,
                into: chain.inputs)
            let check = chain.forward(leavingOutLastActivation: isFused)
            SmallChain.gather(chain.outputs, rows: rows, width: plan.outputWidth, into: outputs)
            return check.isFinite
        }
    }

    /// As `backward`, behind `forwardSmallChain`.
    @inline(__always)
    func backwardSmallChain(
        isFused: Bool, into sink: some GradientSink<S>,
        inputGradients: UnsafeMutablePointer<S>?
    ) -> (layer: Int, parameters: Range<Int>)? {
        let part = 0..<plan.parameterCount
        let buffer = sink.memory(for: part)
        withSmallChain { chain in
            SmallChain.spread(
                outputGradients, rows: rows, width: plan.outputWidth, repeatsLast: false,
                into: chain.outputGradients)
            chain.backward(isFused: isFused, into: buffer)
            if let inputGradients { giveInputGradients(of: chain, inputGradients) }
        }
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
