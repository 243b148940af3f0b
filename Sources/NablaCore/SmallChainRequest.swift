import NablaNetworks

/// Gradient requests whose network was compiled before, with other numbers: no more is checked than
/// depends on those.
enum SmallChainRequest<S: FloatingReal> {
    /// Computes loss and gradients, to the bits of `GradientComputation`.
    ///
    /// - Returns: The loss and the layers' gradients; nil for a request that is to go the long way,
    ///   because its network isn't known, because more than gradients is wanted, or because
    ///   something about its numbers is wrong: what, is found there.
    @inline(__always)
    static func run(
        _ loss: Loss, _ network: Network, _ samples: Samples, _ settings: GradientSettings,
        _ memory: inout Memory<S>, _ isCancelled: () -> Bool
    ) -> (loss: Tensor, layers: [LayerGradients])? {
        guard settings.layers == nil, settings.vector == nil, samples.weights == nil,
            samples.count <= SmallChain.mostRows,
            let key = SmallChainKey(loss, network, targets: samples.targets.shape),
            let (plan, objective) = memory.smallChains.compiled(for: key), !isCancelled()
        else { return nil }
        return run(plan, objective, network, samples, &memory)
    }

    private static func run(
        _ plan: Plan<S>, _ objective: Objective<S>, _ network: Network, _ samples: Samples,
        _ memory: inout Memory<S>
    ) -> (loss: Tensor, layers: [LayerGradients])? {
        let (rows, shape) = (samples.count, samples.inputs.shape)
        guard shape.count == 2, shape[1] == plan.inputWidth else { return nil }
        let scratchCount = SmallChain.numbers(of: plan, rows: rows)
        let (inputCount, targetCount) = (rows &* plan.inputWidth, rows &* objective.targetWidth)
        let mean: S? = memory.withSmallChain(
            plan, scratch: scratchCount &+ inputCount &+ targetCount
        ) { parameters, gradients, scratch in
            let inputs = scratch + scratchCount
            let targets = inputs + inputCount
            network.copySmallChain(plan, to: parameters)
            samples.inputs.copy(to: inputs)
            samples.targets.copy(to: targets)
            for index in 0..<targetCount
            where !targets[index].isFinite || !objective.accepts(targets[index]) { return nil }
            let source = SampleSource(
                inputs: inputs, targets: targets, weights: nil, order: nil,
                inputWidth: plan.inputWidth, targetWidth: objective.targetWidth)
            let divisor = objective.reduction == .mean ? source.mass(of: 0..<rows, objective) : 1
            guard divisor > 0, let batch = source.batch(lyingAt: 0..<rows),
                // Of inputs and parameters that aren't finite, pre-activations aren't, which are
                // looked at.
                let sum = SmallChain.gradients(
                    of: plan, objective, batch, scale: S(1 / divisor), parameters: parameters,
                    memory: scratch, into: gradients)
            else { return nil }
            return S(sum / divisor)
        }
        guard let mean, mean.isFinite else { return nil }
        let layers = memory.gradients.withNumbers(plan.parameterCount) { self.layers($0, plan) }
        return (Tensor(mean), layers)
    }

    /// The layers' tensors, out of a flat buffer of P numbers.
    @inline(__always)
    private static func layers(
        _ flat: UnsafeBufferPointer<S>, _ plan: Plan<S>
    ) -> [LayerGradients] {
        var layers: [LayerGradients] = []
        layers.reserveCapacity(plan.layers.count)
        for layer in plan.layers {
            guard case .dense(let dense) = layer.kind else { continue }
            let weights = Array(UnsafeBufferPointer(rebasing: flat[layer.parameters.weights]))
            let bias = flat[layer.parameters.bias]
            layers.append(
                LayerGradients(
                    weights: Tensor(weights, rows: dense.units, columns: dense.inputs),
                    bias: bias.isEmpty
                        ? nil : Tensor(Array(UnsafeBufferPointer(rebasing: bias)))))
        }
        return layers
    }
}
