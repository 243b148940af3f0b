/// How a layer that reads the network's inputs keeps its weights while it is trained: in panels of
/// `units` units each, one after another, with the weights of an input side by side: (panels, i, w),
/// where w is `units`, or less in the last panel.
///
/// Products can then read samples as they lie; row-major weights would want them transposed. And a
/// panel is what a thread works on by itself, forward and back: its weights stay in that thread's
/// caches. Layers behind the first would need their weights transposed on the way back, which costs
/// what it saves.
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

    /// Writes row-major weights, (u, i), in panels, each by whom of a team will read it.
    ///
    /// - Returns: Whether their sums are finite, as those of finite numbers nearly always are.
    @discardableResult
    func arrange<S: Real>(
        _ rows: UnsafePointer<S>, into panels: UnsafeMutablePointer<S>, _ team: Team?
    ) -> Bool {
        allAreTaken(of: count) { refusals in
            PanelArrangement(panels: self, rows: rows, target: panels, refusals: refusals)
                .run(parts: count, team)
        }
    }

    /// Brings weights that lie row by row into panels, where they are.
    func arrange<S: Real>(_ weights: UnsafeMutablePointer<S>, _ team: Team?) {
        [S](UnsafeBufferPointer(start: weights, count: inputs * units)).withUnsafeBufferPointer {
            if let rows = $0.baseAddress { arrange(rows, into: weights, team) }
        }
    }

    /// Writes weights that lie in panels, or their gradients, row by row, (u, i).
    func rows<S: Real>(of panels: some Sequence<S>) -> [S] {
        panels.withContiguousStorageIfAvailable { panels in
            Array(unsafeUninitializedCapacity: panels.count) { rows, count in
                guard let panels = panels.baseAddress, let rows = rows.baseAddress else { return }
                for panel in 0..<self.count {
                    let units = units(of: panel)
                    S.transpose(
                        panels + units.lowerBound * inputs, rows: inputs, columns: units.count,
                        into: rows + units.lowerBound * inputs, stride: inputs)
                }
                count = inputs * self.units
            }
        } ?? rows(of: Array(panels))
    }
}

/// Writes row-major weights in panels, a part each.
private struct PanelArrangement<S: Real>: PartedWork {
    let panels: DensePanels
    /// (u, i).
    let rows: UnsafePointer<S>
    let target: UnsafeMutablePointer<S>
    /// Set where a panel's sum isn't finite.
    let refusals: UnsafeMutablePointer<Bool>

    func run(part panel: Int, as member: Int) {
        let units = panels.units(of: panel)
        let sum = S.transpose(
            rows + units.lowerBound * panels.inputs, rows: units.count, columns: panels.inputs,
            into: target + units.lowerBound * panels.inputs, stride: units.count)
        if !sum.isFinite { refusals[panel] = true }
    }
}

/// The products of a layer with weights in panels, compiled for its size: i inputs and u units.
struct PanelKernels<S: Real>: Sendable {
    /// The products of one panel, w units wide, with some samples: t.
    struct Products: Sendable {
        /// z (t, w) + x (t, i) · W (i, w), with z's rows u apart.
        let preActivations: ProductKernel<S>
        /// ∂L/∂W (g, w) = xᵀ · δ of a group of g inputs, with x (t, i) and δ (t, u).
        let weightGradients: ProductKernel<S>
        /// ∂L/∂W + xᵀ · δ, likewise.
        let addedWeightGradients: ProductKernel<S>
        /// Both for the last group, which may have fewer inputs.
        let lastWeightGradients: ProductKernel<S>
        let lastAddedWeightGradients: ProductKernel<S>

        fileprivate init?(_ panels: DensePanels, width: Int, group: Int, rows: Int) {
            let (inputs, units) = (panels.inputs, panels.units)
            let back = ProductForm(transposes: true, strideA: inputs, strideB: units)
            var adding = back
            adding.adds = true
            let whole = MatrixProduct(m: group, n: width, k: rows)
            let last = MatrixProduct(m: (inputs - 1) % group + 1, n: width, k: rows)
            guard
                let forward = ProductKernel<S>(
                    MatrixProduct(m: rows, n: width, k: inputs),
                    ProductForm(adds: true, strideC: units)),
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

    /// A panel's products with the numbers of samples that a block is cut into.
    struct Widths: Sendable {
        /// Nil where no block is as long.
        private let many: Products?
        private let some: Products
        private let few: Products
        private let one: Products

        /// Samples that are taken at once where there are as many: a group's gradients are read and
        /// written that much less often.
        private static var manyRows: Int { 128 }
        private static var fewRows: Int { 4 }

        fileprivate init?(_ panels: DensePanels, width: Int, group: Int, rows: Int) {
            func products(_ rows: Int) -> Products? {
                Products(panels, width: width, group: group, rows: rows)
            }
            guard let some = products(Tile.rows), let few = products(Widths.fewRows),
                let one = products(1)
            else { return nil }
            many = rows < Widths.manyRows ? nil : products(Widths.manyRows)
            (self.some, self.few, self.one) = (some, few, one)
        }

        /// Calls `body` with tile after tile of `rows` samples: where it begins, and its products.
        @inline(__always)
        func inTiles(of rows: Int, _ body: (Int, Products) -> Void) {
            var row = 0
            func run(_ products: Products, rows tile: Int) {
                while row &+ tile <= rows {
                    body(row, products)
                    row &+= tile
                }
            }
            if let many { run(many, rows: Widths.manyRows) }
            run(some, rows: Tile.rows)
            run(few, rows: Widths.fewRows)
            run(one, rows: 1)
        }
    }

    /// The fewest samples of a pass for which they are compiled.
    static var fewestRows: Int { 4 }
    /// The most bytes of a group's gradients: the size of an innermost cache, in which they stay while
    /// tiles are added to them and until the optimizer has read them.
    private static var groupSize: Int { 1 << 15 }

    let panels: DensePanels
    /// Inputs of a group.
    let group: Int
    private let whole: Widths
    private let last: Widths

    /// Compiles the products of a layer that sees up to `rows` samples at once; nil where a layer is
    /// too small or too large for it, and where they can't be compiled.
    init?(inputs: Int, units: Int, rows: Int) {
        let panels = DensePanels(inputs: inputs, units: units)
        guard S.compilesProducts, inputs >= 16, units >= 16, panels.count <= Team.mostParts,
            inputs * units <= DenseKernels<S>.mostWeights
        else { return nil }
        let bytes = inputs * DensePanels.units * MemoryLayout<S>.stride
        let groups = (bytes + PanelKernels.groupSize - 1) / PanelKernels.groupSize
        let group = (inputs + groups - 1) / groups
        let lastWidth = panels.units(of: panels.count - 1).count
        guard let whole = Widths(panels, width: DensePanels.units, group: group, rows: rows),
            let last = Widths(panels, width: lastWidth, group: group, rows: rows)
        else { return nil }
        (self.panels, self.group, self.whole, self.last) = (panels, group, whole, last)
    }

    /// The products of a panel.
    @inline(__always)
    func products(of panel: Int) -> Widths { panel == panels.count &- 1 ? last : whole }
}
