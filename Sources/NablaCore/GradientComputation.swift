import NablaNetworks

/// One gradient request in its number type.
struct GradientComputation<S: Real> {
    let plan: Plan<S>
    let objective: Objective<S>
    let network: Network
    let samples: PreparedSamples<S>
    private let including: Inclusions
    /// What the sum of the losses is divided by: the denominator of a mean, or 1.
    let divisor: Double

    /// Checks the parts of a request against one another.
    init(
        _ loss: Loss, _ network: Network, _ samples: Samples, _ including: Inclusions
    ) throws(ComputationError) {
        try network.requireNumbers()
        plan = try Plan(network, samples: samples.count)
        objective = try Objective(loss, for: plan, targetShape: samples.targets.shape)
        self.samples = try PreparedSamples(samples, for: plan, objective)
        self.network = network
        self.including = including
        divisor = try objective.divisor(of: self.samples)
    }

    /// Computes the gradients in the memory of `workspace`.
    func run(
        _ workspace: Workspace, _ shards: ShardRunner, _ isCancelled: () -> Bool
    ) throws(ComputationError) -> Gradients {
        try S.withMemory(of: workspace) { memory throws(ComputationError) in
            // All numbers are there, so that nothing is drawn.
            var generator = Generator(seed: 0)
            try memory.setParameters(of: network, plan, drawingFrom: &generator)
            var results = Results<S>(plan, count: samples.count, objective.reduction, including)
            switch pass(&memory, &results, shards, isCancelled) {
            case .finished(let loss): return try gradients(memory.gradients, loss, results)
            case .nonFinite(let place): throw .nonFinite(place)
            case .cancelled: throw .cancelled
            }
        }
    }

    private func pass(
        _ memory: inout Memory<S>, _ results: inout Results<S>, _ shards: ShardRunner,
        _ isCancelled: () -> Bool
    ) -> PassOutcome {
        let partition = Partition(count: samples.count, numbers: plan.numbersOfShard)
        let layout = ScratchLayout(
            plan, rows: partition.rows, targetWidth: samples.targetWidth, gathers: false)
        memory.reserve(
            shards: partition.shards, parameters: plan.parameterCount, scratch: layout.stride)
        let scale = S(1 / divisor)
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

    private func gradients(
        _ flat: [S], _ sum: Double, _ results: Results<S>
    ) throws(ComputationError) -> Gradients {
        let loss = S(sum / divisor)
        guard loss.isFinite else { throw .nonFinite(NonFinite(tensor: "loss")) }
        let count = samples.count
        return Gradients(
            loss: objective.reduction == .none ? Tensor(results.losses) : Tensor(loss),
            layers: try plan.operations.indices.map { index throws(ComputationError) in
                try plan.operations[index].gradients(in: flat)
            },
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

extension Plan.Operation {
    /// Copies the layer's gradients out of the flat buffer.
    fileprivate func gradients(
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
