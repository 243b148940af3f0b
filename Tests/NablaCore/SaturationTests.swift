import NablaNetworks
import Testing

@testable import NablaCore

/// Where σ and softmax have nothing left but 0 and 1, losses and gradients are still exact.
@Suite("Saturated sigmoids and softmaxes")
struct SaturationTests {
    static let logits: [Double] = [-800, -700, -89, -40, -17, 0, 17, 40, 89, 700, 800]

    /// ∂L/∂z and the losses of single inputs z, one sample each.
    private func evaluate(
        _ kind: Loss.Kind, _ activation: Activation, _ inputs: Tensor, _ targets: Tensor,
        _ dtype: DType
    ) throws -> (losses: [Double], errors: [Double], outputs: [Double]) {
        let result = try gradients(
            kind, .none, of: passThrough(width: inputs.shape[1], activation),
            Samples(inputs: inputs, targets: targets), dtype: dtype,
            including: [.inputGradients, .outputs])
        return (
            result.loss.doubles, try #require(result.inputGradients).doubles,
            try #require(result.outputs).doubles
        )
    }

    @Test("sigmoid: the error is a − y and the loss exact", arguments: DType.allCases, [0.0, 1])
    func sigmoid(_ dtype: DType, target: Double) throws {
        let count = Self.logits.count
        let inputs = try Tensor(Self.logits, shape: [count, 1])
        let targets = Tensor([Double](repeating: target, count: count))
        let fused = try evaluate(.binaryCrossEntropy, .sigmoid, inputs, targets, dtype)
        let logits = try evaluate(
            .binaryCrossEntropyWithLogits, .identity, inputs, targets, dtype)
        #expect(fused.losses == logits.losses && fused.errors == logits.errors)
        let tolerance = dtype == .float64 ? 4e-16 : 2e-7
        for (index, z) in Self.logits.enumerated() {
            // For y = 1 as for y = 0 with −z: ℓ = ln(1 + e^m), ∂ℓ/∂z = ±σ(m).
            let m = target == 0 ? z : -z
            let tail = Double.exponential(-abs(m))
            let loss = max(m, 0) + Double.logarithmOfOnePlus(tail)
            let error = (m < 0 ? tail : 1) / (1 + tail) * (target == 0 ? 1 : -1)
            let least = dtype == .float64 ? 0 : Double(Float.leastNormalMagnitude)
            #expect(abs(fused.losses[index] - loss) <= tolerance * loss + least, "z = \(z)")
            // Where a is 1, a − y has no tail left: that is σ(z) − 1 in the number type.
            let isRounded = m < 0 && target == 1
            let rounding = isRounded ? tolerance : tolerance * abs(error) + least
            #expect(abs(fused.errors[index] - error) <= rounding, "z = \(z)")
            #expect(abs(fused.outputs[index] - target - fused.errors[index]) <= rounding)
        }
        #expect(fused.losses[0] == (target == 0 ? 0 : 800))
        #expect(fused.losses[count - 1] == (target == 0 ? 800 : 0))
        #expect(fused.errors[0] == -target && fused.errors[count - 1] == 1 - target)
    }

    @Test("softmax: the error is a − y and the loss exact", arguments: DType.allCases)
    func softmax(_ dtype: DType) throws {
        let rows: [[Double]] = [
            [1000, 0, -1000], [1000, 0, -1000], [1000, 0, -1000], [-1000, -1000, -1000],
            [1000, 1000, 999], [50, 0, -50],
        ]
        let classes: [Double] = [0, 1, 2, 1, 2, 0]
        let fused = try evaluate(
            .crossEntropy(.plain), .softmax, matrix(rows), Tensor(classes), dtype)
        let logits = try evaluate(
            .crossEntropyWithLogits(.plain), .identity, matrix(rows), Tensor(classes), dtype)
        #expect(fused.losses == logits.losses && fused.errors == logits.errors)
        let e = Double.exponential(-1)
        let (third, share) = (1.0 / 3, 1 / (2 + e))
        expectClose(
            fused.losses,
            [0, 1000, 2000, Double.logarithm(3), 1 + Double.logarithm(2 + e), 0],
            tolerance: dtype == .float64 ? 1e-15 : 1e-6)
        expectClose(
            fused.errors,
            [
                0, 0, 0, 1, -1, 0, 1, 0, -1, third, third - 1, third, share, share,
                e * share - 1, 0, 0, 0,
            ], tolerance: dtype == .float64 ? 1e-15 : 1e-6)
        #expect(Array(fused.losses[..<3]) == [0, 1000, 2000])
        #expect(Array(fused.errors[..<9]) == [0, 0, 0, 1, -1, 0, 1, 0, -1])
        // e^−50 is nothing beside 1, but all there is of the second class.
        let tail = Double.exponential(-50)
        #expect(abs(fused.errors[16] / tail - 1) < (dtype == .float64 ? 1e-14 : 1e-5))
    }

    @Test("hidden units: the gradient is that of σ′, down to where it vanishes")
    func hiddenUnits() throws {
        for z in Self.logits {
            let network = try Network(layers: [
                dense([[z]], .sigmoid), dense([[1.5]], bias: [0.25], .sigmoid),
            ])
            let result = try gradients(
                .binaryCrossEntropy, of: network,
                Samples(inputs: matrix([[1]]), targets: Tensor([1.0])))
            let tail = Double.exponential(-abs(z))
            let a = (z < 0 ? tail : 1) / (1 + tail)
            let output = 1 / (1 + Double.exponential(-1.5 * a - 0.25))
            // a(1 − a) loses its tail where a rounds to 1; the other tail is there.
            let expected = (output - 1) * 1.5 * a * (1 - a)
            let found = result.flat[0]
            #expect(abs(found - expected) <= 1e-15 * abs(expected) + 1e-16 * (z > 0 ? 1 : 0))
            #expect(z != -700 || found != 0)
        }
    }

    @Test("a hidden softmax: rows that are one class, and rows that are two")
    func hiddenSoftmax() throws {
        for (logits, share) in [([1000.0, -1000], 1.0), ([1000, 1000], 0.5), ([-1000, 1000], 0)] {
            let network = try Network(layers: [
                dense(logits.map { [$0] }, .softmax), dense([[2, -1]], .identity),
            ])
            let result = try gradients(
                .meanSquaredError, of: network,
                Samples(inputs: matrix([[1]]), targets: Tensor([0.0])))
            // L = o², o = 2p − (1 − p), ∂p/∂z = ±p(1 − p).
            let output = 3 * share - 1
            let slope = 2 * output * 3 * share * (1 - share)
            #expect(result.loss.doubles == [output * output])
            #expect(result.flat == [slope, -slope, 2 * output * share, 2 * output * (1 - share)])
        }
    }

    @Test("smoothed and weighted classes keep the loss of a saturated softmax")
    func smoothing() throws {
        let settings = try Loss.ClassSettings(labelSmoothing: 0.3, classWeights: [1, 2, 4])
        let result = try evaluate(
            .crossEntropy(settings), .softmax, matrix([[1000, 0, -1000]]), Tensor([0.0]), .float64)
        // t = w·(0.7·y + 0.1): 0.8, 0.2, 0.4; −ln p: 0, 1000, 2000.
        expectClose(result.losses, [1000], tolerance: 1e-13)
        expectClose(result.errors, [1.4 - 0.8, -0.2, -0.4], tolerance: 1e-15)
    }
}
