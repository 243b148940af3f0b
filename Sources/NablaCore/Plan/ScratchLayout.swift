/// Where a shard's intermediate numbers lie in its part of the scratch memory; n is the rows of a
/// block.
struct ScratchLayout {
    /// Gathered inputs: (n, i), and behind them those of the next block where they are copied ahead.
    let inputs: Int
    /// How far the two are apart.
    let inputsStride: Int
    /// Gathered targets: (n, target width).
    let targets: Int
    /// Gathered weights: (n).
    let weights: Int
    /// The layers' z and a, where each layer's plan says.
    let activations: Int
    /// The gradients with respect to layers' activations, where each layer's plan says.
    let gradients: Int
    /// A gradient that is to be added to another: (n, the most numbers one has).
    let added: Int
    /// What a layer needs beside the samples' numbers, as much as the layer that needs most.
    let work: Int
    /// What batch normalisations found of a batch, at twice where their plans say statistics are.
    let statistics: Int
    /// The samples' losses: (n).
    let losses: Int
    /// The gradients of one block, where there are several: P numbers.
    let block: Int
    /// How many numbers a shard's part has.
    let stride: Int

    /// Lays out the memory for blocks of `rows`, and where each has gradients of its own, for those.
    init<S: Real>(
        _ plan: borrowing Plan<S>, rows: Int, targetWidth: Int, gathers: Bool,
        copiesAhead: Bool = false, blockGradients: Bool = false
    ) {
        var end = 0
        func reserve(_ count: Int) -> Int {
            defer { end += (count + 15) / 16 * 16 }  // whole cache lines
            return end
        }
        inputs = reserve(gathers ? rows * plan.inputWidth : 0)
        inputsStride = end - inputs
        if copiesAhead { end += inputsStride }
        targets = reserve(gathers ? rows * targetWidth : 0)
        weights = reserve(gathers ? rows : 0)
        activations = reserve(rows * plan.sizes.kept)
        gradients = reserve(rows * plan.sizes.gradients)
        added = reserve(rows * plan.sizes.added)
        work = reserve(plan.workCount)
        statistics = reserve(2 * plan.sizes.statistics)
        losses = reserve(rows)
        block = reserve(blockGradients ? plan.parameterCount : 0)
        stride = end
    }
}
