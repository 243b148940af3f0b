public import NablaNetworks

/// Computes a network's outputs.
///
/// - Parameters:
///   - network: A network with numbers.
///   - inputs: Shape (n, inputs).
///   - dtype: What is computed in; tensors of the other type are rounded to it.
///   - workspace: Buffers that are reused.
///   - shards: How shards of 256 samples and more are run.
///   - isCancelled: Asked now and then on the calling thread.
/// - Returns: The last layer's activations, (n, outputs); the same bits for any `shards`.
/// - Throws: `invalid` pointing at `/network/layers/…` or `/inputs`; `nonFinite`; `cancelled`.
public func predict(
    network: Network, inputs: Tensor, dtype: DType, workspace: Workspace,
    shards: ShardRunner = .serial, isCancelled: () -> Bool = { false }
) throws(ComputationError) -> Tensor {
    switch dtype {
    case .float32:
        try Prediction<Float>(network, inputs).run(workspace, shards, isCancelled)
    case .float64:
        try Prediction<Double>(network, inputs).run(workspace, shards, isCancelled)
    }
}

/// One prediction in its number type.
private struct Prediction<S: FloatingReal> {
    private let plan: Plan<S>
    private let network: Network
    private let inputs: [S]
    private let count: Int

    init(_ network: Network, _ inputs: Tensor) throws(ComputationError) {
        try network.requireNumbers()
        plan = try Plan(network, samples: inputs.shape.first ?? 0)
        try plan.check(inputs: inputs, under: "")
        self.network = network
        count = inputs.shape[0]
        self.inputs = inputs.values(as: S.self)
        try plan.check(tokens: self.inputs, of: inputs.shape, under: "")
        try requireFinite(self.inputs, width: plan.inputWidth, tensor: "inputs")
    }

    func run(
        _ workspace: Workspace, _ shards: ShardRunner, _ isCancelled: () -> Bool
    ) throws(ComputationError) -> Tensor {
        guard count > 0 else { return try tensor([S](), of: 0, plan.outputShape) }
        try workspace.check(["outputs"], samples: count, width: plan.outputWidth, at: "/inputs")
        let workspace = S.memory(of: workspace)
        // All numbers are there, so that nothing is drawn.
        var generator = Generator(seed: 0)
        try workspace.memory.setParameters(of: network, plan, drawingFrom: &generator)
        var outputs = [S](repeating: 0, count: count * plan.outputWidth)
        guard forward(&workspace.memory, &outputs, shards, isCancelled) else { throw .cancelled }
        let isFinite =
            workspace.memory.losses.allSatisfy(\.isFinite) && Finiteness.holds(outputs)
        guard isFinite else { throw .nonFinite(search(&workspace.memory)) }
        return try tensor(outputs, of: count, plan.outputShape)
    }

    /// Writes the outputs; false when it was cancelled.
    private func forward(
        _ memory: inout Memory<S>, _ outputs: inout [S], _ shards: ShardRunner,
        _ isCancelled: () -> Bool
    ) -> Bool {
        let partition = Partition(count: count, of: plan)
        return withPasses(&memory, partition) { passes in
            outputs.withUnsafeMutableBufferPointer { buffer in
                let shared = SharedByShards(value: (partition, passes, buffer.baseAddress))
                for block in 0..<partition.blocks {
                    if isCancelled() { return false }
                    shards.run(partition.shards) { shard in
                        let (partition, passes, outputs) = shared.value
                        let positions = partition.positions(shard: shard, block: block)
                        if let outputs { passes.run(positions, of: shard, into: outputs) }
                    }
                }
                return true
            }
        } ?? true
    }

    /// Finds the first layer and tensor with NaN or infinity.
    private func search(_ memory: inout Memory<S>) -> NonFinite {
        let partition = Partition(count: count, of: plan)
        let place = withPasses(&memory, partition) { passes in
            partition.firstNonFinite(sample: { $0 }) { passes.pass(at: $0, of: 0) }
        }
        return place.flatMap { $0 } ?? NonFinite(tensor: "outputs")
    }

    private func withPasses<Result>(
        _ memory: inout Memory<S>, _ partition: Partition, _ body: (ForwardPasses<S>) -> Result
    ) -> Result? {
        let layout = ScratchLayout(plan, rows: partition.rows, targetWidth: 0, gathers: false)
        memory.reserve(shards: partition.shards, gradients: 0, scratch: layout.stride)
        for shard in memory.losses.indices { memory.losses[shard] = 0 }
        return memory.withPointers { memory in
            withPointer(to: inputs) { inputs in
                inputs.map {
                    body(ForwardPasses(plan: plan, layout: layout, memory: memory, inputs: $0))
                }
            }
        } ?? nil
    }
}

/// The passes forward over parts of the inputs.
private struct ForwardPasses<S: Real> {
    let plan: Plan<S>
    let layout: ScratchLayout
    let memory: MemoryPointers<S>
    /// (n, i).
    let inputs: UnsafePointer<S>

    /// The pass over the samples at some positions, in a shard's memory.
    func pass(at positions: Range<Int>, of shard: Int) -> ShardPass<S> {
        ShardPass(
            plan: plan, layout: layout, parameters: memory.parameters,
            statistics: memory.statistics, scratch: memory.scratch + shard * layout.stride,
            inputs: BatchInputs(
                rows: inputs + positions.lowerBound * plan.inputWidth, team: nil),
            rows: positions.count, first: positions.lowerBound, mode: PassMode(), wanted: nil)
    }

    /// Writes the outputs of the samples at some positions, (n, outputs).
    ///
    /// The shard's loss becomes NaN where a pre-activation isn't finite.
    func run(_ positions: Range<Int>, of shard: Int, into outputs: UnsafeMutablePointer<S>) {
        guard !positions.isEmpty else { return }
        let pass = pass(at: positions, of: shard)
        if !pass.forward(leavingOutLastActivation: false) { memory.losses[shard] = .nan }
        (outputs + positions.lowerBound * plan.outputWidth)
            .update(from: pass.outputs, count: positions.count * plan.outputWidth)
    }
}
