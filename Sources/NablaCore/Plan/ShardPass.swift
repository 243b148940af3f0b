/// The passes of one block of a shard: forward, loss and backward, in the shard's own memory.
struct ShardPass<S: Real> {
    let plan: Plan<S>
    let layout: ScratchLayout
    /// P numbers.
    let parameters: UnsafePointer<S>
    /// The running statistics of the batch normalisations.
    let statistics: UnsafeMutablePointer<S>
    /// This shard's memory, laid out as `layout`.
    let scratch: UnsafeMutablePointer<S>
    let inputs: BatchInputs<S>
    /// How many samples.
    let rows: Int
    /// The place of the first in the batch.
    let first: Int
    let mode: PassMode
    /// Which layers' gradients are wanted; nil for all.
    let wanted: UnsafePointer<Bool>?

    /// What a layer reads: (rows, i).
    @inline(__always)
    func numbers(of source: SourcePlan) -> UnsafePointer<S> {
        source.layer < 0
            ? inputs.rows : UnsafePointer(activations(of: plan.layers[source.layer]))
    }

    /// z of a layer: (rows, u).
    @inline(__always)
    func preActivations(of layer: LayerPlan) -> UnsafeMutablePointer<S> {
        scratch + layout.activations + rows &* layer.preActivations
    }

    /// a of a layer: (rows, u).
    @inline(__always)
    func activations(of layer: LayerPlan) -> UnsafeMutablePointer<S> {
        scratch + layout.activations + rows &* layer.kept.a
    }

    /// ∂L/∂a of a layer, which becomes ∂L/∂z on the way back: (rows, u).
    @inline(__always)
    func gradients(of layer: LayerPlan) -> UnsafeMutablePointer<S> {
        scratch + layout.gradients + rows &* layer.gradient
    }

    @inline(__always)
    func weights(of layer: LayerPlan) -> UnsafePointer<S> {
        parameters + layer.parameters.offset
    }

    @inline(__always)
    func bias(of layer: LayerPlan) -> UnsafePointer<S>? {
        layer.parameters.bias.isEmpty ? nil : parameters + layer.parameters.bias.lowerBound
    }

    /// The outputs, (rows, outputs); the last layer's z while its activation is left out.
    var outputs: UnsafeMutablePointer<S> { activations(of: plan.layers[plan.layers.count - 1]) }

    /// Where ∂L/∂outputs goes: (rows, outputs).
    var outputGradients: UnsafeMutablePointer<S> {
        gradients(of: plan.layers[plan.layers.count - 1])
    }

    /// Computes all layers' activations, the last one's unless the loss computes it along.
    ///
    /// - Parameter isFused: Whether the loss does.
    /// - Returns: Whether all pre-activations are finite. They are looked at here, because an
    ///   activation may hide infinity: σ(∞) = 1.
    func forward(leavingOutLastActivation isFused: Bool) -> Bool {
        if isSmallChain(isFused: isFused) {
            return forwardSmallChain(leavingOutLastActivation: isFused)
        }
        var isFinite = true
        for index in plan.layers.indices {
            let layer = plan.layers[index]
            preActivate(layer, index)
            if !Finiteness.holds(preActivations(of: layer), count: rows &* layer.width) {
                isFinite = false
            }
            if !(isFused && index == plan.layers.count - 1) { activate(layer) }
        }
        return isFinite
    }

    /// Computes all layers' activations, each where it is kept.
    func computeAll() {
        for index in plan.layers.indices {
            preActivate(plan.layers[index], index)
            activate(plan.layers[index])
        }
    }

    /// Computes z of a layer.
    func preActivate(_ layer: LayerPlan, _ index: Int) {
        let (x, z) = (numbers(of: layer.source), preActivations(of: layer))
        switch layer.kind {
        case .dense(let dense):
            dense.preActivate(
                x, into: z, rows: rows, weights: weights(of: layer), bias: bias(of: layer),
                kernels: plan.kernels(ofLayer: index), transposed: scratch + layout.work, inputs)
        case .convolution(let place):
            plan.convolutions[place].preActivate(
                x, into: z, rows: rows, weights: weights(of: layer), bias: bias(of: layer),
                work: scratch + layout.work)
        case .embedding(let embedding):
            embedding.forward(x, into: z, rows: rows, weights: weights(of: layer))
        case .batchNormalization(let normalization):
            let found = found(by: normalization)
            normalization.findStatistics(
                x, rows: rows, isTraining: mode.isTraining,
                running: statistics + normalization.statistics, into: found)
            normalization.forward(
                x, into: z, rows: rows, weights: weights(of: layer), bias: bias(of: layer),
                found: found)
        case .layerNormalization(let normalization):
            normalization.forward(
                x, into: z, kept: kept(of: layer), rows: rows, weights: weights(of: layer),
                bias: bias(of: layer))
        case .dropout(let dropout):
            drop(dropout, x, into: z, width: layer.width)
        case .pooling(let place): plan.poolings[place].forward(x, into: z, rows: rows)
        case .identity: z.update(from: x, count: rows &* layer.width)
        case .merge(let merge):
            for source in merge.sources {
                merge.forward(
                    mergeInput(merge, source), isFirst: source == merge.sources.lowerBound,
                    into: z, rows: rows, width: layer.width)
            }
        }
    }

    /// Computes a of a layer from its z.
    func activate(_ layer: LayerPlan) {
        layer.activation.apply(
            to: preActivations(of: layer), into: activations(of: layer),
            rows: rows &* layer.activationRows, width: layer.activationWidth)
    }

    @inline(__always)
    func width(of source: SourcePlan) -> Int {
        source.layer < 0 ? plan.inputWidth : plan.layers[source.layer].width
    }

    /// What a batch normalisation has found of the batch.
    func found(by normalization: BatchNormalizationPlan) -> UnsafeMutablePointer<S> {
        scratch + layout.statistics + 2 * normalization.statistics
    }

    /// What a normalisation has kept of each sample.
    func kept(of layer: LayerPlan) -> UnsafeMutablePointer<S> {
        scratch + layout.activations + rows &* layer.kept.z
    }

    func mergeInput(_ merge: MergePlan, _ source: Int) -> MergeInput<S> {
        var offset = 0
        for earlier in merge.sources.lowerBound..<source {
            offset += width(of: plan.mergeSources[earlier])
        }
        let input = plan.mergeSources[source]
        return MergeInput(numbers: numbers(of: input), width: width(of: input), offset: offset)
    }

    func drop(
        _ dropout: DropoutPlan, _ x: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, width: Int
    ) {
        guard mode.isTraining else { return a.update(from: x, count: rows * width) }
        dropout.apply(x, into: a, count: rows * width, first: first * width, key: mode.key)
    }

    /// The first of the layers' tensors that holds NaN or infinity: computes them again and looks.
    ///
    /// - Returns: The layer, the tensor and the row, or nil when all are finite.
    func firstNonFinite() -> (layer: Int, tensor: LayerTensor, row: Int)? {
        for index in plan.layers.indices {
            let layer = plan.layers[index]
            let count = rows * layer.width
            preActivate(layer, index)
            if let place = Finiteness.firstFailure(preActivations(of: layer), count: count) {
                return (index, .preActivations, place / layer.width)
            }
            activate(layer)
            if let place = Finiteness.firstFailure(activations(of: layer), count: count) {
                return (index, .activations, place / layer.width)
            }
        }
        return nil
    }
}
