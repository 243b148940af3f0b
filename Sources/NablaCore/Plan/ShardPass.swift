/// The passes of one block of a shard: forward, loss and backward, in the shard's own memory.
struct ShardPass<S: Real> {
    let plan: Plan<S>
    let layout: ScratchLayout
    /// P numbers.
    let parameters: UnsafePointer<S>
    /// This shard's memory, laid out as `layout`.
    let scratch: UnsafeMutablePointer<S>
    let inputs: UnsafePointer<S>
    /// How many samples.
    let rows: Int

    /// What layer `index` reads: (rows, i).
    @inline(__always)
    func inputs(ofLayer index: Int) -> UnsafePointer<S> {
        index == 0 ? inputs : UnsafePointer(activations(ofLayer: index - 1))
    }

    /// z of layer `index`: (rows, u).
    @inline(__always)
    func preActivations(ofLayer index: Int) -> UnsafeMutablePointer<S> {
        scratch + layout.activations + rows &* plan.operations[index].kept.z
    }

    /// a of layer `index`: (rows, u).
    @inline(__always)
    func activations(ofLayer index: Int) -> UnsafeMutablePointer<S> {
        scratch + layout.activations + rows &* plan.operations[index].kept.a
    }

    /// The outputs, (rows, outputs); the last layer's z while its activation is left out.
    var outputs: UnsafeMutablePointer<S> { activations(ofLayer: plan.operations.count - 1) }

    /// Computes all layers' activations, the last one's unless the loss computes it along.
    ///
    /// - Parameter isFused: Whether the loss does.
    /// - Returns: Whether all pre-activations are finite. They are looked at here, because an
    ///   activation may hide infinity: σ(∞) = 1.
    func forward(leavingOutLastActivation isFused: Bool) -> Bool {
        var isFinite = true
        for index in plan.operations.indices {
            preActivate(layer: index)
            let z = preActivations(ofLayer: index)
            if !Finiteness.holds(z, count: rows &* plan.operations[index].width) {
                isFinite = false
            }
            if !(isFused && index == plan.operations.count - 1) { activate(layer: index) }
        }
        return isFinite
    }

    /// Computes z of a layer.
    func preActivate(layer index: Int) {
        switch plan.operations[index] {
        case .dense(let dense):
            dense.preActivate(
                inputs(ofLayer: index), into: preActivations(ofLayer: index), rows: rows,
                parameters: parameters, kernels: plan.kernels(ofLayer: index),
                transposed: scratch + layout.transposed)
        }
    }

    /// Computes a of a layer from its z.
    func activate(layer index: Int) {
        plan.operations[index].activation.apply(
            to: preActivations(ofLayer: index), into: activations(ofLayer: index), rows: rows,
            width: plan.operations[index].width)
    }

    /// Computes the gradients of all parameters from ∂L/∂outputs in `layout.gradients.0`.
    ///
    /// - Parameters:
    ///   - isFused: Whether it is ∂L/∂z of the last layer already, and not ∂L/∂a.
    ///   - sink: What they are given to.
    ///   - adding: Whether they are added to what `sink` has.
    ///   - inputGradients: Gets ∂L/∂inputs, (rows, i), where it is wanted.
    /// - Returns: The layer and the parameters whose gradients `sink` refused, or nil.
    func backward(
        isFused: Bool, into sink: some GradientSink<S>, adding: Bool,
        inputGradients: UnsafeMutablePointer<S>?
    ) -> (layer: Int, parameters: Range<Int>)? {
        var (delta, next) = (scratch + layout.gradients.0, scratch + layout.gradients.1)
        let last = plan.operations.count - 1
        for index in stride(from: last, through: 0, by: -1) {
            if !(isFused && index == last) {
                plan.operations[index].activation.pullBack(
                    delta, z: preActivations(ofLayer: index), a: activations(ofLayer: index),
                    rows: rows, width: plan.operations[index].width)
            }
            switch plan.operations[index] {
            case .dense(let dense):
                // Before the sink may change the parameters.
                if let target = index > 0 ? next : inputGradients {
                    dense.inputGradients(
                        of: delta, into: target, rows: rows, parameters: parameters,
                        kernels: plan.kernels(ofLayer: index))
                }
                if let refused = dense.gradients(
                    of: delta, inputs(ofLayer: index), rows: rows,
                    kernels: plan.kernels(ofLayer: index), adding: adding, into: sink)
                {
                    return (index, refused)
                }
            }
            swap(&delta, &next)
        }
        return nil
    }

    /// The first of the layers' tensors that holds NaN or infinity: computes them again and looks.
    ///
    /// - Returns: The layer, the tensor and the row, or nil when all are finite.
    func firstNonFinite() -> (layer: Int, tensor: LayerTensor, row: Int)? {
        for index in plan.operations.indices {
            let width = plan.operations[index].width
            preActivate(layer: index)
            if let place = Finiteness.firstFailure(
                preActivations(ofLayer: index), count: rows * width)
            {
                return (index, .preActivations, place / width)
            }
            activate(layer: index)
            if let place = Finiteness.firstFailure(activations(ofLayer: index), count: rows * width)
            {
                return (index, .activations, place / width)
            }
        }
        return nil
    }
}
