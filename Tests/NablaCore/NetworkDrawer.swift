import NablaNetworks

@testable import NablaCore

/// Draws the layers of a network one after another, each reading what can be read before it.
struct NetworkDrawer {
    var generator: Generator
    private var layers: [Layer] = []
    /// The shapes of what can be read: the inputs, then each layer.
    private var shapes: [Shape]
    /// The places nobody reads yet.
    private var unread: Set<Int> = []
    /// How many tokens there are, where the inputs are some.
    private let tokens: Int?
    private let isGraph: Bool
    private let hasNames: Bool

    init(seed: UInt64) {
        generator = Generator(seed: seed)
        let (isGraph, isNamed) = (generator.index(below: 3) > 0, generator.index(below: 2) == 0)
        self.isGraph = isGraph
        hasNames = isGraph || isNamed
        let form = generator.index(below: 5)
        let vocabulary = 3 + generator.index(below: 4)
        tokens = form == 0 ? vocabulary : nil
        var lengths: [Int] = []
        for _ in 0..<3 { lengths.append(generator.index(below: 3)) }
        switch form {
        case 0: shapes = [Shape(1 + lengths[0])]
        case 1, 2: shapes = [[1 + lengths[0] % 2, 3 + lengths[1], 3 + lengths[2]]]
        default: shapes = [Shape(1 + lengths[0] + lengths[1] + lengths[2])]
        }
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + generator.index(below: range.count)
    }

    /// True once in `times`.
    mutating func chance(_ times: Int) -> Bool { generator.index(below: times) == 0 }

    mutating func oneOf<Choice>(_ choices: [Choice]) -> Choice {
        choices[generator.index(below: choices.count)]
    }

    /// A loss, with a last activation that gives it outputs it is defined for.
    mutating func loss() throws -> (Loss.Kind, Activation) {
        let (kind, last) = oneOf(FiniteDifferenceTests.losses)
        return (kind, last)
    }

    /// The loss, in half of the networks with a weight for each class where it is one over classes.
    mutating func weighted(_ kind: Loss.Kind, classes: Int) throws -> Loss.Kind {
        guard chance(2) else { return kind }
        let weights = (0..<classes).map { _ in 0.5 + generator.uniform() }
        func weighted(_ settings: Loss.ClassSettings) throws -> Loss.ClassSettings {
            try .init(labelSmoothing: settings.labelSmoothing, classWeights: weights)
        }
        return switch kind {
        case .crossEntropy(let settings): .crossEntropy(try weighted(settings))
        case .crossEntropyWithLogits(let settings):
            .crossEntropyWithLogits(try weighted(settings))
        default: kind
        }
    }

    func network() throws -> Network { try Network(inputShape: shapes[0], layers: layers) }

    /// Draws the layers, the last one with that activation.
    mutating func drawLayers(endingWith last: Activation, for kind: Loss.Kind) throws {
        for _ in 0..<number(2...6) {
            if isGraph, chance(3), try drawMerge() { continue }
            // A graph mostly goes on from where it is, so that it gets deep.
            let source =
                isGraph && chance(3) ? generator.index(below: shapes.count) : shapes.count - 1
            try add(operation(reading: source), reading: [source])
        }
        var ends = unread.sorted()
        for place in ends.indices where shapes[ends[place]].count > 1 {
            try add(.flatten, reading: [ends[place]])
            ends[place] = shapes.count - 1
        }
        if ends.count > 1 {
            try add(.concatenate, reading: ends)
            ends = [shapes.count - 1]
        }
        let outputs = number(2...4)
        let isApart = chance(3)
        try add(
            .dense(dense(outputs, reading: shapes[ends[0]], isApart ? .identity : last)),
            reading: ends)
        if isApart { try add(.activation(last), reading: [shapes.count - 1]) }
        // Outputs of several axes, for a loss that doesn't mind.
        if kind == .meanSquaredError, last == .identity, chance(2) {
            try add(.reshape([1, outputs]), reading: [shapes.count - 1])
        }
    }

    private mutating func add(_ operation: Layer.Operation, reading places: [Int]) throws {
        let isBefore = places == [shapes.count - 1]
        let names = places.map { $0 == 0 ? "input" : "layer \($0)" }
        let isSaid = hasNames && !(isBefore && chance(2)) || places.count > 1
        let layer = Layer(
            name: hasNames ? "layer \(shapes.count)" : nil, inputs: isSaid ? names : nil, operation)
        layers.append(layer)
        // Alone but for what it reads, so that the layers before it needn't all be read yet.
        let inputs = places.map { shapes[$0] }
        shapes.append(try NetworkDrawer.outputShape(of: operation, reading: inputs))
        unread.subtract(places)
        unread.insert(shapes.count - 1)
    }

    /// The shape of what an operation gives, found by a network of nothing else.
    private static func outputShape(
        of operation: Layer.Operation, reading inputs: [Shape]
    ) throws -> Shape {
        if case .concatenate = operation {
            return try Shape([inputs.reduce(0) { $0 + $1[0] }] + inputs[0].dropFirst())
        }
        let merges = Layer(operation).merges
        let layer = Layer(inputs: merges ? ["input"] : nil, operation)
        return try Network(inputShape: inputs[0], layers: [layer]).outputShape
    }

    /// Merges two or three places that fit one another, perhaps the same one twice; false where the
    /// only numbers are tokens.
    private mutating func drawMerge() throws -> Bool {
        let places = Array(shapes.indices.dropFirst(tokens == nil ? 0 : 1))
        guard !places.isEmpty else { return false }
        let operation = oneOf([Layer.Operation.add, .multiply, .concatenate])
        let first = oneOf(places)
        let fitting = places.filter { place in
            operation == .concatenate
                ? shapes[place].dropFirst().elementsEqual(shapes[first].dropFirst())
                    && shapes[place].count == shapes[first].count
                : shapes[place] == shapes[first]
        }
        let others = (0..<number(1...2)).map { _ in oneOf(fitting) }
        try add(operation, reading: [first] + others)
        return true
    }

    /// An operation that can read that place.
    private mutating func operation(reading place: Int) throws -> Layer.Operation {
        let shape = shapes[place]
        if place == 0, let tokens { return .embedding(try embedding(tokens)) }
        switch (shape.count, generator.index(below: 9)) {
        case (_, 0): return .activation(oneOf(FiniteDifferenceTests.activations))
        case (_, 1): return .dropout(try Dropout(rate: 0.1 + 0.5 * generator.uniform()))
        case (_, 2): return .layerNormalization(try layerNormalization(shape))
        case (1, 3), (3, 3): return .batchNormalization(try batchNormalization(shape[0]))
        case (_, 4): return chance(2) ? .flatten : .reshape(reshaped(shape))
        case (3, 5): return .maxPool2d(try pooling(shape))
        case (3, 6): return .averagePool2d(try pooling(shape))
        case (3, _): return .conv2d(try convolution(shape))
        case (1, _):
            return .dense(
                try dense(number(1...5), reading: shape, oneOf(FiniteDifferenceTests.activations)))
        // Tokens' rows become an image, or a list.
        default: return chance(2) ? .flatten : .reshape([1, shape[0], shape[1]])
        }
    }

    private mutating func reshaped(_ shape: Shape) -> Shape {
        let size = shape.size ?? 0
        let height = oneOf((1...size).filter { size % $0 == 0 })
        return oneOf([[1, height, size / height], [height, size / height], Shape(size)])
    }
}

extension NetworkDrawer {
    /// A tensor of numbers from N(center, scale²).
    mutating func tensor(_ shape: Shape, scale: Double = 1, around center: Double = 0) throws
        -> Tensor
    {
        let count = shape.size ?? 0
        return try Tensor(generator.normals(count).map { center + scale * $0 }, shape: shape)
    }

    private mutating func positive(_ count: Int) -> Tensor {
        Tensor((0..<count).map { _ in 0.5 + generator.uniform() })
    }

    private mutating func dense(
        _ units: Int, reading shape: Shape, _ activation: Activation
    ) throws -> Dense {
        let scale = 1 / Double(shape[0]).squareRoot()
        return try Dense(
            weights: tensor(Shape(units, shape[0]), scale: scale),
            bias: chance(4) ? nil : tensor(Shape(units), scale: 0.3), activation: activation)
    }

    private mutating func embedding(_ tokens: Int) throws -> Embedding {
        try Embedding(weights: tensor(Shape(tokens + number(0...1), number(1...3)), scale: 0.7))
    }

    private mutating func convolution(_ shape: Shape) throws -> Convolution {
        let padding = Size(height: number(0...2), width: number(0...2))
        let kernel = Size(
            height: number(1...min(3, shape[1] + 2 * padding.height)),
            width: number(1...min(3, shape[2] + 2 * padding.width)))
        let filters = number(1...3)
        let scale = 1 / Double(shape[0] * kernel.height * kernel.width).squareRoot()
        return try Convolution(
            weights: tensor([filters, shape[0], kernel.height, kernel.width], scale: scale),
            bias: chance(4) ? nil : tensor(Shape(filters), scale: 0.3),
            stride: Size(height: number(1...3), width: number(1...3)), padding: padding,
            activation: oneOf(FiniteDifferenceTests.activations))
    }

    private mutating func pooling(_ shape: Shape) throws -> Pooling {
        let kernel = Size(
            height: number(1...min(3, shape[1])), width: number(1...min(3, shape[2])))
        let padding = Size(
            height: number(0...kernel.height / 2), width: number(0...kernel.width / 2))
        return try Pooling(
            window: Window(
                kernelSize: kernel, stride: Size(height: number(1...3), width: number(1...3)),
                padding: padding))
    }

    private mutating func batchNormalization(_ channels: Int) throws -> BatchNormalization {
        let statistics =
            chance(3)
            ? nil
            : try RunningStatistics(
                mean: tensor(Shape(channels), scale: 0.3), variance: positive(channels))
        return try BatchNormalization(
            epsilon: 0.1 + generator.uniform(),
            parameters: .given(
                weights: positive(channels),
                bias: chance(4) ? nil : tensor(Shape(channels), scale: 0.3)),
            statistics: statistics)
    }

    private mutating func layerNormalization(_ shape: Shape) throws -> LayerNormalization {
        try LayerNormalization(
            epsilon: 0.1 + generator.uniform(),
            parameters: .given(
                weights: tensor(shape, scale: 0.3, around: 1),
                bias: chance(4) ? nil : tensor(shape, scale: 0.3)))
    }

    /// Samples for a drawn network, half of them weighted.
    mutating func samples(of network: Network, for kind: Loss.Kind) throws -> Samples {
        let count = number(2...4)
        let (width, outputs) = (network.inputShape.size ?? 0, network.outputShape)
        let inputs =
            tokens.map { tokens in
                (0..<count * width).map { _ in Double(generator.index(below: tokens)) }
            } ?? generator.normals(count * width)
        return try Samples(
            inputs: Tensor(inputs, shape: Shape([count] + network.inputShape)),
            targets: generator.targets(count, outputs, for: kind),
            weights: chance(2) ? positive(count) : nil)
    }
}
