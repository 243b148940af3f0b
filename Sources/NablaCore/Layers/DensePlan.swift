import NablaNetworks

/// A dense layer compiled: z = x·Wᵀ + b with x (n, i), W (u, i), b (u) and z (n, u).
struct DensePlan: Sendable {
    /// i.
    let inputs: Int
    /// u.
    let units: Int

    /// z = x·Wᵀ + b for `rows` samples, with room for `DenseKernels.transposedCount` numbers.
    ///
    /// A layer with weights in panels reads x from `batch`, as each thread of a team has them.
    func preActivate<S: Real>(
        _ x: UnsafePointer<S>, into z: UnsafeMutablePointer<S>, rows: Int,
        weights w: UnsafePointer<S>, bias b: UnsafePointer<S>?, kernels: DenseKernels<S>?,
        transposed: UnsafeMutablePointer<S>, _ batch: BatchInputs<S>
    ) {
        if let panels = kernels?.panels {
            return PanelPreActivation(
                kernels: panels, inputs: batch, z: z, rows: rows, weights: w, bias: b
            ).run(parts: panels.panels.count, batch.team)
        }
        let rest = inTiles(of: rows, kernels?.preActivations) { row, kernel in
            let zTransposed = transposed + Tile.rows &* inputs
            S.transpose(
                x + row &* inputs, rows: Tile.rows, columns: inputs,
                into: transposed, stride: Tile.rows)
            kernel(w, transposed, into: zTransposed)
            S.transpose(
                zTransposed, rows: units, columns: Tile.rows, into: z + row &* units,
                stride: units)
        }
        if !rest.isEmpty {
            MatrixProduct(m: rest.count, n: units, k: inputs).rowsByRows(
                x + rest.lowerBound &* inputs, w, into: z + rest.lowerBound &* units)
        }
        guard let b else { return }
        for row in 0..<rows {
            let target = z + row &* units
            for unit in 0..<units { target[unit] += b[unit] }
        }
    }

    /// ∂L/∂W = δᵀ·x and ∂L/∂b = Σₙ δ, for δ = ∂L/∂z (n, u), part after part of the flat buffer.
    ///
    /// - Parameters:
    ///   - delta: δ.
    ///   - x: (n, i).
    ///   - rows: n.
    ///   - parameters: Where W and b lie.
    ///   - kernels: The layer's kernels, if it has any.
    ///   - sink: Where parts go, and what is done with each.
    ///   - weightRows: Where ∂L/∂W goes instead, row by row, where W lies in panels; nil for the sink.
    ///   - batch: x, where the weights lie in panels, as each thread of a team has it.
    /// - Returns: The parameters whose gradients `sink` refused, or nil.
    /// - Source: Rumelhart et al. 1986.
    @inline(__always)
    func gradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, rows: Int, parameters: ParameterPlan,
        kernels: DenseKernels<S>?, into sink: some GradientSink<S>,
        weightRows: UnsafeMutablePointer<S>?, _ batch: BatchInputs<S>
    ) -> Range<Int>? {
        let isTaken =
            if let panels = kernels?.panels {
                panelGradients(
                    of: delta, batch, rows: rows, offset: parameters.offset, kernels: panels,
                    into: sink, weightRows: weightRows)
            } else {
                rowGradients(
                    of: delta, x, rows: rows, offset: parameters.offset,
                    kernels: kernels?.weightGradients, into: sink)
            }
        guard isTaken else { return parameters.weights }
        let bias = parameters.bias
        guard !bias.isEmpty else { return nil }
        let b = sink.memory(for: bias)
        b.update(repeating: 0, count: units)
        for row in 0..<rows { _ = S.add(delta + row &* units, to: b, count: units) }
        return sink.take(bias) ? nil : bias
    }

    /// ∂L/∂W, and false where the sink refused some.
    @inline(__always)
    private func rowGradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, rows: Int, offset: Int,
        kernels: WeightGradientKernels<S>?, into sink: some GradientSink<S>
    ) -> Bool {
        let group = kernels?.group ?? units
        var unit = 0
        while unit < units {
            let count = min(group, units &- unit)
            let start = offset &+ unit &* inputs
            let part = start..<start &+ count &* inputs
            weightGradients(
                of: delta, x, rows: rows, units: unit..<unit &+ count,
                kernels: kernels, into: sink.memory(for: part))
            if !sink.take(part) { return false }
            unit &+= count
        }
        return true
    }

    /// ∂L/∂W of some units, or of all where there are no kernels.
    @inline(__always)
    private func weightGradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, rows: Int, units group: Range<Int>,
        kernels: WeightGradientKernels<S>?, into target: UnsafeMutablePointer<S>
    ) {
        let first = delta + group.lowerBound
        let rest = inTiles(of: rows, kernels) { row, kernels in
            let pair = group.count == kernels.group ? kernels.whole : kernels.last
            let kernel = row > 0 ? pair.adding : pair.writing
            kernel(first + row &* units, x + row &* inputs, into: target)
        }
        guard !rest.isEmpty else { return }
        MatrixProduct(m: group.count, n: inputs, k: rest.count).columnsByColumns(
            first + rest.lowerBound &* units, stride: units, x + rest.lowerBound &* inputs,
            into: target, adding: rest.lowerBound > 0)
    }

    /// ∂L/∂x = δ·W, (n, i).
    func inputGradients<S: Real>(
        of delta: UnsafePointer<S>, into target: UnsafeMutablePointer<S>, rows: Int,
        weights w: UnsafePointer<S>, kernels: DenseKernels<S>?
    ) {
        let rest = inTiles(of: rows, kernels?.inputGradients) { row, kernel in
            kernel(delta + row &* units, w, into: target + row &* inputs)
        }
        guard !rest.isEmpty else { return }
        MatrixProduct(m: rest.count, n: inputs, k: units).rowsByColumns(
            delta + rest.lowerBound &* units, w, into: target + rest.lowerBound &* inputs)
    }

    /// Calls `body` with the first row of each whole tile, where there is a kernel for tiles.
    ///
    /// - Returns: The rows that are left.
    @inline(__always)
    private func inTiles<Kernel>(
        of rows: Int, _ kernel: Kernel?, _ body: (Int, Kernel) -> Void
    ) -> Range<Int> {
        guard let kernel else { return 0..<rows }
        var row = 0
        while row &+ Tile.rows <= rows {
            body(row, kernel)
            row &+= Tile.rows
        }
        return row..<rows
    }
}
