import NablaNetworks
import Testing

@testable import NablaCore

/// Computations that are compiled once against ones that are compiled for each request.
@Suite struct RepeatedGradientTests {
    /// Numbers of a request, one behind the other: samples in front, then parameters, in two pieces unless they
    /// are to lie as a network has them.
    private func numbers(
        _ network: Network, _ samples: Samples, inOrder isInOrder: Bool = false
    ) -> (numbers: [Double], layout: RepeatedGradient.Layout) {
        var numbers: [Double] = [-1]
        func append(_ more: [Double]) -> Range<Int> {
            numbers += more
            return numbers.count - more.count..<numbers.count
        }
        let targets = append(samples.targets.doubles)
        let weights = samples.weights.map { append($0.doubles) }
        let inputs = append(samples.inputs.doubles)
        let parameters = network.flat
        let half = parameters.count / 2
        if isInOrder {
            let pieces = [append(Array(parameters[..<half])), append(Array(parameters[half...]))]
            return (
                numbers,
                RepeatedGradient.Layout(
                    parameters: pieces, inputs: inputs, targets: targets, weights: weights)
            )
        }
        // The second piece in front.
        let second = append(Array(parameters[half...]))
        let first = append(Array(parameters[..<half]))
        return (
            numbers,
            RepeatedGradient.Layout(
                parameters: [first, second], inputs: inputs, targets: targets, weights: weights)
        )
    }

    private func bits(_ gradients: Gradients) -> [UInt64] {
        (gradients.loss.doubles + gradients.flat).map(\.bitPattern)
    }

    private func bits(_ numbers: Tensor.Numbers) -> [UInt64] {
        Double.unwrap(numbers).map(\.bitPattern)
    }

    @Test(arguments: DrawnNetwork.seeds)
    func theBitsAreThoseOfASingleComputation(_ seed: UInt64) throws {
        let drawn = try DrawnNetwork(seed: seed)
        let loss = try Loss(drawn.loss.kind, reduction: seed.isMultiple(of: 2) ? .sum : .mean)
        var settings = drawn.settings
        if seed.isMultiple(of: 3) { settings.layers = [drawn.network.layers.count - 1] }
        let isInOrder = seed.isMultiple(of: 5)
        let (known, layout) = numbers(drawn.network, drawn.samples, inOrder: isInOrder)
        let vector = drawn.network.layers.map { layer in
            guard case .given(let weights, let bias) = layer.parameters else {
                return LayerGradients(weights: nil, bias: nil)
            }
            return LayerGradients(weights: weights, bias: bias)
        }
        let workspace = Workspace()
        for dtype in DType.allCases {
            func compiled() throws -> RepeatedGradient {
                try RepeatedGradient(
                    of: loss, network: drawn.network, samples: drawn.samples, dtype: dtype,
                    settings: settings, layout: layout)
            }
            guard
                drawn.network.layers.allSatisfy({ layer in
                    if case .drawn = layer.parameters { false } else { true }
                })
            else {
                // A normalisation that begins as γ = 1 and β = 0 has numbers that the request lacks.
                #expect(throws: ComputationError.self) { try compiled() }
                continue
            }
            let gradient = try compiled()
            for step in [0, 0.25, -0.5] {
                let network = try drawn.network.moved(step, along: vector)
                let (numbers, _) = numbers(network, drawn.samples, inOrder: isInOrder)
                #expect(numbers.count == known.count)
                let expected = try Gradients.compute(
                    of: loss, network: network, samples: drawn.samples, dtype: dtype,
                    settings: settings, workspace: Workspace())
                let result = try gradient.compute(numbers, as: dtype, workspace: workspace)
                #expect(bits(result) == bits(expected), "\(drawn.testDescription)")
            }
        }
    }

    /// What is computed without what larger batches need.
    @Test(arguments: [1, 3, 4, 5, 16, 17], [true, false])
    func smallChainsHaveTheSameBits(_ rows: Int, _ hasWeights: Bool) throws {
        var generator = Generator(seed: UInt64(rows))
        func drawn(_ shape: Shape) throws -> Tensor {
            let count = try #require(shape.size)
            return try Tensor((0..<count).map { _ in generator.normal() }, shape: shape)
        }
        let classes = Tensor((0..<rows).map { Double($0 % 3) })
        let ends: [(Loss, Activation, Int, Tensor)] = [
            (try Loss(.meanSquaredError), .tanh, 3, try drawn([rows, 3])),
            (try Loss(.huber(delta: 0.5), reduction: .sum), .identity, 2, try drawn([rows, 2])),
            (try Loss(.binaryCrossEntropy), .sigmoid, 1, Tensor((0..<rows).map { Double($0 % 2) })),
            (try Loss(.crossEntropy(.plain)), .softmax, 3, classes),
            (try Loss(.crossEntropyWithLogits(.plain), reduction: .sum), .identity, 3, classes),
        ]
        let workspace = Workspace()
        for (loss, end, outputs, targets) in ends {
            for activation in [Activation.relu, .sigmoid, .gelu] {
                let network = try Network(layers: [
                    Layer(
                        .dense(
                            Dense(
                                weights: drawn([5, 2]), bias: drawn([5]), activation: activation))),
                    Layer(.dense(Dense(weights: drawn([4, 5]), bias: nil, activation: .tanh))),
                    Layer(
                        .dense(
                            Dense(
                                weights: drawn([outputs, 4]), bias: drawn([outputs]),
                                activation: end))),
                ])
                let samples = try Samples(
                    inputs: drawn([rows, 2]), targets: targets,
                    weights: hasWeights ? Tensor((0..<rows).map { Double($0 + 1) }) : nil)
                let (numbers, layout) = numbers(network, samples, inOrder: true)
                for dtype in DType.allCases {
                    let gradient = try RepeatedGradient(
                        of: loss, network: network, samples: samples, dtype: dtype, layout: layout)
                    let expected = try Gradients.compute(
                        of: loss, network: network, samples: samples, dtype: dtype,
                        workspace: Workspace())
                    let result = try gradient.compute(numbers, as: dtype, workspace: workspace)
                    #expect(bits(result) == bits(expected), "\(loss) \(end) \(activation)")
                    #expect(throws: ComputationError.cancelled) {
                        try gradient.compute(numbers, as: dtype, workspace: workspace) { true }
                    }
                }
            }
        }
    }

    /// As it is for parameters that lie otherwise, which are computed as those of larger batches.
    @Test func whatIsNotFiniteInASmallChainIsNamed() throws {
        let (network, samples) = (try sigmoid(), try #require(Self.xor))
        func error(_ weight: Double, _ input: Double, inOrder isInOrder: Bool) throws -> String {
            var (numbers, layout) = numbers(network, samples, inOrder: isInOrder)
            let gradient = try RepeatedGradient(
                of: Loss(.binaryCrossEntropy), network: network, samples: samples, dtype: .float64,
                layout: layout)
            numbers[layout.inputs.lowerBound] = input
            numbers[layout.parameters[0].lowerBound] = weight
            do {
                return "\(try gradient.compute(numbers, as: .float64, workspace: Workspace()))"
            } catch {
                return "\(error)"
            }
        }
        for (weight, input, tensor) in [
            (1e308, 1e308, "pre_activations"), (1e-300, 1e308, "float64"),
            (-1e308, 1, "loss"), (.nan, 1, "weights"), (1, .infinity, "pre_activations"),
        ] {
            let expected = try error(weight, input, inOrder: false)
            #expect(expected.contains(tensor), "\(expected)")
            #expect(try error(weight, input, inOrder: true) == expected)
        }
    }

    /// Weights that lie in panels come and go row by row.
    @Test func layersInPanelsHaveTheSameBits() throws {
        var generator = Generator(seed: 5)
        func drawn(_ shape: Shape) throws -> Tensor {
            let count = try #require(shape.size)
            return try Tensor((0..<count).map { _ in generator.normal() / 8 }, shape: shape)
        }
        func network() throws -> Network {
            try Network(layers: [
                Layer(
                    .dense(
                        Dense(weights: drawn([96, 200]), bias: drawn([96]), activation: .relu))),
                Layer(.dense(Dense(weights: drawn([10, 96]), bias: nil, activation: .softmax))),
            ])
        }
        let samples = try Samples(
            inputs: drawn([300, 200]),
            targets: Tensor((0..<300).map { Double($0 % 10) }))
        let (first, second) = (try network(), try network())
        let loss = try Loss(.crossEntropy(.plain))
        let (_, layout) = numbers(first, samples)
        for dtype in DType.allCases {
            let gradient = try RepeatedGradient(
                of: loss, network: first, samples: samples, dtype: dtype, layout: layout)
            let expected = try Gradients.compute(
                of: loss, network: second, samples: samples, dtype: dtype, workspace: Workspace())
            let result = try gradient.compute(
                numbers(second, samples).numbers, as: dtype, workspace: Workspace(),
                shards: .concurrent)
            #expect(bits(result) == bits(expected))
        }
    }

    private static let xor = try? Samples(
        inputs: matrix([[0, 0], [0, 1], [1, 0], [1, 1]]), targets: matrix([[0], [1], [1], [0]]),
        weights: Tensor([1.0, 2, 3, 4]))

    private func sigmoid() throws -> Network {
        try Network(layers: [dense([[0.5, -0.25]], bias: [0.125], .sigmoid)])
    }

    @Test func theOtherNumberTypeIsRefused() throws {
        let (network, samples) = (try sigmoid(), try #require(Self.xor))
        let (numbers, layout) = numbers(network, samples)
        for dtype in DType.allCases {
            let gradient = try RepeatedGradient(
                of: Loss(.binaryCrossEntropy), network: network, samples: samples, dtype: dtype,
                layout: layout)
            for other in DType.allCases {
                let error = computationError {
                    _ = try gradient.compute(numbers, as: other, workspace: Workspace())
                }
                #expect((error == nil) == (other == dtype))
            }
        }
    }

    @Test func numbersThatDontFitAreRefused() throws {
        let (network, samples) = (try sigmoid(), try #require(Self.xor))
        let (numbers, layout) = numbers(network, samples)
        let gradient = try RepeatedGradient(
            of: Loss(.binaryCrossEntropy), network: network, samples: samples, dtype: .float64,
            layout: layout)
        func error(_ change: (inout [Double]) -> Void) -> String {
            var changed = numbers
            change(&changed)
            do {
                _ = try gradient.compute(changed, as: .float64, workspace: Workspace())
                return ""
            } catch {
                return "\(error)"
            }
        }
        let weights = try #require(layout.weights)
        #expect(error { _ in } == "")
        #expect(error { $0.removeLast() }.contains("numbers"))
        #expect(error { $0[layout.targets.lowerBound] = 1.5 }.contains("probability"))
        #expect(error { $0[weights.lowerBound] = -1 }.contains("weight"))
        #expect(error { for index in weights { $0[index] = 0 } }.contains("0"))
        #expect(error { $0[layout.inputs.lowerBound] = 1e308 } == "")
        #expect(
            error {
                for range in layout.parameters { for index in range { $0[index] = 1e308 } }
            } != "")
    }

    @Test func whatIsNotRepeatedIsRefused() throws {
        let (network, samples) = (try sigmoid(), try #require(Self.xor))
        let (_, layout) = numbers(network, samples)
        func compile(
            _ reduction: Reduction = .mean, _ settings: GradientSettings = GradientSettings(),
            _ change: (inout RepeatedGradient.Layout) -> Void = { _ in }
        ) throws {
            var layout = layout
            change(&layout)
            _ = try RepeatedGradient(
                of: Loss(.binaryCrossEntropy, reduction: reduction), network: network,
                samples: samples, dtype: .float64, settings: settings, layout: layout)
        }
        try compile()
        let vector = [LayerGradients(weights: nil, bias: nil)]
        #expect(throws: ComputationError.self) { try compile(.none) }
        #expect(throws: ComputationError.self) {
            try compile(.mean, GradientSettings(vector: vector))
        }
        #expect(throws: ComputationError.self) { try compile { $0.weights = nil } }
        #expect(throws: ComputationError.self) { try compile { $0.inputs = 0..<7 } }
        #expect(throws: ComputationError.self) { try compile { $0.parameters.removeLast() } }
    }
}

extension RepeatedGradient {
    /// What a computation gives, of numbers rounded to its type.
    fileprivate func compute(
        _ numbers: [Double], as dtype: DType, workspace: Workspace,
        shards: ShardRunner = .serial, isCancelled: () -> Bool = { false }
    ) throws(ComputationError) -> Tensor.Numbers {
        switch dtype {
        case .float32:
            let numbers = numbers.map { Float($0) }
            var results: [Float] = []
            let span = numbers.span
            try compute(span, workspace: workspace, shards: shards, isCancelled: isCancelled) {
                span in results = span.indices.map { span[$0] }
            }
            return .float32(results)
        case .float64:
            var results: [Double] = []
            let span = numbers.span
            try compute(span, workspace: workspace, shards: shards, isCancelled: isCancelled) {
                span in results = span.indices.map { span[$0] }
            }
            return .float64(results)
        }
    }
}
