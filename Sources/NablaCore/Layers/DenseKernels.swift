/// Samples that a compiled product takes at once.
enum Tile {
    /// How many.
    ///
    /// Larger tiles are up to 4 % faster, but each number of samples would want kernels of its own.
    static var rows: Int { 32 }
}

/// The products of a dense layer over tiles of samples, compiled for its size; nil where OpenBLAS is
/// faster, or must do.
///
/// Letters as in `Plan`; t is `Tile.rows`.
struct DenseKernels<S: Real>: Sendable {
    /// The most weights.
    ///
    /// Beyond, they leave the caches between tiles, and OpenBLAS, which cuts its factors into blocks,
    /// is faster.
    static var mostWeights: Int { 1 << 19 }

    /// The products over weights in panels, in place of all others; nil where they lie in rows.
    let panels: PanelKernels<S>?
    /// zᵀ (u, t) = W (u, i) · xᵀ (i, t).
    let preActivations: ProductKernel<S>?
    /// How many numbers xᵀ and zᵀ of a tile are; 0 where they aren't needed.
    let transposedCount: Int
    /// ∂L/∂W (u, i) = δᵀ · x, with δ (t, u) and x (t, i).
    let weightGradients: WeightGradientKernels<S>?
    /// ∂L/∂x (t, i) = δ (t, u) · W (u, i).
    let inputGradients: ProductKernel<S>?

    /// Compiles the kernels of a layer that sees up to `rows` samples at once; nil for less than a
    /// tile, and for a layer that is too large.
    init?(inputs: Int, units: Int, rows: Int) {
        let tile = Tile.rows
        guard S.compilesProducts, rows >= tile, inputs * units <= DenseKernels.mostWeights else {
            return nil
        }
        // A tile's vectors run along the inputs, so that few of them leave vectors nearly empty; few
        // units don't pay for transposing x.
        let servesForward = units >= 8 && inputs >= 8
        let servesBackward = inputs >= 16
        panels = nil
        preActivations =
            servesForward
            ? ProductKernel(MatrixProduct(m: units, n: tile, k: inputs)) : nil
        weightGradients =
            servesBackward ? WeightGradientKernels(inputs: inputs, units: units, rows: rows) : nil
        inputGradients =
            servesBackward
            ? ProductKernel(MatrixProduct(m: tile, n: inputs, k: units)) : nil
        transposedCount = preActivations == nil ? 0 : tile * (inputs + units)
    }

    /// Makes the kernels of a layer whose weights lie in panels.
    init(panels: PanelKernels<S>) {
        self.panels = panels
        (preActivations, weightGradients, inputGradients) = (nil, nil, nil)
        transposedCount = 0
    }
}

/// The kernels of ∂L/∂W = δᵀ · x, over the units of a layer in groups.
///
/// A group's gradients stay in the innermost cache until the optimizer has read them. With many
/// samples x is too large to be read once for each group: there is one group then.
struct WeightGradientKernels<S: Real>: Sendable {
    /// One group over one tile of samples: written, or added to what is there.
    struct Pair: Sendable {
        let writing: ProductKernel<S>
        let adding: ProductKernel<S>

        /// Compiles them; δ has rows of `stride`.
        fileprivate init?(_ size: MatrixProduct, stride: Int) {
            var form = ProductForm(transposes: true, strideA: stride)
            guard let writing = ProductKernel<S>(size, form) else { return nil }
            form.adds = true
            guard let adding = ProductKernel<S>(size, form) else { return nil }
            self.writing = writing
            self.adding = adding
        }
    }

    /// The most bytes of a group: the size of an innermost cache.
    private static var groupSize: Int { 1 << 15 }
    /// The most samples for which there are groups.
    private static var mostRows: Int { 64 }

    /// Units of a group; the last may have fewer.
    let group: Int
    let whole: Pair
    let last: Pair

    /// Compiles the kernels, or gives nil where one of them can't be.
    fileprivate init?(inputs: Int, units: Int, rows: Int) {
        let bytes = units * inputs * MemoryLayout<S>.stride
        let groups =
            rows > WeightGradientKernels.mostRows
            ? 1 : (bytes + WeightGradientKernels.groupSize - 1) / WeightGradientKernels.groupSize
        group = (units + groups - 1) / groups
        func pair(_ count: Int) -> Pair? {
            Pair(MatrixProduct(m: count, n: inputs, k: Tile.rows), stride: units)
        }
        guard let whole = pair(group), let last = pair((units - 1) % group + 1) else { return nil }
        self.whole = whole
        self.last = last
    }
}
