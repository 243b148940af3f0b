import NablaNetworks

/// A gradient request in its number type.
///
/// Functions over local values: a struct of them would be copied and destroyed by way of its type,
/// which for a small network takes a tenth of the time.
enum GradientComputation<S: FloatingReal> {
    /// Checks the parts of a request against one another, and computes in the memory of `workspace`.
    static func run(
        _ loss: Loss, _ network: Network, _ samples: Samples, _ including: Inclusions,
        _ settings: GradientSettings, _ workspace: Workspace, _ shards: ShardRunner,
        _ isCancelled: () -> Bool
    ) throws(ComputationError) -> Gradients {
        try network.requireNumbers()
        let plan = try Plan<S>(network, samples: samples.count)
        let objective = try Objective(loss, for: plan, targetShape: samples.targets.shape)
        try Partition.check(batch: samples.count, of: plan, settings.mode, at: "/samples/inputs")
        let prepared = try PreparedSamples(samples, for: plan, objective)
        let divisor = try objective.divisor(of: prepared)
        let own = S.memory(of: workspace)
        // All numbers are there, so that nothing is drawn.
        var generator = Generator(seed: 0)
        try own.memory.setParameters(of: network, plan, drawingFrom: &generator)
        var results = Results<S>(plan, count: samples.count, objective.reduction, including)
        let wanted = try settings.wanted(in: network)
        let pass = PreparedPass(
            plan: plan, objective: objective, samples: prepared, scale: S(1 / divisor),
            mode: settings.mode, wanted: wanted)
        let sum = try pass.run(&own.memory, &results, shards, isCancelled)
        let mean = S(sum / divisor)
        guard mean.isFinite else { throw .nonFinite(NonFinite(tensor: "loss")) }
        var gradients = Gradients(
            loss: objective.reduction == .none ? Tensor(results.losses) : Tensor(mean),
            layers: try plan.tensors(own.memory.gradients, of: network, wanted),
            samples: samples.count, dtype: S.dtype)
        if !including.isEmpty {
            try results.add(including, to: &gradients, network, plan, own.memory.gradients, wanted)
        }
        if including.contains(.perSampleGradients) {
            gradients.perSampleGradients = try pass.perSample(of: network, &own.memory, isCancelled)
        }
        if let vector = settings.vector {
            let product = HessianVectorProduct(
                loss: loss, network: network, samples: samples, divisor: divisor,
                mode: settings.mode, wanted: wanted)
            let flat = try product.run(vector, own.memory, workspace, shards, isCancelled)
                .map { S($0) }
            // Finite in float64, but perhaps not in float32.
            guard Finiteness.holds(flat) else {
                throw .nonFinite(NonFinite(tensor: "hessian_vector_product"))
            }
            gradients.hessianVectorProduct = try plan.tensors(flat, of: network, wanted)
        }
        return gradients
    }
}

/// A pass made ready: the network, the loss and the samples of a request.
struct PreparedPass<S: Real> {
    let plan: Plan<S>
    let objective: Objective<S>
    let samples: PreparedSamples<S>
    /// What gradients are multiplied by: 1 over a mean's denominator, or 1.
    let scale: S
    let mode: PassMode
    /// Which layers' gradients are wanted; empty for all.
    let wanted: [Bool]

    /// Runs over all samples: the sum of the losses; the gradients are then in the memory.
    func run(
        _ memory: inout Memory<S>, _ results: inout Results<S>, _ shards: ShardRunner,
        _ isCancelled: () -> Bool
    ) throws(ComputationError) -> Double {
        let partition = Partition(count: samples.count, of: plan, mode)
        return try run(&memory, &results, first: 0, partition, shards, isCancelled)
    }

    private func run(
        _ memory: inout Memory<S>, _ results: inout Results<S>, first: Int,
        _ partition: Partition, _ shards: ShardRunner, _ isCancelled: () -> Bool
    ) throws(ComputationError) -> Double {
        let layout = ScratchLayout(
            plan, rows: partition.rows, targetWidth: samples.targetWidth, gathers: false,
            blockGradients: partition.blocks > 1)
        memory.reserve(
            shards: partition.shards, parameters: plan.parameterCount, scratch: layout.stride)
        let outcome = memory.withPointers { memory in
            samples.withSource { source in
                results.withSinks { sinks in
                    withPointer(to: wanted) { wanted in
                        BatchPass(
                            plan: plan, objective: objective, layout: layout, memory: memory,
                            source: source, computesGradients: true, mode: mode, wanted: wanted
                        ).run(
                            first: first, partition, scale: scale, sinks: sinks, shards: shards,
                            isCancelled: isCancelled)
                    }
                }
            }
        }
        switch outcome {
        case .finished(let sum): return sum
        case .nonFinite(let place): throw .nonFinite(place)
        case .cancelled, nil: throw .cancelled
        }
    }

    /// The most numbers of per-sample gradients: 512 MB or 1 GB.
    private static var maximumNumbers: Int { 1 << 27 }
}

extension PreparedPass where S: FloatingReal {
    /// The gradients of each sample's own term of the loss, which add up to the gradients: tensors
    /// with an axis of the samples before those of the parameters.
    func perSample(
        of network: Network, _ memory: inout Memory<S>, _ isCancelled: () -> Bool
    ) throws(ComputationError) -> [LayerGradients] {
        let (count, parameters) = (samples.count, plan.parameterCount)
        guard !(mode.isTraining && plan.sizes.normalizesBatches) else {
            throw .invalid(
                InvalidValue(
                    .inconsistent,
                    "per_sample_gradients and batch normalisation in training exclude one another: a "
                        + "sample's loss depends on the others",
                    at: "/include"))
        }
        guard parameters == 0 || count <= PreparedPass.maximumNumbers / parameters else {
            throw .invalid(
                InvalidValue(
                    .outOfRange,
                    "per_sample_gradients would be \(count) times \(parameters) numbers; "
                        + "\(PreparedPass.maximumNumbers) are the most",
                    at: "/include"))
        }
        var all = [[S]](repeating: [], count: count)
        var nothing = Results<S>()
        for index in all.indices {
            _ = try run(
                &memory, &nothing, first: index, Partition(uncut: 1), .serial, isCancelled)
            all[index] = Array(memory.gradients[0..<parameters])
        }
        var layers: [LayerGradients] = []
        for (index, layer) in plan.layers.enumerated() {
            guard let shapes = network.parameterShapes(ofLayer: index),
                wanted.isEmpty || wanted[index]
            else {
                layers.append(LayerGradients(weights: nil, bias: nil))
                continue
            }
            func stacked(
                _ range: Range<Int>, _ shape: Shape
            ) throws(ComputationError) -> Tensor {
                try tensor(all.flatMap { $0[range] }, of: count, shape)
            }
            layers.append(
                LayerGradients(
                    weights: try stacked(layer.parameters.weights, shapes.weights),
                    bias: layer.parameters.bias.isEmpty
                        ? nil : try stacked(layer.parameters.bias, shapes.bias)))
        }
        return layers
    }
}

extension Objective where S: FloatingReal {
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
struct Results<S: Real> {
    var losses: [S] = []
    private var outputs: [S] = []
    private var activations: [S] = []
    private var inputGradients: [S] = []

    /// Room for nothing but the gradients.
    init() {}

    init(_ plan: Plan<S>, count: Int, _ reduction: Reduction, _ including: Inclusions) {
        func zeros(_ width: Int, _ isIncluded: Bool) -> [S] {
            isIncluded ? Array(repeating: 0, count: count * width) : []
        }
        losses = zeros(1, reduction == .none)
        guard !including.isEmpty else { return }
        outputs = zeros(plan.outputWidth, including.contains(.outputs))
        activations = zeros(plan.sizes.activations, including.contains(.activations))
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
}

extension Results where S: FloatingReal {
    /// Adds what is included to the gradients.
    fileprivate func add(
        _ including: Inclusions, to gradients: inout Gradients, _ network: Network,
        _ plan: Plan<S>, _ flat: [S], _ wanted: [Bool]
    ) throws(ComputationError) {
        let count = gradients.samples
        if including.contains(.outputs) {
            gradients.outputs = try tensor(outputs, of: count, plan.outputShape)
        }
        if including.contains(.activations) { gradients.activations = try split(network, count) }
        if including.contains(.inputGradients) {
            gradients.inputGradients = try tensor(inputGradients, of: count, plan.inputShape)
        }
        if including.contains(.norms) {
            let norms = GradientNorms(flat, plan, wanted)
            guard norms.global.isFinite else { throw .nonFinite(NonFinite(tensor: "norms")) }
            gradients.norms = norms
        }
    }

    /// The activations of each layer as a tensor.
    private func split(_ network: Network, _ count: Int) throws(ComputationError) -> [Tensor] {
        var tensors: [Tensor] = []
        var first = 0
        for shape in network.outputShapes {
            let end = first + count * (shape.size ?? 0)
            tensors.append(try tensor(Array(activations[first..<end]), of: count, shape))
            first = end
        }
        return tensors
    }
}

extension Plan where S: FloatingReal {
    /// Copies the layers' tensors out of a flat buffer of P numbers; of unwanted layers none.
    fileprivate func tensors(
        _ flat: [S], of network: Network, _ wanted: [Bool]
    ) throws(ComputationError) -> [LayerGradients] {
        var tensors: [LayerGradients] = []
        tensors.reserveCapacity(layers.count)
        for index in layers.indices {
            let parameters = layers[index].parameters
            guard let shapes = network.parameterShapes(ofLayer: index),
                wanted.isEmpty || wanted[index]
            else {
                tensors.append(LayerGradients(weights: nil, bias: nil))
                continue
            }
            tensors.append(
                LayerGradients(
                    weights: try tensor(Array(flat[parameters.weights]), shapes.weights),
                    bias: parameters.biasCount == 0
                        ? nil : try tensor(Array(flat[parameters.bias]), shapes.bias)))
        }
        return tensors
    }
}

extension GradientNorms {
    /// Computes the norms of flat gradients; those of unwanted layers are 0 there.
    fileprivate init<S: Real>(_ flat: [S], _ plan: Plan<S>, _ wanted: [Bool]) {
        func norm(_ range: Range<Int>) -> Double? {
            guard !range.isEmpty else { return nil }
            let sum = flat[range].reduce(0) { $0 + $1.wide * $1.wide }
            // As long as the squares neither overflow nor vanish, as nearly always.
            if sum.isFinite && sum > 1e-280 { return sum.squareRoot() }
            let largest = flat[range].reduce(0) { max($0, abs($1.wide)) }
            guard largest > 0 else { return 0 }
            let shares = flat[range].reduce(0) {
                $0 + ($1.wide / largest) * ($1.wide / largest)
            }
            return largest * shares.squareRoot()
        }
        layers = plan.layers.enumerated().map { index, layer in
            guard wanted.isEmpty || wanted[index] else { return Layer(weights: nil, bias: nil) }
            return Layer(weights: norm(layer.parameters.weights), bias: norm(layer.parameters.bias))
        }
        global = norm(0..<plan.parameterCount) ?? 0
    }
}

/// Makes a tensor of a sample's shape for each of so many samples.
func tensor<S: Scalar>(
    _ values: [S], of count: Int, _ shape: Shape
) throws(ComputationError) -> Tensor {
    try invalidating { () throws(InvalidValue) in
        try Tensor(
            values, shape: shape.count == 1 ? Shape(count, shape[0]) : Shape([count] + shape))
    }
}

/// Makes a tensor of numbers that fill the shape.
func tensor<S: Scalar>(_ values: [S], _ shape: Shape) throws(ComputationError) -> Tensor {
    try invalidating { () throws(InvalidValue) in try Tensor(values, shape: shape) }
}
