import Foundation
import NablaNetworks
import Testing

@testable import NablaCore

/// Right gradients pass, and mistakes planted in them are named.
@Suite("Gradient checks")
struct GradientCheckTests {
    /// A network, a loss and samples, drawn.
    struct Problem: CustomTestStringConvertible, Sendable {
        let name: String
        let loss: Loss
        let network: Network
        let samples: Samples
        var testDescription: String { name }

        func check(
            _ claim: [LayerGradients]? = nil, _ settings: GradientCheck.Settings = .init()
        ) throws -> GradientCheck {
            try GradientCheck.compute(
                of: loss, network: network, samples: samples, claim: claim, settings: settings,
                workspace: Workspace())
        }

        var gradients: [LayerGradients] {
            get throws {
                try Gradients.compute(
                    of: loss, network: network, samples: samples, dtype: .float64,
                    workspace: Workspace()
                ).layers
            }
        }
    }

    static func problem(
        _ kind: Loss.Kind, _ reduction: Reduction = .mean, hidden: [Int], outputs: Int,
        _ activation: Activation, last: Activation, count: Int = 5, seed: UInt64
    ) throws -> Problem {
        var generator = Generator(seed: seed)
        let network = try generator.network(
            inputs: 3, hidden: hidden, outputs: outputs, activation, last: last)
        let samples = try generator.samples(count, inputs: 3, outputs: outputs, for: kind)
        return Problem(
            name: "\(kind), \(reduction), \(activation.name)",
            loss: try Loss(kind, reduction: reduction), network: network,
            samples: try Samples(inputs: samples.inputs, targets: samples.targets))
    }

    static let problems: [Problem] = {
        do {
            return [
                try problem(
                    .binaryCrossEntropy, hidden: [3], outputs: 1, .sigmoid, last: .sigmoid, seed: 1),
                try problem(
                    .crossEntropy(.plain), hidden: [4, 3], outputs: 3, .tanh, last: .softmax,
                    seed: 2),
                try problem(
                    .meanSquaredError, hidden: [3], outputs: 2, .silu, last: .tanh, count: 7,
                    seed: 3),
                try problem(
                    .huber(delta: 0.5), .sum, hidden: [4], outputs: 3, .gelu, last: .identity,
                    seed: 4),
            ]
        } catch {
            Issue.record("\(error)")
            return []
        }
    }()

    @Test(arguments: problems)
    func aRightClaimPasses(_ problem: Problem) throws {
        let own = try problem.check()
        #expect(own.passes && own.maximumRelativeError < 1e-6, "\(own.maximumRelativeError)")
        #expect(
            own.diagnosis == "no claim: the service's own gradients agree with the differences")
        #expect(own.worst.claimed == nil)
        let claimed = try problem.check(problem.gradients)
        #expect(claimed.passes)
        #expect(claimed.diagnosis == "the claim agrees with the differences")
        let rounded = try problem.gradients.map { layer in
            LayerGradients(
                weights: layer.weights?.converted(to: .float32),
                bias: layer.bias?.converted(to: .float32))
        }
        #expect(try problem.check(rounded).passes)
    }

    @Test("every right float64 gradient passes with the defaults", arguments: 0..<40)
    func defaults(_ seed: Int) throws {
        let cases = FiniteDifferenceTests.cases
        for test in stride(from: seed, to: cases.count, by: 40).map({ cases[$0] }) {
            var generator = Generator(seed: test.seed)
            let network = try generator.network(
                inputs: 4, hidden: [5, 3], outputs: 3, test.activation, last: test.last)
            let samples = try generator.samples(6, inputs: 4, outputs: 3, for: test.kind)
            for reduction in Reduction.allCases {
                let problem = Problem(
                    name: "", loss: try Loss(test.kind, reduction: reduction), network: network,
                    samples: samples)
                let check = try problem.check(problem.gradients)
                #expect(check.passes, "\(test.testDescription): \(check.worst)")
            }
        }
    }

    @Test func largeLossesPass() throws {
        var generator = Generator(seed: 11)
        let network = try generator.network(
            inputs: 3, hidden: [4], outputs: 2, .tanh, last: .identity)
        let count = 300
        let samples = try Samples(
            inputs: Tensor(generator.normals(count * 3), shape: [count, 3]),
            targets: Tensor(generator.normals(count * 2).map { $0 * 100 }, shape: [count, 2]))
        let problem = Problem(
            name: "", loss: try Loss(.meanSquaredError, reduction: .sum), network: network,
            samples: samples)
        let check = try problem.check()
        #expect(check.passes, "\(check.worst)")
    }

    @Test(arguments: problems)
    func aWrongEntryIsFound(_ problem: Problem) throws {
        var claim = try problem.gradients
        let whole = try #require(claim[0].weights)
        var weights = whole.doubles
        weights[4] += 0.1
        claim[0] = LayerGradients(
            weights: try Tensor(weights, shape: whole.shape), bias: claim[0].bias)
        let check = try problem.check(claim)
        #expect(!check.passes)
        #expect(check.worst.place.pointer == "/layers/0/weights/1/1")
        #expect(check.worst.claimed == weights[4])
        #expect(abs(check.worst.numeric - check.worst.analytic) < 1e-8)
        #expect(check.tensors.map(\.failures) == [1] + check.tensors.dropFirst().map { _ in 0 })
        #expect(
            check.diagnosis == "layer 0 weights: wrong in 1 of \(weights.count) entries, at "
                + "/layers/0/weights/1/1; the other tensors agree")
    }

    /// All gradients times a factor.
    private func scaled(_ layers: [LayerGradients], by factor: Double) -> [LayerGradients] {
        layers.map { $0.mapped { values in values.map { $0 * factor } } }
    }

    @Test(arguments: problems)
    func factorsAreNamed(_ problem: Problem) throws {
        let right = try problem.gradients
        let count = Double(problem.samples.count)
        let flipped = try problem.check(scaled(right, by: -1))
        #expect(flipped.diagnosis == "every tensor: sign flipped")
        let odd = try problem.check(scaled(right, by: 1.37))
        #expect(odd.diagnosis == "every tensor: every entry is 1.37 times the right one")
        let double = try problem.check(scaled(right, by: 2))
        #expect(double.diagnosis.contains("double"), "\(double.diagnosis)")
        let twice = try problem.check(scaled(right, by: 1 / count))
        if problem.loss.reduction == .mean {
            #expect(twice.diagnosis.contains("twice"), "\(twice.diagnosis)")
            let sums = try Problem(
                name: "", loss: problem.loss.reduced(by: .sum), network: problem.network,
                samples: problem.samples
            ).gradients
            let sum = try problem.check(sums)
            #expect(
                sum.diagnosis.hasPrefix("every tensor: of the sum instead of the mean"),
                "\(sum.diagnosis)")
        } else {
            #expect(twice.diagnosis.contains("of the mean over samples instead of the sum"))
        }
        let none = try problem.check(scaled(right, by: 0))
        #expect(none.diagnosis.contains("zero everywhere"), "\(none.diagnosis)")
    }

    @Test func aMissingDivisionByTheSamplesIsToldFromOneByTheOutputs() throws {
        let problem = Self.problems[2]
        let (count, outputs) = (problem.samples.count, 2)
        let right = try problem.gradients
        let samples = try problem.check(scaled(right, by: Double(count)))
        #expect(samples.diagnosis.contains("not divided by the number of samples, 7"))
        let elements = try problem.check(scaled(right, by: Double(count * outputs)))
        #expect(elements.diagnosis.contains("not divided by 14"), "\(elements.diagnosis)")
        let half = try problem.check(scaled(right, by: Double(outputs)))
        #expect(half.diagnosis.contains("not divided by the number of outputs, 2"))
        #expect(half.diagnosis.contains(", or "))
    }

    @Test(arguments: problems)
    func oneTensorWrongLeavesTheOthersInPeace(_ problem: Problem) throws {
        var claim = try problem.gradients
        let last = claim.count - 1
        claim[last] = LayerGradients(
            weights: claim[last].weights,
            bias: Tensor(try #require(claim[last].bias).doubles.map { -$0 }))
        let check = try problem.check(claim)
        #expect(check.diagnosis == "layer \(last) bias: sign flipped; the other tensors agree")
        #expect(check.tensors.compactMap(\.finding) == ["sign flipped"])
    }

    @Test func transposedTensorsAreNamed() throws {
        // Layer 0 has 3 units and 3 inputs: the shape doesn't tell.
        for problem in [Self.problems[0], Self.problems[2]] {
            var claim = try problem.gradients
            claim[0] = LayerGradients(
                weights: try matrix(#require(claim[0].weights).rows.transposed), bias: claim[0].bias
            )
            let square = try problem.check(claim)
            #expect(
                square.diagnosis == "layer 0 weights: transposed; the other tensors agree",
                "\(problem.name)")
        }
        // Layer 0 has 4 units: the shape is another one.
        let problem = Self.problems[1]
        let claim = try problem.gradients.map { layer in
            LayerGradients(
                weights: try matrix(#require(layer.weights).rows.transposed), bias: layer.bias)
        }
        let check = try problem.check(claim)
        #expect(!check.passes)
        for layer in 0..<3 {
            #expect(check.diagnosis.contains("layer \(layer) weights"), "\(check.diagnosis)")
        }
        #expect(check.diagnosis.contains(": transposed"))
        let negative = try problem.check(scaled(claim, by: -1))
        #expect(negative.diagnosis.contains("transposed, and sign flipped"))
    }

    @Test func whatACallerLeftOutIsNamed() throws {
        var generator = Generator(seed: 21)
        let network = try generator.network(
            inputs: 3, hidden: [4], outputs: 3, .tanh, last: .softmax)
        let inputs = try Tensor(generator.normals(12), shape: [4, 3])
        let targets = Tensor([0.0, 2, 1, 1])
        let settings = try Loss.ClassSettings(labelSmoothing: 0.2, classWeights: [1, 3, 0.5])
        let weighted = try Samples(
            inputs: inputs, targets: targets, weights: Tensor([1.0, 2, 0.5, 3]))
        func problem(_ settings: Loss.ClassSettings, _ samples: Samples) throws -> Problem {
            Problem(
                name: "", loss: try Loss(.crossEntropy(settings)), network: network,
                samples: samples)
        }
        let asked = try problem(settings, weighted)
        let plain = try Samples(inputs: inputs, targets: targets)
        let claims: [(Problem, String)] = [
            (try problem(settings, plain), "every tensor: without the samples' weights"),
            (
                try problem(.init(classWeights: settings.classWeights), weighted),
                "every tensor: without the label smoothing"
            ),
            (
                try problem(.init(labelSmoothing: 0.2), weighted),
                "every tensor: without the classes' weights"
            ),
            (
                try problem(
                    settings,
                    Samples(
                        inputs: inputs, targets: targets, weights: Tensor([0.0, 0, 0, 1]))),
                "every tensor: of the last sample alone"
            ),
        ]
        for (claimed, expected) in claims {
            let check = try asked.check(claimed.gradients)
            #expect(check.diagnosis == expected)
        }
    }
}

extension LayerGradients {
    /// The same tensors with other numbers.
    func mapped(_ body: ([Double]) -> [Double]) -> LayerGradients {
        let mapped = weights.flatMap { try? Tensor(body($0.doubles), shape: $0.shape) }
        return LayerGradients(
            weights: mapped, bias: bias.map { Tensor(body($0.doubles)) })
    }
}

extension Tensor {
    /// The rows of a matrix.
    var rows: [[Double]] {
        let values = doubles
        return (0..<shape[0]).map { Array(values[$0 * shape[1]..<($0 + 1) * shape[1]]) }
    }
}

extension [[Double]] {
    /// The columns as rows.
    var transposed: [[Double]] {
        self[0].indices.map { column in map { $0[column] } }
    }
}
