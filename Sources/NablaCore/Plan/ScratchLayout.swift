/// Where a shard's intermediate numbers lie in its part of the scratch memory; n is the rows of a
/// block.
struct ScratchLayout {
    /// Gathered inputs: (n, i).
    let inputs: Int
    /// Gathered targets: (n, target width).
    let targets: Int
    /// Gathered weights: (n).
    let weights: Int
    /// The layers' z and a, where each layer's plan says.
    let activations: Int
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
        activations = reserve(rows * plan.keptWidth)
        gradients = (reserve(rows * plan.maximumWidth), reserve(rows * plan.maximumWidth))
        transposed = reserve(plan.transposedCount)
        losses = reserve(rows)
        stride = end
    }
}
