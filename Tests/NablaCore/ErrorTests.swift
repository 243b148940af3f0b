import NablaNetworks
import Testing

@testable import NablaCore

@Suite("What doesn't fit is refused where it is")
struct InvalidRequestTests {
    @Test("a network without numbers has no gradients and no outputs, but can be trained")
    func numbersAreNeeded() throws {
        let network = try Network(layers: [
            dense([[1], [2]], .relu), Layer(.dense(Dense(units: 1, activation: .identity))),
        ])
        let samples = try Samples(inputs: matrix([[1]]), targets: Tensor([1.0]))
        #expect(
            invalidPointer { _ = try gradients(.meanSquaredError, of: network, samples) }
                == "/network/layers/1")
        #expect(
            invalidPointer {
                _ = try predict(
                    network: network, inputs: matrix([[1]]), dtype: .float64, workspace: Workspace()
                )
            } == "/network/layers/1")
        _ = try Training(
            network: network, loss: Loss(.meanSquaredError), samples: samples,
            settings: TrainingSettings(optimizer: .sgd(SGD())))
    }

    @Test("a loss over probabilities needs the activation that gives them")
    func lossNeedsActivation() throws {
        let samples = try Samples(inputs: matrix([[1, 2]]), targets: matrix([[0, 1]]))
        for (kind, name) in [
            (Loss.Kind.binaryCrossEntropy, "binary_cross_entropy_with_logits"),
            (.crossEntropy(.plain), "cross_entropy_with_logits"),
        ] {
            let error = computationError {
                _ = try gradients(kind, of: passThrough(width: 2), samples)
            }
            guard case .invalid(let value)? = error else {
                Issue.record("\(kind) was not refused")
                continue
            }
            #expect(value.reason == .inconsistent && value.pointer == "/loss")
            #expect(value.detail.contains(name))
        }
    }

    @Test("shapes are named with both numbers")
    func shapes() throws {
        func refusal(
            _ kind: Loss.Kind, inputs: [[Double]], targets: Tensor
        ) throws -> InvalidValue? {
            let error = computationError {
                _ = try gradients(
                    kind, of: passThrough(width: 3),
                    Samples(inputs: matrix(inputs), targets: targets))
            }
            guard case .invalid(let value)? = error else { return nil }
            return value
        }
        let wrongInputs = try #require(
            try refusal(.meanSquaredError, inputs: [[1, 2]], targets: matrix([[1, 2, 3]])))
        #expect(wrongInputs.pointer == "/samples/inputs" && wrongInputs.reason == .shapeMismatch)
        #expect(wrongInputs.detail.contains("[1, 2]") && wrongInputs.detail.contains("(n, 3)"))
        for kind in [Loss.Kind.meanSquaredError, .crossEntropyWithLogits(.plain)] {
            let wrongTargets = try #require(
                try refusal(kind, inputs: [[1, 2, 3]], targets: matrix([[1, 2]])))
            #expect(wrongTargets.pointer == "/samples/targets")
            #expect(
                wrongTargets.detail.contains("[1, 2]") && wrongTargets.detail.contains("3 outputs"))
        }
        let flat = try refusal(.meanSquaredError, inputs: [[1, 2, 3]], targets: Tensor([1.0]))
        #expect(flat?.pointer == "/samples/targets")
    }

    @Test("targets that the loss isn't defined for are named one by one")
    func targets() throws {
        func pointer(_ kind: Loss.Kind, _ targets: Tensor, width: Int = 3) -> String? {
            invalidPointer {
                let row = [Double](repeating: 1, count: width)
                _ = try gradients(
                    kind, of: passThrough(width: width),
                    Samples(
                        inputs: matrix(Array(repeating: row, count: targets.shape[0])),
                        targets: targets))
            }
        }
        let classes = Loss.Kind.crossEntropyWithLogits(.plain)
        #expect(pointer(classes, Tensor([0.0, 2, 3])) == "/samples/targets/2")
        #expect(pointer(classes, Tensor([0.0, -1])) == "/samples/targets/1")
        #expect(pointer(classes, Tensor([0.5])) == "/samples/targets/0")
        #expect(pointer(classes, Tensor([2.0])) == nil)
        let binary = Loss.Kind.binaryCrossEntropyWithLogits
        #expect(
            pointer(binary, try matrix([[0, 1], [1, 1.5]]), width: 2) == "/samples/targets/1/1")
        #expect(pointer(binary, Tensor([0.0, -0.1]), width: 1) == "/samples/targets/1")
        #expect(pointer(.hinge, Tensor([1.0, 0]), width: 1) == "/samples/targets/1")
        #expect(pointer(.hinge, Tensor([1.0, -1]), width: 1) == nil)
        #expect(pointer(.klDivergence, Tensor([-1.0]), width: 1) == "/samples/targets/0")
    }

    @Test("class weights: one for each output, and not all of the samples' 0")
    func classWeights() throws {
        let samples = try Samples(inputs: matrix([[1, 2]]), targets: Tensor([1.0]))
        func pointer(_ weights: [Double]) -> String? {
            invalidPointer {
                let settings = try Loss.ClassSettings(classWeights: weights)
                _ = try gradients(
                    .crossEntropyWithLogits(settings), of: passThrough(width: 2), samples)
            }
        }
        #expect(pointer([1, 1, 1]) == "/loss/class_weights")
        #expect(pointer([1, 0]) == "/loss/class_weights")
        #expect(pointer([0, 1]) == nil)
    }

    @Test("a network too large for memory is refused before anything is allocated")
    func size() throws {
        let samples = try Samples(inputs: matrix([[1]]), targets: Tensor([1.0]))
        func pointer(_ units: [Int]) -> String? {
            invalidPointer {
                _ = try Training(
                    network: Network(
                        inputShape: [1],
                        layers: units.map {
                            try Layer(.dense(Dense(units: $0, activation: .relu)))
                        }),
                    loss: Loss(.meanSquaredError), samples: samples,
                    settings: TrainingSettings(optimizer: .sgd(SGD())))
            }
        }
        #expect(pointer([1 << 30]) == "/network/layers/0")
        #expect(pointer([1 << 20, 1 << 30, 1]) == "/network/layers/1")
        #expect(pointer([1 << 20, 1 << 19]) == "/network/layers/1")
        #expect(pointer([100, 1]) == nil)
    }

    @Test("trainings: validation, metrics and batches that leave nothing over")
    func trainings() throws {
        let network = try passThrough(width: 2, .softmax)
        let samples = try Samples(inputs: matrix([[1, 2], [3, 4]]), targets: Tensor([0.0, 1]))
        func pointer(
            validation: Samples? = nil, batchSize: Int = 2, metrics: [Metric] = []
        ) -> String? {
            invalidPointer {
                _ = try Training(
                    network: network, loss: Loss(.crossEntropy(.plain)), samples: samples,
                    validation: validation,
                    settings: TrainingSettings(
                        optimizer: .sgd(SGD()), batchSize: batchSize, dropLast: true,
                        metrics: metrics))
            }
        }
        #expect(pointer() == nil)
        #expect(pointer(batchSize: 3) == "/batch_size")
        #expect(pointer(metrics: [.accuracy, .r2]) == "/metrics/1")
        let narrow = try Samples(inputs: matrix([[1]]), targets: Tensor([0.0]))
        #expect(pointer(validation: narrow) == "/validation/inputs")
        let unknownClass = try Samples(inputs: matrix([[1, 2]]), targets: Tensor([2.0]))
        #expect(pointer(validation: unknownClass) == "/validation/targets/0")
        #expect(
            invalidPointer {
                _ = try predict(
                    network: network, inputs: matrix([[1]]), dtype: .float32, workspace: Workspace()
                )
            } == "/inputs")
    }
}

@Suite("NaN and infinity are named where they appear first")
struct NonFiniteTests {
    /// Where a gradient computation in float32 meets NaN or infinity.
    private func place(
        _ network: Network, inputs: [[Double]], targets: [Double],
        _ kind: Loss.Kind = .meanSquaredError, _ reduction: Reduction = .sum,
        including: Inclusions = []
    ) throws -> NonFinite? {
        let samples = try Samples(inputs: matrix(inputs), targets: Tensor(targets))
        let error = computationError {
            _ = try gradients(
                kind, reduction, of: network, samples, dtype: .float32, including: including)
        }
        guard case .nonFinite(let place)? = error else { return nil }
        return place
    }

    @Test("samples and parameters that are not finite themselves")
    func given() throws {
        let network = try passThrough(width: 1)
        let inputs = try place(network, inputs: [[1], [.nan]], targets: [1, 2])
        #expect(inputs == NonFinite(tensor: "inputs", sample: 1))
        let targets = try place(network, inputs: [[1], [2]], targets: [1, .infinity])
        #expect(targets == NonFinite(tensor: "targets", sample: 1))
        // Finite in float64, infinite in float32.
        let large = try place(
            Network(layers: [dense([[1e300]], .identity)]), inputs: [[1]], targets: [1])
        #expect(large == NonFinite(layer: 0, tensor: "weights"))
        let bias = try place(
            Network(layers: [dense([[1]], bias: [.infinity], .identity)]), inputs: [[1]],
            targets: [1])
        #expect(bias == NonFinite(layer: 0, tensor: "bias"))
        #expect(bias?.detail.contains("bias of layer 0") == true)
    }

    @Test(
        "an overflowing pre-activation, even where the activation hides it",
        arguments: [Activation.identity, .sigmoid, .relu, .tanh, .softplus])
    func preActivations(_ activation: Activation) throws {
        for sign in [1.0, -1] {
            let network = try Network(layers: [
                dense([[1]], .identity), dense([[sign * 1e30]], activation),
                dense([[1]], .identity),
            ])
            let found = try place(network, inputs: [[1], [2], [1e30]], targets: [0, 0, 0])
            #expect(found == NonFinite(layer: 1, tensor: "pre_activations", sample: 2))
            let error = computationError {
                _ = try predict(
                    network: network, inputs: matrix([[1], [2], [1e30]]), dtype: .float32,
                    workspace: Workspace())
            }
            #expect(
                error == .nonFinite(NonFinite(layer: 1, tensor: "pre_activations", sample: 2)))
        }
    }

    @Test("an overflowing activation, loss, gradient and input gradient")
    func later() throws {
        let selu = try Network(layers: [dense([[1]], .selu)])
        #expect(
            try place(selu, inputs: [[1], [3.4e38]], targets: [0, 0])
                == NonFinite(layer: 0, tensor: "activations", sample: 1))
        let identity = try passThrough(width: 1)
        #expect(
            try place(identity, inputs: [[1], [1e25]], targets: [0, 0])
                == NonFinite(tensor: "loss", sample: 1))
        // Each loss is finite, their sum isn't.
        let long = try Network(layers: [dense([[1e19]], .identity)])
        #expect(
            try place(long, inputs: [[1.5], [1.5]], targets: [0, 0]) == NonFinite(tensor: "loss"))
        let small = try Network(layers: [dense([[1e-38]], .identity)])
        #expect(
            try place(small, inputs: [[3e38]], targets: [0])
                == NonFinite(layer: 0, tensor: "weights_gradient"))
        let steep = try Network(layers: [dense([[3e38]], .identity)])
        #expect(try place(steep, inputs: [[1e-38]], targets: [0]) == nil)
        #expect(
            try place(steep, inputs: [[1e-38]], targets: [0], including: .inputGradients)
                == NonFinite(tensor: "input_gradients", sample: 0))
        #expect(
            try place(
                passThrough(width: 1, .relu), inputs: [[1], [-1]], targets: [1, 1], .klDivergence)
                == NonFinite(tensor: "loss", sample: 1))
    }

    @Test("the first layer counts, in whichever block and shard its sample is")
    func firstLayerOfAllBlocks() throws {
        var inputs = [[Double]](repeating: [1], count: 2000)
        inputs[100] = [1e10]  // overflows in layer 1
        inputs[1900] = [3e38]  // overflows in layer 0
        let network = try Network(layers: [
            dense([[10]], .identity), dense([[1e28]], .identity),
        ])
        let found = try place(
            network, inputs: inputs, targets: [Double](repeating: 0, count: 2000))
        #expect(found == NonFinite(layer: 0, tensor: "pre_activations", sample: 1900))
    }

    @Test("a training names epoch, step and sample, and stands before that step")
    func training() throws {
        let samples = try Samples(
            inputs: matrix([[1], [2], [3], [4]]), targets: Tensor([1.0, 2, 3, 4]))
        var training = try Training(
            network: Network(layers: [dense([[3]], .identity)]), loss: Loss(.meanSquaredError),
            samples: samples,
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 1e12)), epochs: 100, batchSize: 2))
        let error = computationError {
            while !training.isFinished { _ = try training.advance(maximumSteps: 1) }
        }
        guard case .nonFinite(let place)? = error else {
            Issue.record("the training didn't fail: \(String(describing: error))")
            return
        }
        #expect(place.epoch == training.epoch + 1 && place.step == training.step + 1)
        #expect(place.epoch == 2 && place.step == 3)
        #expect(place.tensor == "loss" || place.tensor == "pre_activations")
        #expect(place.detail.contains("epoch 2, step 3"))
        // The step that failed changed nothing.
        let trained = training.network().flat
        #expect(trained.allSatisfy { $0.isFinite })
    }

    @Test("an update that overflows is named before the network is used")
    func update() throws {
        var training = try Training(
            network: Network(layers: [dense([[1]], .identity)]), loss: Loss(.meanSquaredError),
            samples: Samples(inputs: matrix([[1e10]]), targets: Tensor([0.0])),
            settings: TrainingSettings(optimizer: .sgd(SGD(learningRate: 1e30))))
        let error = computationError { _ = try training.advance(maximumSteps: 1) }
        var place = NonFinite(layer: 0, tensor: "weights")
        (place.epoch, place.step) = (1, 1)
        #expect(error == .nonFinite(place))
    }
}
