import NablaNetworks

/// A gradient request in its number type.
///
/// Functions over local values: a struct of them would be copied and destroyed by way of its type,
/// which for a small network takes a tenth of the time.
enum GradientComputation<S: Real> {
    /// Checks the parts of a request against one another, and computes in the memory of `workspace`.
    static func run(
        _ loss: Loss, _ network: Network, _ samples: Samples, _ including: Inclusions,
        _ workspace: Workspace, _ shards: ShardRunner, _ isCancelled: () -> Bool
    ) throws(ComputationError) -> Gradients {
        try network.requireNumbers()
        let plan = try Plan<S>(network, samples: samples.count)
        let objective = try Objective(loss, for: plan, targetShape: samples.targets.shape)
        let samples = try PreparedSamples(samples, for: plan, objective)
        let divisor = try objective.divisor(of: samples)
        let workspace = S.memory(of: workspace)
        // All numbers are there, so that nothing is drawn.
        var generator = Generator(seed: 0)
        try workspace.memory.setParameters(of: network, plan, drawingFrom: &generator)
        var results = Results<S>(plan, count: samples.count, objective.reduction, including)
        let outcome = pass(
            plan, objective, samples, scale: S(1 / divisor), &workspace.memory, &results, shards,
            isCancelled)
        switch outcome {
        case .nonFinite(let place): throw .nonFinite(place)
        case .cancelled: throw .cancelled
        case .finished(let sum):
            let loss = S(sum / divisor)
            guard loss.isFinite else { throw .nonFinite(NonFinite(tensor: "loss")) }
            return try gradients(
                plan, workspace.memory.gradients,
                loss: objective.reduction == .none ? Tensor(results.losses) : Tensor(loss), results,
                count: samples.count, including)
        }
    }

    private static func pass(
        _ plan: Plan<S>, _ objective: Objective<S>, _ samples: PreparedSamples<S>, scale: S,
        _ memory: inout Memory<S>, _ results: inout Results<S>, _ shards: ShardRunner,
        _ isCancelled: () -> Bool
    ) -> PassOutcome {
        let partition = Partition(count: samples.count, numbers: plan.numbersOfShard)
        let layout = ScratchLayout(
            plan, rows: partition.rows, targetWidth: samples.targetWidth, gathers: false)
        memory.reserve(
            shards: partition.shards, parameters: plan.parameterCount, scratch: layout.stride)
        return memory.withPointers { memory in
            samples.withSource { source in
                results.withSinks { sinks in
                    BatchPass(
                        plan: plan, objective: objective, layout: layout, memory: memory,
                        source: source, computesGradients: true
                    ).run(
                        first: 0, partition, scale: scale, sinks: sinks, shards: shards,
                        isCancelled: isCancelled)
                }
            }
        } ?? .cancelled
    }

    private static func gradients(
        _ plan: Plan<S>, _ flat: [S], loss: Tensor, _ results: Results<S>, count: Int,
        _ including: Inclusions
    ) throws(ComputationError) -> Gradients {
        var layers: [LayerGradients] = []
        layers.reserveCapacity(plan.operations.count)
        for operation in plan.operations { layers.append(try operation.gradients(in: flat)) }
        return Gradients(
            loss: loss, layers: layers,
            outputs: including.contains(.outputs)
                ? try tensor(results.outputs, Shape(count, plan.outputWidth)) : nil,
            activations: including.contains(.activations) ? try results.split(plan, count) : nil,
            inputGradients: including.contains(.inputGradients)
                ? try tensor(results.inputGradients, Shape(count, plan.inputWidth)) : nil,
            norms: including.contains(.norms) ? GradientNorms(flat, plan) : nil,
            samples: count, dtype: S.dtype)
    }
}

extension Objective {
    /// What the sum of the losses is divided by: the denominator of a mean, or 1.
    fileprivate func divisor(of samples: PreparedSamples<S>) throws(ComputationError) -> Double {
        guard reduction == .mean else { return 1 }
        let mass = samples.withSource { $0.mass(of: 0..<samples.count, self) }
        guard mass > 0 else {
            throw .invalid(
                InvalidValue(
                    .inconsistent,
                    "all samples weigh 0 in \(S.dtype), by their own or their classes' weights",
                    at: hasEqualMasses ? "/samples/weights" : "/loss/class_weights"))
        }
        return mass
    }
}

/// What a gradient computation writes beside gradients; empty where not included.
private struct Results<S: Real> {
    var losses: [S]
    var outputs: [S]
    var activations: [S]
    var inputGradients: [S]

    init(_ plan: Plan<S>, count: Int, _ reduction: Reduction, _ including: Inclusions) {
        func zeros(_ width: Int, _ isIncluded: Bool) -> [S] {
            isIncluded ? Array(repeating: 0, count: count * width) : []
        }
        losses = zeros(1, reduction == .none)
        outputs = zeros(plan.outputWidth, including.contains(.outputs))
        activations = zeros(plan.activationCount, including.contains(.activations))
        inputGradients = zeros(plan.inputWidth, including.contains(.inputGradients))
    }

    mutating func withSinks(_ body: (Sinks<S>) -> PassOutcome) -> PassOutcome {
        losses.withUnsafeMutableBufferPointer { losses in
            outputs.withUnsafeMutableBufferPointer { outputs in
                activations.withUnsafeMutableBufferPointer { activations in
                    inputGradients.withUnsafeMutableBufferPointer { inputGradients in
                        body(
                            Sinks(
                                losses: losses.start, outputs: outputs.start,
                                activations: activations.start, inputGradients: inputGradients.start
                            ))
                    }
                }
            }
        }
    }

    /// The activations of each layer as a tensor.
    func split(_ plan: Plan<S>, _ count: Int) throws(ComputationError) -> [Tensor] {
        var tensors: [Tensor] = []
        var first = 0
        for operation in plan.operations {
            let width = operation.width
            tensors.append(
                try tensor(Array(activations[first..<first + count * width]), Shape(count, width)))
            first += count * width
        }
        return tensors
    }
}

extension LayerPlan {
    /// Copies the layer's gradients out of the flat buffer.
    fileprivate func gradients<S: Real>(
        in flat: [S]
    ) throws(ComputationError) -> LayerGradients {
        switch self {
        case .dense(let plan):
            return LayerGradients(
                weights: try tensor(Array(flat[plan.weights]), Shape(plan.units, plan.inputs)),
                bias: plan.bias.map { Tensor(Array(flat[$0])) })
        }
    }
}

extension GradientNorms {
    /// Computes the norms of flat gradients.
    fileprivate init<S: Real>(_ flat: [S], _ plan: Plan<S>) {
        func square(_ range: Range<Int>) -> Double {
            flat[range].reduce(0) { $0 + Double($1) * Double($1) }
        }
        layers = plan.operations.map { operation in
            switch operation {
            case .dense(let dense):
                Layer(
                    weights: square(dense.weights).squareRoot(),
                    bias: dense.bias.map { square($0).squareRoot() })
            }
        }
        global = square(0..<plan.parameterCount).squareRoot()
    }
}

/// Makes a tensor of numbers that fill the shape.
func tensor<S: Real>(_ values: [S], _ shape: Shape) throws(ComputationError) -> Tensor {
    try invalidating { () throws(InvalidValue) in try Tensor(values, shape: shape) }
}
