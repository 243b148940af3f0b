import NablaNetworks
import Testing

/// What makes layers a network: names, `inputs`, merges.
@Suite struct GraphTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let pointer: String
        var reason = InvalidValue.Reason.inconsistent
        let detail: String
        var inputShape: Shape = [2]
        let layers: @Sendable () throws -> [Layer]
    }

    private static func dense(
        _ units: Int = 2, _ name: String? = nil, reading inputs: [String]? = nil
    ) throws -> Layer {
        Layer(name: name, inputs: inputs, .dense(try Dense(units: units, activation: .relu)))
    }

    static let mistakes = [
        Mistake(
            testDescription: "an unknown input", pointer: "/layers/1/inputs/0",
            detail: "there is no layer hiden before this one"
        ) { [try dense(2, "hidden"), try dense(reading: ["hiden"])] },
        Mistake(
            testDescription: "a later layer", pointer: "/layers/0/inputs/0",
            detail: "there is no layer second before this one"
        ) { [try dense(2, "first", reading: ["second"]), try dense(2, "second")] },
        Mistake(
            testDescription: "the layer itself", pointer: "/layers/0/inputs/0",
            detail: "there is no layer self before this one"
        ) { [try dense(2, "self", reading: ["self"])] },
        Mistake(
            testDescription: "two names alike", pointer: "/layers/2/name",
            detail: "two layers are named twin"
        ) { [try dense(2, "twin"), try dense(2, "other"), try dense(2, "twin")] },
        Mistake(
            testDescription: "input as a name", pointer: "/layers/0/name",
            detail: "input is the name of the network's inputs"
        ) { [try dense(2, "input")] },
        Mistake(
            testDescription: "an idle layer", pointer: "/layers/1", detail: "no layer reads layer 1"
        ) { [try dense(2, "a"), try dense(2, "idle"), try dense(2, reading: ["a"])] },
        Mistake(
            testDescription: "an idle first layer", pointer: "/layers/0",
            detail: "no layer reads layer 0"
        ) { [try dense(), try dense(2, reading: ["input"])] },
        Mistake(
            testDescription: "a merge without inputs", pointer: "/layers/1",
            detail: "add needs inputs"
        ) { [try dense(), Layer(.add)] },
        Mistake(
            testDescription: "a merge of nothing", pointer: "/layers/1/inputs",
            detail: "multiply reads at least one input, but inputs names 0"
        ) { [try dense(), Layer(inputs: [], .multiply)] },
        Mistake(
            testDescription: "two inputs of a layer that isn't a merge",
            pointer: "/layers/1/inputs",
            detail: "dense reads one input, but inputs names 2"
        ) { [try dense(2, "a"), try dense(2, reading: ["a", "input"])] },
        Mistake(
            testDescription: "no input of a layer that isn't a merge", pointer: "/layers/0/inputs",
            detail: "dense reads one input, but inputs names 0"
        ) { [try dense(2, reading: [])] },
        Mistake(
            testDescription: "a sum of shapes that differ", pointer: "/layers/1/inputs/1",
            reason: .shapeMismatch,
            detail: "add reads shapes that are the same, but input 0 has [2] and input 1 [3]"
        ) { [try dense(3, "a"), Layer(inputs: ["input", "a"], .add)] },
        Mistake(
            testDescription: "a concatenation of images of two sizes",
            pointer: "/layers/1/inputs/2",
            reason: .shapeMismatch, detail: "input 0 has [1, 4, 4] and input 2 [1, 3, 3]",
            inputShape: [1, 4, 4]
        ) {
            let window = try Window(kernelSize: Size(2), stride: Size(1), padding: Size(0))
            return [
                Layer(name: "pool", .maxPool2d(try Pooling(window: window))),
                Layer(inputs: ["input", "input", "pool"], .concatenate),
            ]
        },
        Mistake(
            testDescription: "a concatenation of a list and an image",
            pointer: "/layers/1/inputs/1",
            reason: .shapeMismatch, detail: "differ along the first axis alone",
            inputShape: [1, 4, 4]
        ) { [Layer(name: "list", .flatten), Layer(inputs: ["input", "list"], .concatenate)] },
        Mistake(
            testDescription: "an embedding of another layer", pointer: "/layers/1",
            detail: "an embedding reads the network's inputs"
        ) { [try dense(), Layer(.embedding(try Embedding(vocabulary: 3, dimension: 2)))] },
        Mistake(
            testDescription: "a branch that doesn't fit", pointer: "/layers/2/weights",
            reason: .shapeMismatch, detail: "weights has 5 columns, but input_shape has 2 inputs"
        ) {
            let weights = try Tensor([Float](repeating: 0, count: 10), shape: [2, 5])
            let wrong = try Dense(weights: weights, bias: nil, activation: .relu)
            return [
                try dense(5, "a"), try dense(2, "b"),
                Layer(name: "c", inputs: ["input"], .dense(wrong)),
                Layer(inputs: ["b", "c"], .add),
            ]
        },
    ]

    @Test(arguments: mistakes) func aMistakeIsNamedWhereItIs(_ mistake: Mistake) throws {
        let layers = try mistake.layers()
        let error = try #require(throws: InvalidValue.self) {
            try Network(inputShape: mistake.inputShape, layers: layers)
        }
        #expect(error.pointer == mistake.pointer)
        #expect(error.reason == mistake.reason)
        #expect(error.detail.contains(mistake.detail), "\(error.detail)")
    }

    @Test func aGraphKnowsWhatItsLayersRead() throws {
        let network = try Network(
            inputShape: [2],
            layers: [
                Self.dense(2, "a"), Self.dense(2, "b", reading: ["a"]),
                Layer(name: "wide", inputs: ["a", "b"], .concatenate), Self.dense(3),
            ])
        #expect(!network.isChain)
        #expect(network.sources(ofLayer: 0) == [.input])
        #expect(network.sources(ofLayer: 1) == [.layer(0)])
        #expect(network.sources(ofLayer: 2) == [.layer(0), .layer(1)])
        #expect(network.sources(ofLayer: 3) == [.layer(2)])
        #expect(network.inputShape(ofLayer: 3) == [4])
        #expect(network.outputShapes == [[2], [2], [4], [3]])
    }

    @Test func namesAndInputsOfAChainChangeNothing() throws {
        let network = try Network(
            inputShape: [2],
            layers: [
                Self.dense(2, "a", reading: ["input"]), Self.dense(2, "b", reading: ["a"]),
                Self.dense(),
            ])
        #expect(network.isChain)
        #expect(network.sources(ofLayer: 1) == [.layer(0)])
    }

    @Test func theSameInputMayBeReadTwice() throws {
        let network = try Network(
            inputShape: [2], layers: [Layer(inputs: ["input", "input"], .multiply)])
        #expect(!network.isChain && network.sources(ofLayer: 0) == [.input, .input])
        #expect(network.outputShape == [2])
    }
}
