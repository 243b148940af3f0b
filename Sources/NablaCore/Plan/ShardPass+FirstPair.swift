extension ShardPass {
    /// Computes z and a of the first layer and z of the second, with a NaN where a number of the
    /// first isn't finite.
    func preActivateBoth(_ pair: UnsafePointer<FirstPair<S>>) {
        let forward = forward(pair)
        forward.run(parts: pair.pointee.count, inputs.team)
        inputs.complete()
        forward.sum(into: preActivations(of: plan.layers[1]))
    }

    /// Computes z of one of the two layers.
    func preActivate(_ pair: UnsafePointer<FirstPair<S>>, _ index: Int) {
        let forward = forward(pair)
        for panel in 0..<pair.pointee.count {
            if index == 0 { forward.preActivate(panel, as: 0) } else { forward.add(panel) }
        }
        if index == 1 { forward.sum(into: preActivations(of: plan.layers[1])) }
    }

    private func forward(_ pair: UnsafePointer<FirstPair<S>>) -> PairForward<S> {
        let first = plan.layers[0]
        return PairForward(
            pair: pair, inputs: inputs, rows: rows, parameters: parameters,
            z: preActivations(of: first), a: activations(of: first), parts: scratch + layout.parts)
    }

    /// Gives the sink the gradients of both layers' parameters for δ of the second.
    ///
    /// - Returns: The layer and the parameters whose gradients it refused, or nil.
    func giveGradients(
        of pair: UnsafePointer<FirstPair<S>>, into sink: some GradientSink<S>
    ) -> (layer: Int, parameters: Range<Int>)? {
        let (first, second) = (plan.layers[0], plan.layers[1])
        for (index, layer) in [first, second].enumerated() {
            guard let wanted, !wanted[index], layer.parameters.count > 0 else { continue }
            sink.memory(for: layer.parameters.weights)
                .update(repeating: 0, count: layer.parameters.count)
        }
        let isWanted = (wanted.map { $0[0] } ?? true, wanted.map { $0[1] } ?? true)
        let count = pair.pointee.count
        return withUnsafeTemporaryAllocation(of: PairRefusals.self, capacity: count) { refusals in
            refusals.initialize(repeating: [])
            guard let each = refusals.baseAddress else { return nil }
            PairGradients(
                pair: pair, inputs: inputs, rows: rows, parameters: parameters,
                z: preActivations(of: first), a: activations(of: first),
                delta: gradients(of: first), secondDelta: gradients(of: second),
                isWanted: isWanted, sink: sink, refusals: each
            ).run(parts: count, inputs.team)
            let refused = refusals.reduce(PairRefusals()) { $0.union($1) }
            if refused.contains(.secondWeights) { return (1, second.parameters.weights) }
            if refused.contains(.secondBias) { return (1, second.parameters.bias) }
            if refused.contains(.weights) { return (0, first.parameters.weights) }
            if refused.contains(.bias) { return (0, first.parameters.bias) }
            return nil
        }
    }

    /// The sample that has one of the numbers of a layer's activations.
    func row(of place: Int, _ layer: LayerPlan, _ index: Int) -> Int {
        guard index == 0, let pair = plan.pair else { return place / layer.width }
        return pair.pointee.first.row(of: place, rows: rows)
    }

    /// Copies a layer's activations, (n, u).
    func copyActivations(
        of layer: LayerPlan, _ index: Int, into target: UnsafeMutablePointer<S>
    ) {
        let source = activations(of: layer)
        guard index == 0, let pair = plan.pair else {
            return target.update(from: source, count: rows &* layer.width)
        }
        for panel in 0..<pair.pointee.count {
            let units = pair.pointee.first.panels.units(of: panel)
            for row in 0..<rows {
                let start = rows &* units.lowerBound &+ row &* units.count
                (target + (row &* layer.width &+ units.lowerBound))
                    .update(from: source + start, count: units.count)
            }
        }
    }
}
