import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Activations")
struct ActivationTests {
    static let points: [Double] = [-8, -2.5, -1, -0.3, 0.4, 1, 3, 9]

    /// An activation's values and derivatives at `points`.
    struct Known: CustomTestStringConvertible {
        let activation: Activation
        let values: [Double]
        let slopes: [Double]
        var testDescription: String { activation.name }
    }

    /// From PyTorch 2.13 in float64.
    static let known = [
        Known(
            activation: .sigmoid,
            values: [
                0.0003353501304664781, 0.07585818002124355, 0.2689414213699951, 0.425557483188341,
                0.598687660112452, 0.7310585786300049, 0.9525741268224334, 0.9998766054240137,
            ],
            slopes: [
                0.00033523767075647424, 0.07010371654510815, 0.19661193324148185,
                0.24445831169074586, 0.24026074574152914, 0.19661193324148185, 0.045176659730912,
                0.00012337934976493025,
            ]),
        Known(
            activation: .tanh,
            values: [
                -0.9999997749296758, -0.9866142981514303, -0.7615941559557649, -0.2913126124515909,
                0.3799489622552249, 0.7615941559557649, 0.9950547536867305, 0.999999969540041,
            ],
            slopes: [
                4.5014059765485253e-07, 0.02659222668316057, 0.41997434161402614,
                0.9151369618266292, 0.8556387860811777, 0.41997434161402614, 0.009866037165440166,
                6.091991707124916e-08,
            ]),
        Known(
            activation: .relu,
            values: [0.0, 0.0, 0.0, 0.0, 0.4, 1.0, 3.0, 9.0],
            slopes: [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]),
        Known(
            activation: .leakyReLU(negativeSlope: 0.2),
            values: [-1.6, -0.5, -0.2, -0.06, 0.4, 1.0, 3.0, 9.0],
            slopes: [0.2, 0.2, 0.2, 0.2, 1.0, 1.0, 1.0, 1.0]),
        Known(
            activation: .elu(alpha: 1.5),
            values: [
                -1.4994968060581462, -1.376872502064152, -0.9481808382428365, -0.3887726689774232,
                0.4, 1.0, 3.0, 9.0,
            ],
            slopes: [
                0.0005031939418537678, 0.1231274979358482, 0.5518191617571635, 1.1112273310225769,
                1.0, 1.0, 1.0, 1.0,
            ]),
        Known(
            activation: .selu,
            values: [
                -1.7575095642223824, -1.6137857588732425, -1.1113307378125625, -0.45566731537912203,
                0.4202803949421922, 1.0507009873554805, 3.1521029620664414, 9.456308886199324,
            ],
            slopes: [
                0.0005897766249943349, 0.1443135819741343, 0.646768603034814, 1.3024320254682547,
                1.0507009873554805, 1.0507009873554805, 1.0507009873554805, 1.0507009873554805,
            ]),
        Known(
            activation: .gelu,
            values: [
                -4.884981308350689e-15, -0.015524163314440398, -0.15865525393145702,
                -0.1146265733433142, 0.2621686966441297, 0.841344746068543, 2.99595030590511, 9.0,
            ],
            slopes: [
                -3.9807546004751306e-14, -0.03761108590814519, -0.08331547058768635,
                0.26767223317289013, 0.8027297977316535, 1.0833154705876864, 1.011945647204184, 1.0,
            ]),
        Known(
            activation: .silu,
            values: [
                -0.002682801043731825, -0.18964545005310887, -0.2689414213699951,
                -0.1276672449565023, 0.2394750640449808, 0.7310585786300049, 2.8577223804672998,
                8.998889448816124,
            ],
            slopes: [
                -0.0023465512355853157, -0.09940111134152683, 0.07232948812851325,
                0.3522199896811173, 0.6947919584090636, 0.9276705118714869, 1.0881041060151693,
                1.0009870195718982,
            ]),
        Known(
            activation: .softplus,
            values: [
                0.00033540637289576885, 0.07888973429254963, 0.31326168751822286,
                0.5543552444685271, 0.9130152523999526, 1.3132616875182228, 3.048587351573742,
                9.000123402189724,
            ],
            slopes: [
                0.00033535013046647816, 0.07585818002124356, 0.2689414213699951, 0.425557483188341,
                0.598687660112452, 0.7310585786300049, 0.9525741268224333, 0.9998766054240138,
            ]),
    ]

    @Test("values and derivatives are PyTorch's", arguments: known, DType.allCases)
    func agree(_ known: Known, _ dtype: DType) throws {
        let network = try passThrough(width: 1, known.activation)
        let samples = try Samples(
            inputs: Tensor(Self.points, shape: [Self.points.count, 1]),
            targets: Tensor(Self.points.map { _ in 0.0 }))
        let result = try gradients(
            .meanSquaredError, .sum, of: network, samples, dtype: dtype,
            including: [.outputs, .inputGradients])
        let tolerance = dtype == .float64 ? 1e-14 : 2e-6
        expectClose(try #require(result.outputs).doubles, known.values, tolerance: tolerance)
        // ∂Σa²/∂z = 2a·f′(z).
        expectClose(
            try #require(result.inputGradients).doubles,
            zip(known.values, known.slopes).map { 2 * $0 * $1 }, tolerance: tolerance)
    }

    @Test("the lower tails keep their relative precision")
    func tails() {
        #expect(abs(Sigmoid<Double>().value(at: -700) / 9.859_676_543_759_77e-305 - 1) < 1e-13)
        #expect(Softplus<Double>().value(at: -700) > 0)
        // −8·Φ(−8), which ½(1 + erf) gives with two digits only.
        #expect(abs(GELU<Double>().value(at: -8) / -4.976_768_6e-15 - 1) < 1e-6)
        #expect(Softplus<Float>().value(at: 100) == 100)
        #expect(GELU<Double>().slope(at: 0, value: 0) == 0.5)
    }

    @Test(
        "a NaN isn't hidden",
        arguments: [
            Activation.relu, .leakyReLU(negativeSlope: 0.1), .elu(alpha: 1), .softplus, .sigmoid,
            .softmax, .tanh, .gelu, .silu, .selu,
        ])
    func propagation(_ activation: Activation) {
        for width in [1, 2, 17] {
            var values = [Double](repeating: 1, count: width)
            values[width / 2] = .nan
            let z = values
            activation.apply(to: z, into: &values, rows: 1, width: width)
            #expect(values[width / 2].isNaN)
        }
    }

    @Test("softmax: rows sum to 1, large numbers don't overflow, the pull back meets the Jacobian")
    func softmax() {
        let z: [Double] = [1000, 1001, 999, -1, 0.5, 2]
        var a = z
        Activation.softmax.apply(to: z, into: &a, rows: 2, width: 3)
        expectClose([a[0] + a[1] + a[2], a[3] + a[4] + a[5]], [1, 1], tolerance: 1e-15)
        expectClose([a[1] / a[0], a[0] / a[2]], [2.718281828459045, 2.718281828459045])
        let upstream: [Double] = [0.3, -1, 2, 0.7, 0.2, -0.4]
        var gradient = upstream
        Activation.softmax.pullBack(&gradient, z: z, a: a, rows: 2, width: 3)
        for row in [0, 3] {
            for k in 0..<3 {
                var sum = 0.0
                for j in 0..<3 {
                    sum += upstream[row + j] * a[row + j] * ((j == k ? 1 : 0) - a[row + k])
                }
                #expect(abs(gradient[row + k] - sum) < 1e-15)
            }
        }
    }
}
