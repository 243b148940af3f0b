extension ShardPass {
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
                kernels: plan.kernels(ofLayer: index), into: sink,
                weightRows: sink.weightRows(ofLayer: index), inputs)
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
}
