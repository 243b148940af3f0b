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
        // Lent once, because each time is checked against all others.
        try run(
            loss, network, samples, including, settings, workspace,
            &S.memory(of: workspace).memory, shards, isCancelled)
    }

    private static func run(
        _ loss: Loss, _ network: Network, _ samples: Samples, _ including: Inclusions,
        _ settings: GradientSettings, _ workspace: Workspace, _ memory: inout Memory<S>,
        _ shards: ShardRunner, _ isCancelled: () -> Bool
    ) throws(ComputationError) -> Gradients {
        if including.isEmpty,
            let (loss, layers) = SmallChainRequest.run(
                loss, network, samples, settings, &memory, isCancelled)
        {
            return Gradients(loss: loss, layers: layers, samples: samples.count, dtype: S.dtype)
        }
        let (plan, objective, wanted) = try compile(loss, network, samples, including, settings)
        if !including.isEmpty {
            try including.check(plan, samples: samples.count, workspace)
        }
        memory.smallChains.keep(plan, objective, for: loss, network, samples)
        let prepared = try PreparedSamples(
            samples, for: plan, objective,
            looksAtInputs: plan.mostPanels == 0 || plan.vocabulary != nil)
        let divisor = try objective.divisor(of: prepared)
        var results = Results<S>(plan, count: samples.count, objective.reduction, including)
        let scale = S(1 / divisor)
        let sum: Double
        if plan.mostPanels > 0 {
            do {
                sum = try GradientPass.run(
                    plan, objective, prepared, parametersOf: network, scale: scale, settings.mode,
                    wanted, &memory, &results, shards, isCancelled)
            } catch {
                // A layer in panels reads all inputs, and one that isn't finite makes all of its
                // pre-activations so: it is enough to look at inputs now.
                if case .nonFinite = error { try prepared.requireFiniteInputs() }
                throw error
            }
        } else {
            // All numbers are there, so that nothing is drawn.
            var generator = Generator(seed: 0)
            try memory.setParameters(of: network, plan, drawingFrom: &generator)
            sum = try GradientPass.run(
                plan, objective, prepared, scale: scale, settings.mode, wanted, &memory, &results,
                shards, isCancelled)
        }
        let mean = S(sum / divisor)
        guard mean.isFinite else { throw .nonFinite(NonFinite(tensor: "loss")) }
        let gradients = Gradients(
            loss: objective.reduction == .none ? Tensor(results.losses) : Tensor(mean),
            layers: try memory.gradients.withNumbers(plan.parameterCount) {
                numbers throws(ComputationError) in
                try plan.tensors(numbers, results.weightRows, of: network, wanted)
            },
            samples: samples.count, dtype: S.dtype)
        if including.isEmpty && settings.vector == nil { return gradients }
        var full = gradients
        try memory.gradients.withNumbers(plan.parameterCount) {
            numbers throws(ComputationError) in
            try results.add(including, to: &full, network, plan, numbers, wanted)
        }
        if including.contains(.perSampleGradients) {
            full.perSampleGradients = try GradientPass.perSample(
                plan, objective, prepared, scale: scale, settings.mode, wanted, network,
                &memory, isCancelled)
        }
        if let vector = settings.vector {
            let product = HessianVectorProduct(
                loss: loss, network: network, samples: samples, divisor: divisor,
                mode: settings.mode, wanted: wanted)
            let flat = try product.run(vector, memory, workspace, shards, isCancelled)
                .map { S($0) }
            // Finite in float64, but perhaps not in float32.
            guard Finiteness.holds(flat) else {
                throw .nonFinite(NonFinite(tensor: "hessian_vector_product"))
            }
            full.hessianVectorProduct = try flat.withUnsafeBufferPointer {
                flat throws(ComputationError) in
                try plan.tensors(flat, WeightRows(), of: network, wanted)
            }
        }
        return full
    }

    /// Checks the parts of a request against one another, but for the samples' numbers.
    static func compile(
        _ loss: Loss, _ network: Network, _ samples: Samples, _ including: Inclusions,
        _ settings: GradientSettings
    ) throws(ComputationError) -> (plan: Plan<S>, objective: Objective<S>, wanted: [Bool]) {
        try network.requireNumbers()
        let plan = try Plan<S>(
            network, samples: samples.count,
            keepsPanels: keepsPanels(network, samples, including, settings))
        let objective = try Objective(loss, for: plan, targetShape: samples.targets.shape)
        try Partition.check(batch: samples.count, of: plan, settings.mode, at: "/samples/inputs")
        return (plan, objective, try settings.wanted(in: network))
    }

    /// Whether a request is so large that a network compiled in panels, which several threads can
    /// share, pays for compiling more products.
    @inline(__always)
    private static func keepsPanels(
        _ network: Network, _ samples: Samples, _ including: Inclusions,
        _ settings: GradientSettings
    ) -> Bool {
        let fewestProducts = 1 << 22
        guard samples.count >= Tile.rows, settings.vector == nil,
            including.isDisjoint(with: [.inputGradients, .perSampleGradients])
        else { return false }
        return network.productCount >= fewestProducts / samples.count
    }
}

extension Objective where S: FloatingReal {
    /// What the sum of the losses is divided by: the denominator of a mean, or 1.
    func divisor(of samples: PreparedSamples<S>) throws(ComputationError) -> Double {
        guard reduction == .mean else { return 1 }
        return try divisor(ofMass: samples.withSource { $0.mass(of: 0..<samples.count, self) })
    }

    /// The denominator of a mean over samples of that mass.
    func divisor(ofMass mass: Double) throws(ComputationError) -> Double {
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
    /// The gradients of weights in panels, where they are written row by row.
    private(set) var weightRows = WeightRows<S>()
    /// Whether nothing but gradients is wanted.
    private(set) var isEmpty = true

    /// Room for nothing but the gradients.
    init() {}

    init(_ plan: borrowing Plan<S>, count: Int, _ reduction: Reduction, _ including: Inclusions) {
        func zeros(_ width: Int, _ isIncluded: Bool) -> [S] {
            isIncluded ? Array(repeating: 0, count: count * width) : []
        }
        isEmpty = including.isEmpty && reduction != .none
        guard !isEmpty else { return }
        losses = zeros(1, reduction == .none)
        outputs = zeros(plan.outputWidth, including.contains(.outputs))
        activations = zeros(plan.sizes.activations, including.contains(.activations))
        inputGradients = zeros(plan.inputWidth, including.contains(.inputGradients))
    }

    /// Has the gradients of weights in panels written row by row, where nothing else is wanted of a batch
    /// that is one block.
    mutating func writeWeightRows(_ plan: Plan<S>, wanted: [Bool]) {
        if isEmpty { weightRows = WeightRows(plan, wanted: wanted) }
    }

    mutating func withSinks(_ body: (Sinks<S>) -> PassOutcome) -> PassOutcome {
        // An empty array has no memory: asking for a pointer to write to would make some.
        if isEmpty { return weightRows.withPointers { body(Sinks(weightRows: $0)) } }
        return losses.withUnsafeMutableBufferPointer { losses in
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
        _ plan: Plan<S>, _ flat: UnsafeBufferPointer<S>, _ wanted: [Bool]
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
    /// Copies the layers' tensors out of a flat buffer of P numbers, but for weights that lie in rows of
    /// their own; of unwanted layers none.
    fileprivate func tensors(
        _ flat: UnsafeBufferPointer<S>, _ weightRows: WeightRows<S>, of network: Network,
        _ wanted: [Bool]
    ) throws(ComputationError) -> [LayerGradients] {
        var tensors: [LayerGradients] = []
        tensors.reserveCapacity(layers.count)
        for index in layers.indices {
            let parameters = layers[index].parameters
            guard wanted.isEmpty || wanted[index], let shapes = shapes(ofLayer: index, network)
            else {
                tensors.append(LayerGradients(weights: nil, bias: nil))
                continue
            }
            let weights = flat[parameters.weights]
            let tensorOfWeights =
                if let rows = weightRows.rows(ofLayer: index) {
                    try tensor(rows, shapes.weights)
                } else if let panels = panels(ofLayer: index) {
                    try tensor(panels.rows(of: weights), shapes.weights)
                } else {
                    try tensor(copying: weights, shapes.weights)
                }
            tensors.append(
                LayerGradients(
                    weights: tensorOfWeights,
                    bias: parameters.biasCount == 0
                        ? nil : try tensor(copying: flat[parameters.bias], shapes.bias)))
        }
        return tensors
    }
}

extension Plan {
    /// The shapes of a layer's parameters; of most, which are dense, without asking the network.
    private func shapes(
        ofLayer index: Int, _ network: Network
    ) -> (weights: Shape, bias: Shape)? {
        if case .dense(let dense) = layers[index].kind {
            return (Shape(dense.units, dense.inputs), Shape(dense.units))
        }
        return network.parameterShapes(ofLayer: index).map { ($0.weights, $0.bias) }
    }
}

extension GradientNorms {
    /// Computes the norms of flat gradients; those of unwanted layers are 0 there.
    fileprivate init<S: Real>(
        _ flat: UnsafeBufferPointer<S>, _ plan: Plan<S>, _ wanted: [Bool]
    ) {
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

/// Makes a tensor of a copy of numbers that fill the shape.
@inline(__always)
private func tensor<S: Scalar>(
    copying values: Slice<UnsafeBufferPointer<S>>, _ shape: Shape
) throws(ComputationError) -> Tensor {
    try invalidating { () throws(InvalidValue) in
        try Tensor(Array(UnsafeBufferPointer(rebasing: values)), shape: shape)
    }
}

/// Makes a tensor of numbers that fill the shape.
func tensor<S: Scalar>(_ values: [S], _ shape: Shape) throws(ComputationError) -> Tensor {
    try invalidating { () throws(InvalidValue) in try Tensor(values, shape: shape) }
}
