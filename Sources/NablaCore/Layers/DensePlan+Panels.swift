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
        if inputs.areCopiedAhead && units.count == DensePanels.units {
            return inputs.copyAhead(as: member) { copies in
                S.multiplyPanel(
                    x, inputs: panels.inputs, w, into: z, units: panels.units, rows: rows,
                    making: copies)
            }
        }
        kernels.products(of: panel).inTiles(of: rows) { row, products in
            products.preActivations(
                x + row &* panels.inputs, w, into: z + row &* panels.units)
        }
    }
}

/// ∂L/∂W = δᵀ·x over weights in panels, given to a sink group after group, or written row by row.
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
    /// Where they go row by row, (u, i), once a group is computed in the sink's memory; nil for the sink.
    let weightRows: UnsafeMutablePointer<S>?
    /// Set where a group was refused.
    let refusals: UnsafeMutablePointer<Bool>

    func run(part panel: Int, as member: Int) {
        let x = inputs.rows(for: member)
        let units = kernels.panels.units(of: panel)
        let sink = sink.apart(from: offset &+ units.lowerBound &* kernels.panels.inputs)
        for first in stride(from: 0, to: kernels.panels.inputs, by: kernels.group) {
            giveGroup(of: panel, inputsFrom: first, x, sink)
        }
    }

    /// Does all parts where there is no team: a group of all panels, then the next, so that a group's
    /// inputs are read from memory once.
    func runAlone() {
        for first in stride(from: 0, to: kernels.panels.inputs, by: kernels.group) {
            for panel in 0..<kernels.panels.count {
                giveGroup(of: panel, inputsFrom: first, inputs.rows, sink)
            }
        }
    }

    /// Computes the gradients of a panel's weights for the inputs of one group, and gives them to the
    /// sink.
    @inline(__always)
    private func giveGroup(
        of panel: Int, inputsFrom first: Int, _ x: UnsafePointer<S>, _ sink: Sink
    ) {
        let (panels, group) = (kernels.panels, kernels.group)
        let units = panels.units(of: panel)
        let count = min(group, panels.inputs &- first)
        let start = offset &+ units.lowerBound &* panels.inputs
        let part = start &+ first &* units.count..<start &+ (first &+ count) &* units.count
        // Whose rows are written needs the panel no more: all its groups have the memory of the first,
        // which stays in the caches.
        let target = sink.memory(
            for: weightRows == nil ? part : start..<start &+ count &* units.count)
        kernels.products(of: panel).inTiles(of: rows) { row, products in
            let kernel =
                switch (count == group, row > 0) {
                case (true, false): products.weightGradients
                case (true, true): products.addedWeightGradients
                case (false, false): products.lastWeightGradients
                case (false, true): products.lastAddedWeightGradients
                }
            kernel(
                x + (row &* panels.inputs &+ first),
                delta + (row &* panels.units &+ units.lowerBound), into: target)
        }
        guard let weightRows else {
            if !sink.take(part) { refusals[panel] = true }
            return
        }
        let sum = S.transpose(
            target, rows: count, columns: units.count,
            into: weightRows + (units.lowerBound &* panels.inputs &+ first), stride: panels.inputs)
        // A sum is finite only of finite numbers. One that isn't may be too large, and nothing more.
        if !sum.isFinite && !Finiteness.holds(target, count: part.count) {
            refusals[panel] = true
        }
    }
}

extension DensePlan {
    /// ∂L/∂W over weights in panels, and false where the sink refused some.
    @inline(__always)
    func panelGradients<S: Real>(
        of delta: UnsafePointer<S>, _ inputs: BatchInputs<S>, rows: Int, offset: Int,
        kernels: PanelKernels<S>, into sink: some GradientSink<S>,
        weightRows: UnsafeMutablePointer<S>?
    ) -> Bool {
        let count = kernels.panels.count
        return allAreTaken(of: count) { refusals in
            let gradients = PanelGradients(
                kernels: kernels, delta: delta, inputs: inputs, rows: rows, offset: offset,
                sink: sink, weightRows: weightRows, refusals: refusals)
            if let team = inputs.team {
                gradients.run(parts: count, team)
            } else {
                gradients.runAlone()
            }
        }
    }
}
