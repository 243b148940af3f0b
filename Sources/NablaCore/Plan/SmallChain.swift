/// Passes of a chain of small dense layers over few samples, whose numbers lie unit by unit: what
/// the samples have of one unit is next to one another, in lanes of four.
///
/// A network as small as XOR's is some dozens of multiplications, less than what loops over rows of
/// two numbers cost around them; four samples fill a vector whatever the widths. L is the number of
/// samples rounded up to fours; the lanes that this adds have inputs and gradients of 0.
enum SmallChain {
    /// The most samples.
    static let mostRows = 16
    /// The most weights of a layer.
    static let mostWeights = 64

    /// L.
    @inline(__always)
    static func lanes(_ rows: Int) -> Int { (rows &+ 3) & ~3 }

    /// Writes a row-major (rows, width) matrix as (width, L), with zeros where there is no row.
    @inline(__always)
    static func spread<S: Real>(
        _ source: UnsafePointer<S>, rows: Int, width: Int, into target: UnsafeMutablePointer<S>
    ) {
        let lanes = lanes(rows)
        for unit in 0..<width {
            let line = target + unit &* lanes
            for row in 0..<rows { line[row] = source[row &* width &+ unit] }
            for lane in rows..<lanes { line[lane] = 0 }
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
    /// The numbers that a small chain's passes need: inputs, activations and gradients.
    var smallChain: Int {
        isSmallChain ? SmallChain.mostRows * (inputWidth + kept + gradients) : 0
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

    private var lanes: Int { SmallChain.lanes(rows) }
    private var spreadInputs: UnsafeMutablePointer<S> { scratch + layout.work }

    @inline(__always)
    private func spread(activationsBehind place: Int) -> UnsafeMutablePointer<S> {
        spreadInputs + lanes &* (plan.sizes.inputWidth &+ place)
    }

    @inline(__always)
    private func spreadGradients(of layer: LayerPlan) -> UnsafeMutablePointer<S> {
        spread(activationsBehind: plan.sizes.kept &+ layer.gradient)
    }

    /// As `forward`; leaves the outputs, (rows, outputs), where that does.
    func forwardSmallChain(leavingOutLastActivation isFused: Bool) -> Bool {
        let (lanes, last) = (lanes, plan.layers.count &- 1)
        SmallChain.spread(inputs, rows: rows, width: plan.sizes.inputWidth, into: spreadInputs)
        var isFinite = true
        var x = spreadInputs
        for index in plan.layers.indices {
            let layer = plan.layers[index]
            guard case .dense(let dense) = layer.kind else { continue }
            let (z, a) = (
                spread(activationsBehind: layer.preActivations),
                spread(activationsBehind: layer.kept.a)
            )
            dense.preActivateLanes(
                x, into: z, lanes: lanes, weights: weights(of: layer), bias: bias(of: layer))
            let count = lanes &* layer.width
            if !Finiteness.holds(z, count: count) { isFinite = false }
            if !(isFused && index == last) {
                layer.activation.apply(to: z, into: a, rows: 1, width: count)
            }
            x = a
        }
        SmallChain.gather(x, rows: rows, width: plan.layers[last].width, into: outputs)
        return isFinite
    }

    /// As `backward`, behind `forwardSmallChain`.
    @inline(__always)
    func backwardSmallChain(
        isFused: Bool, into sink: some GradientSink<S>,
        inputGradients: UnsafeMutablePointer<S>?
    ) -> (layer: Int, parameters: Range<Int>)? {
        let (lanes, last) = (lanes, plan.layers.count &- 1)
        SmallChain.spread(
            outputGradients, rows: rows, width: plan.layers[last].width,
            into: spreadGradients(of: plan.layers[last]))
        for index in stride(from: last, through: 0, by: -1) {
            let layer = plan.layers[index]
            guard case .dense(let dense) = layer.kind else { continue }
            let delta = spreadGradients(of: layer)
            if !(isFused && index == last) {
                layer.activation.pullBack(
                    delta, z: spread(activationsBehind: layer.preActivations),
                    a: spread(activationsBehind: layer.kept.a), rows: 1,
                    width: lanes &* layer.width)
            }
            var x = spreadInputs
            if index > 0 {
                let source = plan.layers[index &- 1]
                x = spread(activationsBehind: source.kept.a)
                dense.inputGradientLanes(
                    of: delta, into: spreadGradients(of: source), lanes: lanes,
                    weights: weights(of: layer))
            } else if let inputGradients {
                giveInputGradients(of: delta, dense, layer, inputGradients)
            }
            let parameters = layer.parameters
            let part = parameters.offset..<parameters.offset &+ parameters.count
            dense.gradientLanes(
                of: delta, x, lanes: lanes, hasBias: !parameters.bias.isEmpty,
                into: sink.memory(for: part))
            if !sink.take(part) {
                let weights = sink.memory(for: part)
                let refusesWeights = !Finiteness.holds(weights, count: parameters.weightCount)
                return (index, refusesWeights ? parameters.weights : parameters.bias)
            }
        }
        return nil
    }

    /// Writes ∂L/∂inputs, (rows, i), number by number: they are seldom wanted.
    private func giveInputGradients(
        of delta: UnsafePointer<S>, _ dense: DensePlan, _ layer: LayerPlan,
        _ inputGradients: UnsafeMutablePointer<S>
    ) {
        for row in 0..<rows {
            for input in 0..<dense.inputs {
                var sum: S = 0
                for unit in 0..<dense.units {
                    sum +=
                        weights(of: layer)[unit &* dense.inputs &+ input]
                        * delta[unit &* lanes &+ row]
                }
                inputGradients[row &* dense.inputs &+ input] = sum
            }
        }
    }
}
