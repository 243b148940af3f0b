/// z = x·Wᵀ + b over weights in panels; see `DensePanels`.
struct PanelPreActivation<S: Real>: PartedWork {
    let kernels: PanelKernels<S>
    /// x: (n, i).
    let inputs: BatchInputs<S>
    /// (n, u), written.
    let z: UnsafeMutablePointer<S>
    /// n.
    let rows: Int
    let weights: UnsafePointer<S>
    let bias: UnsafePointer<S>?

    func run(part panel: Int, as member: Int) {
        let panels = kernels.panels
        let units = panels.units(of: panel)
        let x = inputs.rows(for: member)
        let (z, w) = (z + units.lowerBound, weights + units.lowerBound &* panels.inputs)
        for row in 0..<rows {
            let target = z + row &* panels.units
            if let bias {
                target.update(from: bias + units.lowerBound, count: units.count)
            } else {
                target.update(repeating: 0, count: units.count)
            }
        }
        kernels.products(of: panel).inTiles(of: rows) { row, products in
            products.preActivations(
                x + row &* panels.inputs, w, into: z + row &* panels.units)
        }
    }
}

/// ∂L/∂W = δᵀ·x over weights in panels, given to a sink group after group.
struct PanelGradients<S: Real, Sink: GradientSink<S>>: PartedWork {
    let kernels: PanelKernels<S>
    /// δ = ∂L/∂z: (n, u).
    let delta: UnsafePointer<S>
    /// x: (n, i).
    let inputs: BatchInputs<S>
    /// n.
    let rows: Int
    /// Where W begins in the flat buffer.
    let offset: Int
    let sink: Sink
    /// Set where the sink refused a group.
    let refusals: UnsafeMutablePointer<Bool>

    func run(part panel: Int, as member: Int) {
        let (panels, group) = (kernels.panels, kernels.group)
        let x = inputs.rows(for: member)
        let units = panels.units(of: panel)
        let products = kernels.products(of: panel)
        let start = offset &+ units.lowerBound &* panels.inputs
        let sink = sink.apart(from: start)
        var input = 0
        while input < panels.inputs {
            let count = min(group, panels.inputs &- input)
            let first = start &+ input &* units.count
            let part = first..<first &+ count &* units.count
            let target = sink.memory(for: part)
            products.inTiles(of: rows) { row, products in
                let kernel =
                    switch (count == group, row > 0) {
                    case (true, false): products.weightGradients
                    case (true, true): products.addedWeightGradients
                    case (false, false): products.lastWeightGradients
                    case (false, true): products.lastAddedWeightGradients
                    }
                kernel(
                    x + (row &* panels.inputs &+ input),
                    delta + (row &* panels.units &+ units.lowerBound), into: target)
            }
            if !sink.take(part) { refusals[panel] = true }
            input &+= count
        }
    }
}

extension DensePlan {
    /// ∂L/∂W over weights in panels, and false where the sink refused some.
    @inline(__always)
    func panelGradients<S: Real>(
        of delta: UnsafePointer<S>, _ inputs: BatchInputs<S>, rows: Int, offset: Int,
        kernels: PanelKernels<S>, into sink: some GradientSink<S>
    ) -> Bool {
        let count = kernels.panels.count
        return withUnsafeTemporaryAllocation(of: Bool.self, capacity: count) { refusals in
            refusals.initialize(repeating: false)
            guard let first = refusals.baseAddress else { return false }
            PanelGradients(
                kernels: kernels, delta: delta, inputs: inputs, rows: rows, offset: offset,
                sink: sink, refusals: first
            ).run(parts: count, inputs.team)
            return !refusals.contains(true)
        }
    }
}
