import NablaNetworks

/// Compiles a network's layers one after another.
struct PlanCompiler {
    private(set) var mergeSources: [SourcePlan] = []
    private(set) var convolutions: [ConvolutionPlan] = []
    private(set) var poolings: [PoolingPlan] = []
    private(set) var sizes = PlanSizes()
    private(set) var vocabulary: Int?
    /// The most activations of a layer.
    private let maximumWidth: Int

    /// The most parameters: 1 or 2 GB for each buffer of them.
    private static let maximumParameters = 1 << 28
    /// The most activations of a sample, all layers together: a block's then fill 2 or 4 GB.
    private static let maximumActivations = 1 << 21
    /// The most numbers under all windows of a layer's pass over a sample together: 128 or 256 MB where they
    /// are copied.
    private static let maximumWindowed = 1 << 25

    init(_ network: borrowing Network) {
        sizes.inputWidth = network.inputShape.size ?? 0
        var widest = 0
        for shape in network.outputShapes { widest = max(widest, shape.size ?? .max) }
        maximumWidth = widest
        // A chain's gradients lie in two places in turn; others have a place for each layer.
        if network.isChain { sizes.gradients = widest.multipliedReportingOverflow(by: 2).0 }
        sizes.isSmallChain = network.isChain
    }

    /// Compiles the next layer of the network it was made with.
    ///
    /// - Throws: `invalid` at `/network/layers/…` when the network is too large with it.
    mutating func compile(
        layer index: Int, of network: Network
    ) throws(ComputationError) -> LayerPlan {
        let facts = PlanCompiler.facts(ofLayer: index, network)
        let shape = network.outputShapes[index]
        let width = shape.size ?? .max
        try place(facts, index, width: width)
        let parameters = ParameterPlan(
            offset: sizes.parameters, weightCount: facts.weights, biasCount: facts.bias)
        let source = sourcePlan(ofLayer: index, network)
        let z = sizes.kept
        let a = z + (facts.activation.readsPreActivation ? width : facts.found)
        sizes.kept = a + width
        sizes.parameters += parameters.count
        sizes.activations += width
        noteSmallness(of: facts)
        var gradient = (network.layers.count - 1 - index) % 2 * maximumWidth
        if !network.isChain {
            gradient = sizes.gradients
            sizes.gradients += width
        }
        return LayerPlan(
            kind: try kind(ofLayer: index, network), source: source, width: width,
            activation: facts.activation, activationWidth: shape.last ?? width,
            parameters: parameters, kept: (z, a), gradient: gradient)
    }

    /// Goes on being a small chain, or doesn't.
    private mutating func noteSmallness(of facts: Facts) {
        guard facts.isDense, !sizes.endsInSoftmax, facts.weights <= SmallChain.mostWeights else {
            sizes.isSmallChain = false
            return
        }
        if case .softmax = facts.activation { sizes.endsInSoftmax = true }
    }

    /// What compiling needs to know of a layer before it is placed.
    private struct Facts {
        let isDense: Bool
        let activation: Activation
        let weights: Int
        let bias: Int
        /// How many numbers it finds of a sample and keeps before its activations.
        var found = 0
    }

    private static func facts(ofLayer index: Int, _ network: Network) -> Facts {
        // Most layers are dense: without the detours of the general way, and without a copy of the
        // layer, which would count a reference for each of its tensors.
        let inputs = network.inputShape(ofLayer: index).size ?? 0
        if case .dense(let dense) = network.layers[index].operation {
            let (weights, isTooMany) = dense.units.multipliedReportingOverflow(by: inputs)
            return Facts(
                isDense: true, activation: dense.activation,
                weights: isTooMany ? .max : weights, bias: dense.usesBias ? dense.units : 0)
        }
        let layer = network.layers[index]
        let shapes = network.parameterShapes(ofLayer: index)
        var facts = Facts(
            isDense: false, activation: layer.activation,
            weights: shapes.map { $0.weights.size ?? .max } ?? 0,
            bias: layer.parameters?.usesBias == true ? shapes?.bias.size ?? 0 : 0)
        if case .layerNormalization = layer.operation {
            facts.found = LayerNormalizationPlan.keptCount
        }
        return facts
    }

    /// Refuses a layer whose parameters or activations are too many beside those of the layers
    /// before.
    private func place(_ facts: Facts, _ index: Int, width: Int) throws(ComputationError) {
        guard facts.weights <= PlanCompiler.maximumParameters - sizes.parameters,
            facts.bias <= PlanCompiler.maximumParameters - sizes.parameters - facts.weights,
            sizes.inputWidth <= PlanCompiler.maximumActivations,
            width <= PlanCompiler.maximumActivations - sizes.inputWidth - sizes.activations
        else {
            throw .invalid(
                InvalidValue(
                    .outOfRange,
                    "with layer \(index) there are more than \(PlanCompiler.maximumParameters) "
                        + "parameters, or more than \(PlanCompiler.maximumActivations) activations "
                        + "a sample",
                    at: "/network/layers/\(index)"))
        }
    }

    /// What the layer reads; of a merge, what it reads first.
    private mutating func sourcePlan(ofLayer index: Int, _ network: Network) -> SourcePlan {
        if network.isChain { return SourcePlan(layer: index - 1, adds: false) }
        let sources = network.sources(ofLayer: index).map(\.planIndex)
        let plans = sources.enumerated().map { position, source in
            SourcePlan(
                layer: source,
                adds: sources[..<position].contains(source)
                    || network.reads(source, behind: index))
        }
        for plan in plans where plan.adds {
            let read = plan.layer < 0 ? network.inputShape : network.outputShapes[plan.layer]
            sizes.added = max(sizes.added, read.size ?? 0)
        }
        if network.layers[index].merges { mergeSources += plans }
        return plans[0]
    }

    private mutating func kind(
        ofLayer index: Int, _ network: Network
    ) throws(ComputationError) -> LayerPlan.Kind {
        let input = network.inputShape(ofLayer: index)
        switch network.layers[index].operation {
        case .dense(let dense):
            return .dense(DensePlan(inputs: input.size ?? 0, units: dense.units))
        case .conv2d(let convolution):
            let plan = ConvolutionPlan(filters: convolution.filters, convolution.window, input)
            try check(plan.windows, index)
            sizes.work = max(sizes.work, plan.columnCount)
            convolutions.append(plan)
            return .convolution(convolutions.count - 1)
        case .embedding(let embedding):
            vocabulary = min(vocabulary ?? .max, embedding.vocabulary)
            return .embedding(
                EmbeddingPlan(
                    tokens: input[0], vocabulary: embedding.vocabulary,
                    dimension: embedding.dimension))
        case .batchNormalization(let normalization):
            let plan = BatchNormalizationPlan(normalization, input, statistics: sizes.statistics)
            sizes.statistics += plan.statisticsCount
            sizes.normalizesBatches = true
            return .batchNormalization(plan)
        case .layerNormalization(let normalization):
            return .layerNormalization(
                LayerNormalizationPlan(
                    width: input.size ?? 0, epsilon: normalization.epsilon))
        case .dropout(let dropout):
            return .dropout(DropoutPlan(rate: dropout.rate, layer: index))
        case .maxPool2d(let pooling):
            return try self.pooling(pooling.window, input, takesLargest: true, index)
        case .averagePool2d(let pooling):
            return try self.pooling(pooling.window, input, takesLargest: false, index)
        case .activation, .flatten, .reshape: return .identity
        case .add, .multiply, .concatenate:
            let count = network.sources(ofLayer: index).count
            let sources = mergeSources.count - count..<mergeSources.count
            return .merge(MergePlan(network.layers[index].operation, sources: sources))
        }
    }

    private mutating func pooling(
        _ window: Window, _ input: Shape, takesLargest: Bool, _ index: Int
    ) throws(ComputationError) -> LayerPlan.Kind {
        let plan = PoolingPlan(window, input, takesLargest: takesLargest)
        try check(plan.windows, index)
        poolings.append(plan)
        return .pooling(poolings.count - 1)
    }

    /// Refuses a layer whose windows are so wide, and so many, that they hold very many numbers.
    private func check(_ windows: WindowPlan, _ index: Int) throws(ComputationError) {
        guard windows.taps > PlanCompiler.maximumWindowed / max(windows.positions, 1) else {
            return
        }
        throw .invalid(
            InvalidValue(
                .outOfRange,
                "layer \(index) has \(windows.positions) windows of \(windows.taps) numbers: more than "
                    + "\(PlanCompiler.maximumWindowed) together",
                at: "/network/layers/\(index)"))
    }
}

extension Network {
    /// Whether a layer behind `index` reads a source too: the pass back comes there first.
    fileprivate func reads(_ source: Int, behind index: Int) -> Bool {
        layers.indices.dropFirst(index + 1).contains {
            sources(ofLayer: $0).contains { $0.planIndex == source }
        }
    }
}

extension Source {
    /// The layer's index; −1 for the network's inputs.
    fileprivate var planIndex: Int {
        switch self {
        case .input: -1
        case .layer(let index): index
        }
    }
}
