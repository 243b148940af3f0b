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
    let inputs: UnsafePointer<S>
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
            ? inputs : UnsafePointer(activations(of: plan.layers[source.layer]))
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
                kernels: plan.kernels(ofLayer: index), transposed: scratch + layout.work)
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

    /// Computes the gradients of all parameters from ∂L/∂outputs in `outputGradients`.
    ///
    /// - Parameters:
    ///   - isFused: Whether it is ∂L/∂z of the last layer already, and not ∂L/∂a.
    ///   - sink: What they are given to.
    ///   - inputGradients: Gets ∂L/∂inputs, (rows, i), where it is wanted.
    /// - Returns: The layer and the parameters whose gradients `sink` refused, or nil.
    func backward(
        isFused: Bool, into sink: some GradientSink<S>,
        inputGradients: UnsafeMutablePointer<S>?
    ) -> (layer: Int, parameters: Range<Int>)? {
        if isSmallChain(isFused: isFused) {
            return backwardSmallChain(
                isFused: isFused, into: sink, inputGradients: inputGradients)
        }
        let last = plan.layers.count - 1
        for index in stride(from: last, through: 0, by: -1) {
            let layer = plan.layers[index]
            let delta = gradients(of: layer)
            if !(isFused && index == last) {
                layer.activation.pullBack(
                    delta, z: preActivations(of: layer), a: activations(of: layer),
                    rows: rows &* layer.activationRows, width: layer.activationWidth)
            }
            // Before the sink may change the parameters.
            giveInputGradients(of: delta, layer, index, inputGradients)
            if let refused = giveGradients(of: delta, layer, index, into: sink) {
                return (index, refused)
            }
        }
        return nil
    }

    /// Gives the sink the gradients of a layer's parameters for δ = ∂L/∂z.
    ///
    /// - Returns: The parameters whose gradients it refused, or nil.
    @inline(__always)
    private func giveGradients(
        of delta: UnsafePointer<S>, _ layer: LayerPlan, _ index: Int,
        into sink: some GradientSink<S>
    ) -> Range<Int>? {
        if let wanted, !wanted[index] {
            if layer.parameters.count > 0 {
                sink.memory(for: layer.parameters.weights)
                    .update(repeating: 0, count: layer.parameters.count)
            }
            return nil
        }
        let x = numbers(of: layer.source)
        switch layer.kind {
        case .dense(let dense):
            return dense.gradients(
                of: delta, x, rows: rows, parameters: layer.parameters,
                kernels: plan.kernels(ofLayer: index), into: sink)
        case .convolution(let place):
            return plan.convolutions[place].gradients(
                of: delta, x, rows: rows, parameters: layer.parameters,
                work: scratch + layout.work, into: sink)
        case .embedding(let embedding):
            return embedding.gradients(
                of: delta, x, rows: rows, parameters: layer.parameters, into: sink)
        case .batchNormalization(let normalization):
            return normalization.gradients(
                of: delta, x, rows: rows, parameters: layer.parameters,
                found: found(by: normalization), into: sink)
        case .layerNormalization(let normalization):
            return normalization.gradients(
                of: delta, x, kept: kept(of: layer), rows: rows, parameters: layer.parameters,
                into: sink)
        case .dropout, .pooling, .identity, .merge: return nil
        }
    }

    /// Gives what a layer reads its part of the gradient for δ = ∂L/∂z.
    @inline(__always)
    private func giveInputGradients(
        of delta: UnsafeMutablePointer<S>, _ layer: LayerPlan, _ index: Int,
        _ inputGradients: UnsafeMutablePointer<S>?
    ) {
        if case .merge(let merge) = layer.kind {
            return giveInputGradients(of: delta, merge, layer, inputGradients)
        }
        give(to: layer.source, inputGradients) { target in
            let x = numbers(of: layer.source)
            switch layer.kind {
            case .dense(let dense):
                dense.inputGradients(
                    of: delta, into: target, rows: rows, weights: weights(of: layer),
                    kernels: plan.kernels(ofLayer: index))
            case .convolution(let place):
                plan.convolutions[place].inputGradients(
                    of: delta, into: target, rows: rows, weights: weights(of: layer),
                    work: scratch + layout.work)
            case .batchNormalization(let normalization):
                normalization.inputGradients(
                    of: delta, x, into: target, rows: rows, isTraining: mode.isTraining,
                    weights: weights(of: layer),
                    found: found(by: normalization))
            case .layerNormalization(let normalization):
                normalization.inputGradients(
                    of: delta, x, kept: kept(of: layer), into: target, rows: rows,
                    weights: weights(of: layer))
            case .dropout(let dropout): drop(dropout, delta, into: target, width: layer.width)
            case .pooling(let place):
                plan.poolings[place].inputGradients(of: delta, x, into: target, rows: rows)
            case .embedding:
                // A token is a name: it has no gradient.
                target.update(repeating: 0, count: rows &* width(of: layer.source))
            case .identity, .merge: target.update(from: delta, count: rows &* layer.width)
            }
        }
    }

    private func giveInputGradients(
        of delta: UnsafePointer<S>, _ merge: MergePlan, _ layer: LayerPlan,
        _ inputGradients: UnsafeMutablePointer<S>?
    ) {
        for source in merge.sources {
            let input = mergeInput(merge, source)
            give(to: plan.mergeSources[source], inputGradients) { target in
                merge.inputGradients(
                    of: delta, input, into: target, rows: rows, width: layer.width)
                guard merge.operation == .multiply else { return }
                for other in merge.sources where other != source {
                    let factors = numbers(of: plan.mergeSources[other])
                    for index in 0..<rows &* layer.width { target[index] *= factors[index] }
                }
            }
        }
    }

    /// Has `write` write the gradient with respect to what a source gives, and adds it to what other
    /// layers have left there.
    @inline(__always)
    private func give(
        to source: SourcePlan, _ inputGradients: UnsafeMutablePointer<S>?,
        _ write: (UnsafeMutablePointer<S>) -> Void
    ) {
        let place =
            source.layer < 0 ? inputGradients : gradients(of: plan.layers[source.layer])
        guard let place else { return }
        guard source.adds else { return write(place) }
        let part = scratch + layout.added
        write(part)
        for index in 0..<rows &* width(of: source) { place[index] += part[index] }
    }

    @inline(__always)
    private func width(of source: SourcePlan) -> Int {
        source.layer < 0 ? plan.inputWidth : plan.layers[source.layer].width
    }

    /// What a batch normalisation has found of the batch.
    private func found(by normalization: BatchNormalizationPlan) -> UnsafeMutablePointer<S> {
        scratch + layout.statistics + 2 * normalization.statistics
    }

    /// What a normalisation has kept of each sample.
    private func kept(of layer: LayerPlan) -> UnsafeMutablePointer<S> {
        scratch + layout.activations + rows &* layer.kept.z
    }

    private func mergeInput(_ merge: MergePlan, _ source: Int) -> MergeInput<S> {
        var offset = 0
        for earlier in merge.sources.lowerBound..<source {
            offset += width(of: plan.mergeSources[earlier])
        }
        let input = plan.mergeSources[source]
        return MergeInput(numbers: numbers(of: input), width: width(of: input), offset: offset)
    }

    private func drop(
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
