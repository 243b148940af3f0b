import NablaNetworks

/// The Hessian of a loss times a vector, exactly: the gradient's passes in dual numbers, whose tangents
/// along the vector are the product (forward over reverse).
///
/// Always in float64; of parameters in float32 as they are.
/// - Source: Pearlmutter 1994, "Fast exact multiplication by the Hessian".
struct HessianVectorProduct {
    let loss: Loss
    let network: Network
    let samples: Samples
    /// What the sum of the losses is divided by.
    let divisor: Double
    let mode: PassMode
    /// Which layers' parameters the Hessian is of; empty for all.
    let wanted: [Bool]

    /// Computes H·v with the parameters in `memory`.
    ///
    /// - Parameters:
    ///   - vector: v, shaped as the gradients; what it leaves out is 0.
    ///   - memory: θ, and the running statistics.
    ///   - workspace: Where the dual numbers lie meanwhile.
    ///   - shards: How shards are run.
    ///   - isCancelled: Asked now and then, by one thread at a time.
    /// - Returns: P numbers.
    /// - Throws: `invalid` at `/vector/…`; `nonFinite`; `cancelled`.
    func run<S: Real>(
        _ vector: [LayerGradients], _ memory: Memory<S>, _ workspace: Workspace,
        _ shards: ShardRunner, _ isCancelled: () -> Bool
    ) throws(ComputationError) -> [Double] {
        let plan = try Plan<Dual>(network, samples: samples.count)
        let tangents = try flat(vector, plan)
        let objective = try Objective<Dual>(loss, for: plan, targetShape: samples.targets.shape)
        let own = Dual.memory(of: workspace)
        own.memory.parameters = AlignedNumbers(
            zip(memory.parameters[0..<tangents.count], tangents).map {
                Dual($0.wide, tangent: $1)
            })
        own.memory.statistics = memory.statistics.map { Dual($0.wide) }
        // Large, and seldom needed again soon.
        defer { own.memory = Memory() }
        var nothing = Results<Dual>()
        _ = try GradientPass.run(
            plan, objective, PreparedSamples(lifting: samples, objective),
            scale: Dual(1 / divisor), mode, wanted, &own.memory, &nothing, shards, isCancelled)
        return own.memory.gradients[0..<plan.parameterCount].map { $0.tangent }
    }

    /// The vector as P numbers; 0 for layers that aren't wanted.
    private func flat(
        _ vector: [LayerGradients], _ plan: Plan<Dual>
    ) throws(ComputationError) -> [Double] {
        guard vector.count == network.layers.count else {
            throw .invalid(
                InvalidValue(
                    .shapeMismatch,
                    "vector has \(vector.count) layers, but the network has "
                        + "\(network.layers.count)",
                    at: "/vector"))
        }
        var flat = [Double](repeating: 0, count: plan.parameterCount)
        for (index, layer) in plan.layers.enumerated() where wanted.isEmpty || wanted[index] {
            let shapes = network.parameterShapes(ofLayer: index)
            for (tensor, shape, range, name) in [
                (vector[index].weights, shapes?.weights, layer.parameters.weights, "weights"),
                (vector[index].bias, shapes?.bias, layer.parameters.bias, "bias"),
            ] {
                guard let tensor else { continue }
                let pointer = "/vector/\(index)/\(name)"
                guard !range.isEmpty, tensor.shape == shape else {
                    let wanted = range.isEmpty ? "no \(name)" : "\(name) of \(shape ?? Shape())"
                    throw .invalid(
                        InvalidValue(
                            .shapeMismatch,
                            "\(name) has the shape \(tensor.shape), but layer \(index) has \(wanted)",
                            at: pointer))
                }
                let values = tensor.values(as: Double.self)
                guard Finiteness.holds(values) else {
                    throw .nonFinite(NonFinite(layer: index, tensor: "vector"))
                }
                flat.replaceSubrange(range, with: values)
            }
        }
        return flat
    }
}
