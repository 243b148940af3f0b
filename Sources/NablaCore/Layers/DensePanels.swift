/// How a layer that reads the network's inputs keeps its weights while it is trained: in panels of
/// `units` units each, one after another, with the weights of an input side by side: (panels, i, w),
/// where w is `units`, or less in the last panel.
///
/// Products can then read samples as they lie; row-major weights would want them transposed. And a
/// panel is what a thread works on by itself, forward and back: its weights stay in that thread's
/// caches. Layers behind the first would need their weights transposed on the way back, which costs
/// what it saves, but for a second one of few units; see `FirstPair`.
struct DensePanels {
    /// Units of a panel: two vectors of the widest kind in float32.
    static var units: Int { 32 }

    let inputs: Int
    let units: Int

    /// How many panels there are.
    @inline(__always)
    var count: Int { (units &+ DensePanels.units &- 1) / DensePanels.units }

    /// The units of a panel.
    @inline(__always)
    func units(of panel: Int) -> Range<Int> {
        let first = panel &* DensePanels.units
        return first..<min(first &+ DensePanels.units, units)
    }

    /// Writes row-major weights, (u, i), in panels.
    func arrange<S: Real>(_ rows: UnsafePointer<S>, into panels: UnsafeMutablePointer<S>) {
        for panel in 0..<count {
            let units = units(of: panel)
            Transposition.transpose(
                rows + units.lowerBound * inputs, rows: units.count, columns: inputs,
                into: panels + units.lowerBound * inputs)
        }
    }

    /// Writes weights that lie in panels, or their gradients, row by row, (u, i).
    func rows<S: Real>(of panels: some Sequence<S>) -> [S] {
        panels.withContiguousStorageIfAvailable { panels in
            Array(unsafeUninitializedCapacity: panels.count) { rows, count in
                guard let panels = panels.baseAddress, let rows = rows.baseAddress else { return }
                for panel in 0..<self.count {
                    let units = units(of: panel)
                    Transposition.transpose(
                        panels + units.lowerBound * inputs, rows: inputs, columns: units.count,
                        into: rows + units.lowerBound * inputs)
                }
                count = inputs * self.units
            }
        } ?? rows(of: Array(panels))
    }
}

/// The products of a layer with weights in panels, compiled for its size: i inputs and u units.
struct PanelKernels<S: Real>: Sendable {
    /// The products of one panel, w units wide, with some samples: t.
    struct Products: Sendable {
        /// z (t, w) + x (t, i) · W (i, w), with z's rows as far apart as the panel's place says.
        let preActivations: ProductKernel<S>
        /// ∂L/∂W (g, w) = xᵀ · δ of a group of g inputs, with x (t, i) and δ (t, w), likewise.
        let weightGradients: ProductKernel<S>
        /// ∂L/∂W + xᵀ · δ, likewise.
        let addedWeightGradients: ProductKernel<S>
        /// Both for the last group, which may have fewer inputs.
        let lastWeightGradients: ProductKernel<S>
        let lastAddedWeightGradients: ProductKernel<S>

        fileprivate init?(
            _ panels: DensePanels, width: Int, group: Int, rows: Int, stride: Int
        ) {
            let inputs = panels.inputs
            let back = ProductForm(transposes: true, strideA: inputs, strideB: stride)
            var adding = back
            adding.adds = true
            let whole = MatrixProduct(m: group, n: width, k: rows)
            let last = MatrixProduct(m: (inputs - 1) % group + 1, n: width, k: rows)
            guard
                let forward = ProductKernel<S>(
                    MatrixProduct(m: rows, n: width, k: inputs),
                    ProductForm(adds: true, strideC: stride)),
                let written = ProductKernel<S>(whole, back),
                let added = ProductKernel<S>(whole, adding),
                let lastWritten = ProductKernel<S>(last, back),
                let lastAdded = ProductKernel<S>(last, adding)
            else { return nil }
            preActivations = forward
            (weightGradients, addedWeightGradients) = (written, added)
            (lastWeightGradients, lastAddedWeightGradients) = (lastWritten, lastAdded)
        }
    }

    /// The fewest samples of a pass for which they are compiled.
    static var fewestRows: Int { 4 }
    /// The most bytes of a group's gradients: the size of an innermost cache, in which they stay while
    /// tiles are added to them and until the optimizer has read them.
    private static var groupSize: Int { 1 << 15 }

    let panels: DensePanels
    /// Whether what a panel computes of the samples lies by itself: (panels, n, w), and not (n, u).
    let liesApart: Bool
    /// Inputs of a group.
    let group: Int
    private let whole: Tiles<Products>
    private let last: Tiles<Products>

    /// Compiles the products of a layer that sees up to `rows` samples at once; nil where a layer is
    /// too small or too large for it, and where they can't be compiled.
    init?(inputs: Int, units: Int, rows: Int, liesApart: Bool) {
        let panels = DensePanels(inputs: inputs, units: units)
        guard S.compilesProducts, inputs >= 16, units >= 16, panels.count <= Team.mostParts,
            inputs * units <= DenseKernels<S>.mostWeights
        else { return nil }
        let bytes = inputs * DensePanels.units * MemoryLayout<S>.stride
        let groups = (bytes + PanelKernels.groupSize - 1) / PanelKernels.groupSize
        let group = (inputs + groups - 1) / groups
        let lastWidth = panels.units(of: panels.count - 1).count
        func tiles(_ width: Int) -> Tiles<Products>? {
            Tiles(of: rows) { rows in
                Products(
                    panels, width: width, group: group, rows: rows,
                    stride: liesApart ? width : units)
            }
        }
        guard let whole = tiles(DensePanels.units), let last = tiles(lastWidth) else { return nil }
        (self.panels, self.group, self.whole, self.last) = (panels, group, whole, last)
        self.liesApart = liesApart
    }

    /// Where the numbers begin that a panel has of `rows` samples, and how far its rows are apart.
    @inline(__always)
    func place(of panel: Int, rows: Int) -> (start: Int, stride: Int) {
        let units = panels.units(of: panel)
        return liesApart
            ? (rows &* units.lowerBound, units.count) : (units.lowerBound, panels.units)
    }

    /// The sample that has one of the (panels, n, w) numbers that lie apart.
    func row(of place: Int, rows: Int) -> Int {
        let panel = place / (rows * DensePanels.units)
        return place % (rows * DensePanels.units) / panels.units(of: panel).count
    }

    /// The products of a panel.
    @inline(__always)
    func products(of panel: Int) -> Tiles<Products> { panel == panels.count &- 1 ? last : whole }
}
