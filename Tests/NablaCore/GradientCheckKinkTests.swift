import NablaNetworks
import Testing

@testable import NablaCore

/// What a check says near the corners of activations and losses, and what it refuses.
@Suite("Gradient checks near kinks, and their limits")
struct GradientCheckKinkTests {
    private func check(
        _ kind: Loss.Kind, _ network: Network, _ samples: Samples,
        claim: [LayerGradients]? = nil, _ settings: GradientCheck.Settings = .init()
    ) throws -> GradientCheck {
        try GradientCheck.compute(
            of: Loss(kind), network: network, samples: samples, claim: claim, settings: settings,
            workspace: Workspace())
    }

    private func sample(_ inputs: [Double], _ target: Double) throws -> Samples {
        try Samples(inputs: matrix([inputs]), targets: matrix([[target]]))
    }

    @Test func aReLUAtItsCornerIsNamed() throws {
        // z of unit 1 is 0 for sample 0: z = 1·1 − 1·1.
        let network = try Network(layers: [
            dense([[1, 2], [1, -1]], bias: [0, 0], .relu), dense([[1, 3]], bias: [0], .identity),
        ])
        let samples = try sample([1, 1], 5)
        let own = try check(.meanSquaredError, network, samples)
        #expect(own.passes, "\(own.worst)")
        #expect(
            own.kinks.map(\.place.pointer) == [
                "/layers/0/weights/1/0", "/layers/0/weights/1/1", "/layers/0/bias/1",
            ])
        for entry in own.kinks {
            #expect(entry.kink == GradientCheck.Kink(layer: 0, unit: 1, sample: 0))
            // PyTorch's choice, 0, is one of the one-sided derivatives; the quotient is their mean.
            #expect(entry.analytic == 0 && entry.numeric != 0)
        }
        #expect(own.diagnosis.contains("Differences are unreliable at /layers/0/weights/1/0"))
        #expect(
            own.diagnosis.contains("the corner of the activation of layer 0, unit 1, for sample 0"))

        // Whoever takes the derivative for 1 there is as right; whoever takes it for 2 isn't.
        let other = -2.0 * 2 * 3
        for (factor, isRight) in [(0.5, true), (1, true), (2, false), (-0.1, false)] {
            var claim = try gradients(.meanSquaredError, of: network, samples).layers
            claim[0] = LayerGradients(
                weights: try matrix([
                    #require(claim[0].weights).rows[0], [other * factor, other * factor],
                ]),
                bias: Tensor([claim[0].bias?.doubles[0] ?? 0, other * factor]))
            #expect(
                try check(.meanSquaredError, network, samples, claim: claim).passes == isRight)
        }
    }

    @Test func cornersThatCancelAreSeen() throws {
        // relu(θ) − relu(−θ) = θ at θ = 0: its one-sided derivatives are both 1, and the chain rule
        // with relu′(0) = 0 gives 0.
        let network = try Network(layers: [
            dense([[0]], .identity), dense([[1], [-1]], .relu), dense([[1, -1]], .identity),
        ])
        let own = try check(.meanSquaredError, network, sample([1], 1))
        #expect(own.kinks.first?.place.pointer == "/layers/0/weights/0/0")
        #expect(own.passes)
    }

    // Exactly at its corner the absolute error's derivative is 0, as the quotient's is.
    @Test(arguments: [(Loss.Kind.meanAbsoluteError, 0.4999997), (.hinge, 0.5)])
    func aLossNearItsCornerIsNamed(_ kind: Loss.Kind, _ weight: Double) throws {
        let network = try Network(layers: [dense([[0.5, weight]], bias: [0], .identity)])
        let own = try check(kind, network, sample([1, 1], 1))
        #expect(own.kinks.count == 3 && own.passes)
        #expect(own.kinks.first?.kink == GradientCheck.Kink(layer: nil, unit: 0, sample: 0))
        #expect(own.diagnosis.contains("the corner of the loss at output 0 for sample 0"))
    }

    @Test func aCornerOutsideTheStepIsNone() throws {
        let network = try Network(layers: [dense([[0.5, 0.51]], bias: [0], .identity)])
        let own = try check(.meanAbsoluteError, network, sample([1, 1], 1))
        #expect(own.kinks.isEmpty && own.passes)
        let wide = try check(
            .meanAbsoluteError, network, sample([1, 1], 1), claim: nil, .init(step: 0.1))
        #expect(wide.kinks.count == 3)
    }

    @Test("a step too long for the curve is made up for", arguments: [0.2, 1e-2, 1e-9])
    func extrapolation(_ step: Double) throws {
        var generator = Generator(seed: 3)
        let network = try generator.network(
            inputs: 2, hidden: [4], outputs: 2, .tanh, last: .sigmoid)
        let samples = try Samples(
            inputs: Tensor(generator.normals(6), shape: [3, 2]),
            targets: Tensor([1.0, 0, 0.3, 1, 0, 0.9], shape: [3, 2]))
        let own = try check(
            .binaryCrossEntropy, network, samples, claim: nil, .init(step: step))
        #expect(own.passes, "\(own.worst)")
    }

    @Test func claimsOfAnotherShapeAreRefusedWithTheirPlace() throws {
        let network = try Network(layers: [
            dense([[1, 2], [1, -1], [2, 2]], bias: [0, 0, 1], .tanh),
            dense([[1, 3, 2]], .identity),
        ])
        let samples = try sample([1, 1], 5)
        let right = try gradients(.meanSquaredError, of: network, samples).layers
        let wide = LayerGradients(
            weights: try matrix([[1, 2, 3, 4]]), bias: right[0].bias)
        let short = LayerGradients(weights: right[0].weights, bias: Tensor([1.0, 2]))
        let bare = LayerGradients(weights: right[0].weights, bias: nil)
        let more = LayerGradients(weights: right[1].weights, bias: Tensor([1.0]))
        let notFinite = LayerGradients(
            weights: try matrix([[1, 2], [1, .nan], [2, 2]]), bias: right[0].bias)
        for (claim, pointer) in [
            ([right[0]], "/gradients"), ([wide, right[1]], "/gradients/0/weights"),
            ([short, right[1]], "/gradients/0/bias"), ([bare, right[1]], "/gradients/0"),
            ([right[0], more], "/gradients/1/bias"),
            ([notFinite, right[1]], "/gradients/0/weights"),
        ] {
            let found = invalidPointer {
                _ = try check(.meanSquaredError, network, samples, claim: claim)
            }
            #expect(found == pointer)
        }
    }

    @Test func settingsOutOfRangeAreRefused() throws {
        let network = try passThrough(width: 1)
        for (settings, pointer) in [
            (GradientCheck.Settings(step: 0), "/step"), (.init(step: .nan), "/step"),
            (.init(relativeTolerance: 0), "/rtol"), (.init(absoluteTolerance: -1), "/atol"),
        ] {
            let found = invalidPointer {
                _ = try check(.meanSquaredError, network, sample([1], 2), claim: nil, settings)
            }
            #expect(found == pointer)
        }
    }

    @Test func aCallerWhoLeavesEndsIt() throws {
        var generator = Generator(seed: 3)
        let network = try generator.network(
            inputs: 2, hidden: [4], outputs: 1, .tanh, last: .identity)
        var asked = 0
        let error = computationError {
            _ = try GradientCheck.compute(
                of: Loss(.meanSquaredError), network: network, samples: sample([1, 2], 3),
                workspace: Workspace(),
                isCancelled: {
                    asked += 1
                    return asked > 5
                })
        }
        #expect(error == .cancelled && asked == 6)
    }

    @Test func theBitsDontDependOnTheShardsOrder() throws {
        var generator = Generator(seed: 9)
        let network = try generator.network(
            inputs: 3, hidden: [4], outputs: 1, .gelu, last: .identity)
        let samples = try Samples(
            inputs: Tensor(generator.normals(1800), shape: [600, 3]),
            targets: Tensor(generator.normals(600), shape: [600, 1]))
        let errors = try [ShardRunner.serial, .concurrent, .backwards].map { shards in
            try GradientCheck.compute(
                of: Loss(.meanSquaredError), network: network, samples: samples,
                workspace: Workspace(), shards: shards
            ).maximumRelativeError
        }
        #expect(errors[0] > 0 && Set(errors).count == 1)
    }
}
