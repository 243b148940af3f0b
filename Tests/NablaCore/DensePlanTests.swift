import NablaNetworks
import Testing

@testable import NablaCore

/// The products of a dense layer against sums in float64, in shapes that take loops, libxsmm's
/// kernels, OpenBLAS, and tiles with samples left over.
@Suite("Dense plan")
struct DensePlanTests {
    /// (inputs, units): few inputs, few units, one group of units, several, none for kernels.
    static let layers = [(2, 3), (8, 40), (17, 1), (30, 16), (33, 9), (784, 21), (1030, 520)]
    static let rows = [1, 31, 32, 33, 64, 100]

    @Test("the passes agree with sums in float64", arguments: layers, rows)
    func products(layer: (Int, Int), rows: Int) throws {
        try Products<Float>(inputs: layer.0, units: layer.1, rows: rows).check(tolerance: 1e-5)
        try Products<Double>(inputs: layer.0, units: layer.1, rows: rows).check(tolerance: 1e-13)
    }

    @Test("updating on the way gives what updating at the end gives", arguments: [20, 64, 96])
    func updatingOnTheWay(batchSize: Int) throws {
        func train(clipValue: Double?) throws -> [Double] {
            var generator = Generator(seed: 5)
            let inputs = (0..<200 * 40).map { _ in generator.uniform() - 0.5 }
            let targets = (0..<200).map { _ in (generator.uniform() * 3).rounded(.down) }
            var training = try Training(
                network: Network(
                    inputShape: [40],
                    layers: [
                        Layer(.dense(Dense(units: 300, activation: .relu))),
                        Layer(.dense(Dense(units: 3, activation: .softmax))),
                    ]),
                loss: Loss(.crossEntropy(.plain)),
                samples: Samples(
                    inputs: Tensor(inputs, shape: [200, 40]), targets: Tensor(targets)),
                settings: TrainingSettings(
                    optimizer: .adam(Adam()), epochs: 3, batchSize: batchSize, dtype: .float64,
                    clipValue: clipValue))
            while !training.isFinished { _ = try training.advance(maximumSteps: 100) }
            return training.network().flat
        }
        // A limit that no gradient reaches has all gradients computed before the update.
        expectClose(try train(clipValue: nil), try train(clipValue: 1e9), tolerance: 1e-12)
    }
}

/// A layer with random numbers in [−½, ½), and what is computed of it.
private struct Products<S: FloatingReal> {
    let plan: DensePlan
    let places: ParameterPlan
    let kernels: DenseKernels<S>?
    let rows: Int
    let x: [S]
    let parameters: [S]
    let delta: [S]

    init(inputs: Int, units: Int, rows: Int) throws {
        var generator = Generator(seed: UInt64(inputs * 1000 + units))
        func numbers(_ count: Int) -> [S] { (0..<count).map { _ in S(generator.uniform() - 0.5) } }
        self.rows = rows
        plan = DensePlan(inputs: inputs, units: units)
        places = ParameterPlan(offset: 0, weightCount: units * inputs, biasCount: units)
        kernels = DenseKernels(inputs: inputs, units: units, rows: rows)
        x = numbers(rows * inputs)
        parameters = numbers(places.count)
        delta = numbers(rows * units)
    }

    func check(tolerance: Double) throws {
        expect(preActivations(), "z", tolerance, expectedPreActivation)
        expect(inputGradients(), "∂L/∂x", tolerance, expectedInputGradient)
        expect(gradients(), "∂L/∂θ", tolerance, expectedGradient)
    }

    /// Compares some 60 entries, the first and the last among them: in float64 sums of all take long.
    private func expect(
        _ values: [S], _ name: Comment, _ tolerance: Double, _ expected: (Int) -> Double
    ) {
        #expect(values.allSatisfy { $0.isFinite }, name)
        let indices = stride(from: 0, to: values.count, by: values.count / 59 + 1)
        let checked = Array(indices) + [values.count - 1]
        expectClose(
            checked.map { Double(values[$0]) }, checked.map(expected), tolerance: tolerance, name)
    }

    private func preActivations() -> [S] {
        var z = [S](repeating: .nan, count: rows * plan.units)
        var transposed = [S](repeating: .nan, count: max(kernels?.transposedCount ?? 0, 1))
        withPointer(to: x) { x in
            guard let x else { return }
            plan.preActivate(
                x, into: &z, rows: rows, weights: parameters,
                bias: Array(parameters[places.bias]), kernels: kernels, transposed: &transposed,
                BatchInputs(rows: x, team: nil))
        }
        return z
    }

    private func inputGradients() -> [S] {
        var gradients = [S](repeating: .nan, count: rows * plan.inputs)
        plan.inputGradients(
            of: delta, into: &gradients, rows: rows, weights: parameters, kernels: kernels)
        return gradients
    }

    /// The gradients, written over NaN.
    private func gradients() -> [S] {
        var flat = [S](repeating: .nan, count: places.count)
        flat.withUnsafeMutableBufferPointer { flat in
            withPointer(to: x) { x in
                guard let buffer = flat.baseAddress, let x else { return }
                let refused = plan.gradients(
                    of: delta, x, rows: rows, parameters: places, kernels: kernels,
                    into: FlatGradients(buffer: buffer, looks: true), weightRows: nil,
                    BatchInputs(rows: x, team: nil))
                #expect(refused == nil)
            }
        }
        return flat
    }

    private func expectedPreActivation(_ index: Int) -> Double {
        let (row, unit) = index.quotientAndRemainder(dividingBy: plan.units)
        return (0..<plan.inputs).reduce(Double(parameters[places.weightCount + unit])) {
            $0 + Double(x[row * plan.inputs + $1]) * weight(unit, $1)
        }
    }

    private func expectedInputGradient(_ index: Int) -> Double {
        let (row, input) = index.quotientAndRemainder(dividingBy: plan.inputs)
        return (0..<plan.units).reduce(0) { $0 + delta(row, $1) * weight($1, input) }
    }

    private func expectedGradient(_ index: Int) -> Double {
        guard index < places.weightCount else {
            return (0..<rows).reduce(0) { $0 + delta($1, index - places.weightCount) }
        }
        let (unit, input) = index.quotientAndRemainder(dividingBy: plan.inputs)
        return (0..<rows).reduce(0) { $0 + delta($1, unit) * Double(x[$1 * plan.inputs + input]) }
    }

    private func weight(_ unit: Int, _ input: Int) -> Double {
        Double(parameters[unit * plan.inputs + input])
    }

    private func delta(_ row: Int, _ unit: Int) -> Double { Double(delta[row * plan.units + unit]) }
}
