import NablaNetworks

@testable import NablaCore

/// A request for the gradients of a chain with drawn numbers.
struct ChainRequest {
    /// What one number is replaced of.
    enum Part: CaseIterable {
        case weights
        case bias
        case inputs
        case targets
    }

    var inputs = 2
    var units = [3, 1]
    var biases = [true, true]
    var activations: [Activation] = [.tanh, .sigmoid]
    var names: [String?] = [nil, nil]
    var sources: [[String]?] = [nil, nil]
    /// What stands behind the chain.
    var appended: [Layer] = []
    /// Whether the last layer's numbers are given.
    var isGiven = true
    var kind = Loss.Kind.binaryCrossEntropy
    var reduction = Reduction.mean
    var rows = 4
    /// The inputs of a sample, where they aren't what the network reads.
    var columns: Int?
    /// Nil for targets with one axis.
    var targetColumns: Int?
    var hasClasses = false
    var weights: [Double]?
    var dtype = DType.float64
    var given = DType.float64
    var including: Inclusions = []
    var settings = GradientSettings()
    var replaced: (part: Part, value: Double)?
    var isCancelled = false

    func network(seed: UInt64) throws -> Network {
        var generator = Generator(seed: seed)
        var width = inputs
        var layers: [Layer] = []
        for index in units.indices {
            let dense =
                if isGiven || index < units.count - 1 {
                    try dense(index, reading: width, &generator)
                } else {
                    try Dense(units: units[index], activation: activations[index])
                }
            layers.append(Layer(name: names[index], inputs: sources[index], .dense(dense)))
            width = units[index]
        }
        return try Network(layers: layers + appended)
    }

    private func dense(
        _ index: Int, reading width: Int, _ generator: inout Generator
    ) throws -> Dense {
        let weights = tensor(.weights, generator.normals(units[index] * width))
        let bias = tensor(.bias, generator.normals(units[index]))
        return try Dense(
            weights: Tensor(shape: [units[index], width], numbers: weights.numbers),
            bias: biases[index] ? bias : nil, activation: activations[index])
    }

    private func tensor(_ part: Part, _ numbers: [Double]) -> Tensor {
        var numbers = numbers
        if let replaced, replaced.part == part { numbers[0] = replaced.value }
        return Tensor(numbers).converted(to: given)
    }

    private func samples(seed: UInt64) throws -> Samples {
        var generator = Generator(seed: seed + 100)
        let numbers = tensor(.inputs, generator.normals(rows * (columns ?? inputs)))
        let targets = (0..<rows * (targetColumns ?? 1)).map { index in
            if hasClasses { return Double(index % 3) }
            return kind == .hinge ? Double(index % 2 * 2 - 1) : 0.25
        }
        return try Samples(
            inputs: Tensor(shape: [rows, columns ?? inputs], numbers: numbers.numbers),
            targets: Tensor(
                shape: targetColumns.map { [rows, $0] } ?? [rows],
                numbers: tensor(.targets, targets).numbers),
            weights: weights.map { Tensor($0) })
    }

    /// The result, whose description tells every bit, or the error.
    func outcome(seed: UInt64, _ workspace: Workspace) -> String {
        do {
            let gradients = try Gradients.compute(
                of: Loss(kind, reduction: reduction), network: network(seed: seed),
                samples: samples(seed: seed), dtype: dtype, including: including,
                settings: settings, workspace: workspace, isCancelled: { isCancelled })
            return "\(gradients)"
        } catch {
            return "\(error)"
        }
    }

    typealias Change = @Sendable (inout ChainRequest) -> Void

    /// Each but the first changes one thing, or what can't be changed alone.
    static let variants: [Change] =
        shapes + functions + losses + settings

    private static let shapes: [Change] = [
        { _ in },
        { $0.inputs = 3 },
        { $0.inputs = 64 },
        { $0.inputs = 65 },
        { $0.columns = 3 },
        { $0.units = [1, 1] },
        { $0.units = [2, 1] },
        { $0.units = [33, 1] },
        {
            $0.units = [3, 2]; $0.targetColumns = 2
        },
        {
            $0.units = [3, 2]; $0.targetColumns = 1
        },
        { $0.units = [3, 2] },
        { $0.biases = [false, true] },
        { $0.biases = [true, false] },
        { $0.biases = [false, false] },
        { $0.targetColumns = 1 },
        { $0.rows = 1 },
        { $0.rows = 5 },
        { $0.rows = 16 },
        { $0.rows = 17 },
        { $0.rows = 40 },
        { $0.names = ["a", "b"] },
        {
            $0.names = ["a", nil]; $0.sources = [["input"], ["a"]]
        },
        {
            $0.inputs = 3; $0.sources = [nil, ["input"]]
        },
        { $0.isGiven = false },
        { $0.lengthen(to: 1) },
        { $0.lengthen(to: 3) },
        { $0.lengthen(to: 5) },
        { $0.lengthen(to: 6) },
        {
            $0.appended = [Layer(.activation(.tanh))]; $0.kind = .meanSquaredError
        },
        {
            $0.appended = [Layer(.flatten)]; $0.kind = .meanSquaredError
        },
        { request in
            request.names = ["a", "b"]
            request.appended = [Layer(inputs: ["b", "b"], .add)]
            request.kind = .meanSquaredError
        },
    ]

    private static let functions: [Change] =
        [
            Activation.identity, .sigmoid, .relu, .leakyReLU(negativeSlope: 0.01),
            .leakyReLU(negativeSlope: 0.02), .leakyReLU(negativeSlope: 0),
            .leakyReLU(negativeSlope: -0.0), .elu(alpha: 1), .elu(alpha: 0.5), .selu, .gelu, .silu,
            .softplus, .softmax,
        ].flatMap { activation -> [Change] in
            [
                { $0.activations[0] = activation },
                { $0.activations[1] = activation },
                {
                    $0.activations[1] = activation; $0.kind = .meanSquaredError
                },
            ]
        }

    private static let losses: [Change] =
        [
            Loss.Kind.binaryCrossEntropyWithLogits, .meanSquaredError, .meanAbsoluteError,
            .huber(delta: 1), .huber(delta: 0.125), .hinge, .klDivergence, .poisson,
        ].flatMap { kind -> [Change] in
            [
                { $0.kind = kind },
                {
                    $0.kind = kind; $0.reduction = .sum
                },
            ]
        }
        + classSettings.flatMap { settings -> [Change] in
            [
                { $0.classify(.crossEntropy(settings)) },
                { $0.classify(.crossEntropyWithLogits(settings)) },
                {
                    $0.classify(.crossEntropy(settings)); $0.reduction = .sum
                },
                {
                    $0.classify(.crossEntropy(settings)); $0.targetColumns = 3
                },
                {
                    $0.classify(.crossEntropy(settings)); $0.hasClasses = false
                },
                { $0.kind = .crossEntropy(settings) },
            ]
        }

    private static let classSettings: [Loss.ClassSettings] = [
        (0, nil), (-0.0, nil), (0.1, nil), (0, [1, 2, 3]), (0, [2, 2, 3]), (0, [1, 2]),
    ].compactMap { try? Loss.ClassSettings(labelSmoothing: $0.0, classWeights: $0.1) }

    private static let settings: [Change] = [
        { $0.reduction = .sum },
        { $0.reduction = .none },
        { $0.dtype = $0.dtype == .float32 ? .float64 : .float32 },
        { $0.given = .float32 },
        { $0.weights = [1, 2, 0, 3] },
        { $0.weights = [1, 1, 1, 1] },
        { $0.weights = [1e-60, 0, 0, 0] },
        { $0.including = .outputs },
        { $0.including = [.norms, .activations, .inputGradients] },
        { $0.including = .perSampleGradients },
        { $0.settings.isTraining = true },
        { $0.settings.seed = 9 },
        { $0.settings.layers = [1] },
        { $0.settings.layers = [] },
        { $0.settings.layers = [2] },
        { $0.appendDropout() },
        {
            $0.appendDropout(); $0.settings.isTraining = true
        },
        { $0.settings.vector = [] },
        { request in
            request.settings.vector = [
                LayerGradients(
                    weights: try? Tensor([1.0, 0, 0, 0, 0, 2], shape: [3, 2]),
                    bias: Tensor([1.0, 2, 3])),
                LayerGradients(
                    weights: try? Tensor([1.0, 0, 0], shape: [1, 3]), bias: Tensor([1.0])),
            ]
        },
    ]

    private mutating func lengthen(to layers: Int) {
        units = Array(repeating: 3, count: layers - 1) + [1]
        biases = Array(repeating: true, count: layers)
        activations = Array(repeating: .tanh, count: layers - 1) + [.sigmoid]
        (names, sources) = (
            Array(repeating: nil, count: layers), Array(repeating: nil, count: layers)
        )
    }

    private mutating func appendDropout() {
        appended = (try? Dropout()).map { [Layer(.dropout($0))] } ?? []
        kind = .meanSquaredError
    }

    private mutating func classify(_ kind: Loss.Kind) {
        units = [3, 3]
        self.kind = kind
        hasClasses = true
        if case .crossEntropy = kind {
            activations[1] = .softmax
        } else {
            activations[1] = .identity
        }
    }
}
