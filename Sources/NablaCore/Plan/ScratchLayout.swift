/// Where a shard's intermediate numbers lie in its part of the scratch memory; n is the rows of a
/// block.
struct ScratchLayout {
    /// Gathered inputs: (n, i).
    let inputs: Int
    /// Gathered targets: (n, target width).
    let targets: Int
    /// Gathered weights: (n).
    let weights: Int
    /// For each layer, where z and a lie: (n, u) each; the same place where z needn't be kept.
    let layers: [(z: Int, a: Int)]
    /// Two gradients with respect to a layer's activations, taken in turn: (n, largest u) each.
    let gradients: (Int, Int)
    /// Transposed tiles, as much as the layer needs that needs most.
    let transposed: Int
    /// The samples' losses: (n).
    let losses: Int
    /// How many numbers a shard's part has.
    let stride: Int

    /// Lays out the memory for blocks of `rows`.
    init<S: Real>(_ plan: Plan<S>, rows: Int, targetWidth: Int, gathers: Bool) {
        var end = 0
        func reserve(_ count: Int) -> Int {
            defer { end += (count + 15) / 16 * 16 }  // whole cache lines
            return end
        }
        inputs = reserve(gathers ? rows * plan.inputWidth : 0)
        targets = reserve(gathers ? rows * targetWidth : 0)
        weights = reserve(gathers ? rows : 0)
        layers = plan.operations.indices.map { index in
            let size = rows * plan.widths[index]
            let z = reserve(size)
            return (z, plan.operations[index].keepsPreActivations ? reserve(size) : z)
        }
        let widest = rows * (plan.widths.max() ?? 0)
        gradients = (reserve(widest), reserve(widest))
        transposed = reserve(plan.transposedCount)
        losses = reserve(rows)
        stride = end
    }
}
