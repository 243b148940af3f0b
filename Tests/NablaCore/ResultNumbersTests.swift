import NablaNetworks
import Testing

@testable import NablaCore

/// Results of more numbers than a workspace allows are refused; as many as it allows are given.
@Suite("The bound of results' numbers")
struct ResultNumbersTests {
    /// What is included, as a refusal names it, and its numbers a sample.
    struct Case: Sendable, CustomTestStringConvertible {
        let including: Inclusions
        let names: String
        let width: Int
        var testDescription: String { names }
    }

    static let cases = [
        Case(including: .outputs, names: "outputs", width: 4),
        Case(including: .activations, names: "activations", width: 7),
        Case(including: [.inputGradients, .norms], names: "input_gradients", width: 2),
        Case(including: .perSampleGradients, names: "per_sample_gradients", width: 18),
        Case(
            including: [.outputs, .activations, .inputGradients, .perSampleGradients],
            names: "outputs and activations and input_gradients and per_sample_gradients",
            width: 31),
    ]

    private static let count = 5

    /// Two inputs, three hidden units and four outputs: 7 activations a sample, and 18 parameters.
    private func network() throws -> Network {
        try Network(layers: [
            dense([[0.1, -0.2], [0.4, 0.3], [0.5, 0.2]], .tanh),
            dense([[0.7, -0.5, 0.1], [0.2, 0.3, 0.4], [-1, 0.6, 0], [1, 0.5, -1]], .identity),
        ])
    }

    private func samples() throws -> Samples {
        var generator = Generator(seed: 1)
        return try Samples(
            inputs: Tensor(generator.normals(Self.count * 2), shape: [Self.count, 2]),
            targets: Tensor(generator.normals(Self.count * 4), shape: [Self.count, 4]))
    }

    private func expectRefusal(
        _ detail: String, at pointer: String, _ body: () throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            computationError(body) == .invalid(InvalidValue(.outOfRange, detail, at: pointer)),
            sourceLocation: sourceLocation)
    }

    @Test("what is included", arguments: cases)
    func inclusions(_ test: Case) throws {
        let (network, samples, loss) = (
            try network(), try samples(), try Loss(.meanSquaredError)
        )
        func gradients(_ mostNumbers: Int, _ dtype: DType) throws -> Gradients {
            try Gradients.compute(
                of: loss, network: network, samples: samples, dtype: dtype,
                including: test.including, workspace: Workspace(mostNumbers: mostNumbers))
        }
        let bound = Self.count * test.width
        for dtype in DType.allCases {
            #expect(try gradients(bound, dtype).layers.count == 2)
            expectRefusal(
                "\(test.names) would be 5 times \(test.width) numbers; \(bound - 1) are the most",
                at: "/include"
            ) { _ = try gradients(bound - 1, dtype) }
        }
    }

    @Test("gradients and their norms alone are as many as parameters, and never refused")
    func gradientsAlone() throws {
        for including in [[], .norms] as [Inclusions] {
            let gradients = try Gradients.compute(
                of: Loss(.meanSquaredError), network: network(), samples: samples(),
                dtype: .float64, including: including, workspace: Workspace(mostNumbers: 0))
            #expect(gradients.flat.count == 18)
        }
    }

    @Test("predicted outputs")
    func outputs() throws {
        let (network, inputs) = (try network(), try samples().inputs)
        func outputs(_ mostNumbers: Int) throws -> Tensor {
            try predict(
                network: network, inputs: inputs, dtype: .float32,
                workspace: Workspace(mostNumbers: mostNumbers))
        }
        #expect(try outputs(20).count == 20)
        expectRefusal("outputs would be 5 times 4 numbers; 19 are the most", at: "/inputs") {
            _ = try outputs(19)
        }
    }

    private func check(
        _ mostNumbers: Int, _ claim: [LayerGradients]? = nil
    ) throws -> GradientCheck {
        try GradientCheck.compute(
            of: Loss(.meanSquaredError), network: network(), samples: samples(), claim: claim,
            workspace: Workspace(mostNumbers: mostNumbers))
    }

    @Test("the activations that a check looks at")
    func checkedActivations() throws {
        #expect(try check(35).passes)
        expectRefusal(
            "the activations of all layers would be 5 times 7 numbers; 34 are the most",
            at: "/samples/inputs"
        ) { _ = try check(34) }
    }

    @Test("a claim is compared with mistakes only as long as their gradients are few")
    func mistakes() throws {
        let network = try network()
        let trace = try #require(
            DenseTrace<Double>(
                PreparedGradient(Loss(.meanSquaredError), network, samples())))
        let claim = try zip(trace.layers, trace.backward(with: .leftOutDerivative(of: 0))).map {
            layer, part in
            LayerGradients(
                weights: try Tensor(part.weights, shape: Shape(layer.units, layer.inputs)),
                bias: nil)
        }
        // The parameters, and as much as 32 numbers more for each of two layers.
        let known = Mistake.all(for: trace).count * (18 + 2 * 32)
        #expect(known > 35)
        for (mostNumbers, isNamed) in [(known, true), (known - 1, false)] {
            let check = try check(mostNumbers, claim)
            #expect(!check.passes)
            #expect(check.diagnosis.contains("(tanh) is left out") == isNamed, "\(check.diagnosis)")
        }
    }

    @Test("an explanation")
    func explanation() throws {
        let (network, samples) = (try network(), try samples())
        func explanation(_ mostNumbers: Int) throws -> Explanation {
            try Explanation.compute(
                of: Loss(.meanSquaredError), network: network, samples: samples, dtype: .float64,
                mostNumbers: mostNumbers)
        }
        // The parameters, and for each sample two inputs and five numbers of each unit.
        let numbers = 18 + Self.count * (2 + 5 * 7)
        #expect(try explanation(numbers).layers.count == 2)
        expectRefusal(
            "the explanation would be of \(numbers) numbers; \(numbers - 1) are the most",
            at: "/include"
        ) { _ = try explanation(numbers - 1) }
    }

    @Test("the outputs that metrics see of a batch, and that auc orders of all samples")
    func metrics() throws {
        // 4,096 samples have as many outputs as there is room for.
        func pointer(_ count: Int, batch: Int, validation: Int = 1, _ metrics: [Metric]) -> String?
        {
            invalidPointer {
                func samples(_ count: Int) throws -> Samples {
                    try Samples(
                        inputs: Tensor([Double](repeating: 0, count: count), shape: [count, 1]),
                        targets: Tensor([Double](repeating: 0, count: count)))
                }
                let layer = try Layer(.dense(Dense(units: 8192, activation: .softmax)))
                _ = try PreparedTraining<Float>(
                    network: Network(inputShape: [1], layers: [layer]),
                    loss: Loss(.crossEntropy(.plain)), samples: samples(count),
                    validation: samples(validation),
                    settings: TrainingSettings(
                        optimizer: .sgd(SGD()), batchSize: batch, metrics: metrics))
            }
        }
        #expect(pointer(4096, batch: 4096, validation: 4096, [.auc]) == nil)
        #expect(pointer(4097, batch: 4097, []) == nil)
        #expect(pointer(4097, batch: 4097, [.accuracy]) == "/batch_size")
        #expect(pointer(4097, batch: 1, [.accuracy]) == nil)
        #expect(pointer(4097, batch: 1, [.accuracy, .auc]) == "/metrics")
        #expect(pointer(1, batch: 1, validation: 4097, [.auc]) == "/metrics")
    }

    @Test("what is under the windows of a layer")
    func windows() throws {
        func pointer(_ inputShape: Shape, _ operation: Layer.Operation) throws -> String? {
            let network = try Network(inputShape: inputShape, layers: [Layer(operation)])
            return invalidPointer { _ = try Plan<Float>(network, samples: 1) }
        }
        func convolution(_ width: Int) throws -> Layer.Operation {
            try .conv2d(
                Convolution(
                    filters: 1,
                    window: Window(
                        kernelSize: Size(height: 1, width: width), stride: Size(1),
                        padding: Size(height: 0, width: width - 1))))
        }
        // One number and zeros around it, under `width` windows of as many numbers.
        #expect(try pointer([1, 1, 1], convolution(5792)) == nil)
        #expect(try pointer([1, 1, 1], convolution(5793)) == "/network/layers/0")
        #expect(try pointer([1, 1, 1], convolution(600_000)) == "/network/layers/0")
        func pooling(_ size: Int) throws -> Pooling {
            try Pooling(
                window: Window(
                    kernelSize: Size(size), stride: Size(1), padding: Size(size / 2)))
        }
        #expect(try pointer([1, 60, 60], .averagePool2d(pooling(60))) == nil)
        for operation in [
            Layer.Operation.averagePool2d(try pooling(300)), .maxPool2d(try pooling(300)),
        ] {
            #expect(try pointer([1, 300, 300], operation) == "/network/layers/0")
        }
    }

    @Test("a training that waits has no memory but for its parameters")
    func waitingTraining() throws {
        func state() throws -> TrainingState<Float> {
            try TrainingState<Float>(
                network: network(), loss: Loss(.meanSquaredError), samples: samples(),
                validation: samples(),
                settings: TrainingSettings(
                    optimizer: .adam(Adam()), epochs: 3, metrics: [.r2],
                    earlyStopping: EarlyStopping(patience: 5, restoreBest: true)))
        }
        var (whole, resumed) = (try state(), try state())
        #expect(whole.memory.scratch.count == 0 && whole.memory.optimizer.isEmpty)
        // A checkpoint tells as much as one of a training that has begun.
        let checkpoint = try #require(whole.checkpoint)
        #expect(checkpoint.numbers.count == whole.checkpointCount * 4)
        try resumed.resume(from: checkpoint)
        let allotment = Allotment(steps: .max, epochs: .max, stepsAtATime: .max)
        let ends = [
            try whole.advance(allotment, shards: .serial),
            try resumed.advance(allotment, shards: .serial),
        ]
        #expect(whole.isFinished && resumed.isFinished && ends.map(\.count) == [3, 3])
        #expect(ends[0].values == ends[1].values)
        #expect(whole.memory.scratch.count > 0)
    }

    @Test("a look at a training's health is at as many samples as there is room for")
    func health() throws {
        func activations(width: Int) throws -> Int {
            let layers = (0..<2).map { _ in Layer(.activation(.tanh)) }
            let network = try Network(inputShape: [width], layers: layers)
            let plan = try Plan<Float>(network, samples: 1000)
            let objective = try Objective<Float>(
                Loss(.meanSquaredError), for: plan, targetShape: [1000, width])
            let health = try #require(
                TrainingHealth(
                    plan, objective, samples: 1000, seen: 1000,
                    TrainingSettings(optimizer: .sgd(SGD()), batchSize: 1000)))
            return health.activationCount(plan)
        }
        #expect(try activations(width: 10) == 256 * 20)
        #expect(try activations(width: 1 << 19) == 1 << 25)
    }

    @Test("a workspace gives back what is large")
    func release() throws {
        let workspace = Workspace()
        for dtype in [DType.float32, .float64] {
            _ = try predict(
                network: network(), inputs: samples().inputs, dtype: dtype, workspace: workspace)
        }
        let bytes = workspace.single.memory.byteCount
        #expect(bytes > 0 && workspace.double.memory.byteCount > bytes)
        workspace.release(beyond: bytes)
        #expect(workspace.single.memory.byteCount == bytes)
        #expect(workspace.double.memory.byteCount == 0)
        // It is made anew.
        _ = try predict(
            network: network(), inputs: samples().inputs, dtype: .float64, workspace: workspace)
    }

    @Test("products that no integer holds")
    func overflow() {
        for (count, width) in [(Int.max, Int.max), (1 << 40, 1 << 40), (2, .max)] {
            let pointer = invalidPointer {
                try Workspace(mostNumbers: .max - 1).check(
                    ["x"], samples: count, width: width, at: "/x")
            }
            #expect(pointer == "/x")
        }
        #expect(
            invalidPointer {
                try Workspace(mostNumbers: 0).check(["x"], samples: .max, width: 0, at: "/x")
            } == nil)
    }
}
