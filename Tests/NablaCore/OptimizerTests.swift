import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Optimizers")
struct OptimizerTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let optimizer: Optimizer
        var steps = 6
        var clipNorm: Double?
        var clipValue: Double?
        let weights: [Double]
    }

    /// From PyTorch 2.13: full-batch steps on the mean squared error of two weights, from (0.5,
    /// −0.3).
    static func cases() throws -> [Case] {
        [
            Case(
                testDescription: "SGD", optimizer: .sgd(try SGD(learningRate: 0.1)),
                weights: [0.709311190946358, -0.07575785284667869]),
            Case(
                testDescription: "SGD, weight decay",
                optimizer: .sgd(try SGD(learningRate: 0.1, weightDecay: 0.05)),
                weights: [0.6951769815447627, -0.07197860480507375]),
            Case(
                testDescription: "SGD, momentum",
                optimizer: .sgd(try SGD(learningRate: 0.1, momentum: 0.9)),
                weights: [0.9493097321441126, 0.02992428706648829]),
            Case(
                testDescription: "SGD, momentum, dampening, weight decay",
                optimizer: .sgd(
                    try SGD(learningRate: 0.1, momentum: 0.8, dampening: 0.3, weightDecay: 0.05)),
                weights: [0.844643024047985, 0.06089251413171191]),
            Case(
                testDescription: "SGD, Nesterov, weight decay",
                optimizer: .sgd(
                    try SGD(learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.05)),
                weights: [0.8521588442576157, -0.08801779953350518]),
            Case(
                testDescription: "Adam", optimizer: .adam(try Adam(learningRate: 0.1)),
                weights: [0.929815361360338, 0.04779897740249347]),
            Case(
                testDescription: "Adam, own betas, weight decay",
                optimizer: .adam(
                    try Adam(
                        learningRate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1)
                ),
                weights: [0.850450146071239, 0.020233458863933424]),
            Case(
                testDescription: "AMSGrad",
                optimizer: .adam(
                    try Adam(learningRate: 0.5, beta1: 0.5, beta2: 0.6, amsgrad: true)),
                steps: 12, weights: [0.823966596055032, -0.10339265634292141]),
            Case(
                testDescription: "norm clipped", optimizer: .sgd(try SGD(learningRate: 0.1)),
                clipNorm: 0.5, weights: [0.6785773593094343, -0.0914452772668887]),
            Case(
                testDescription: "value clipped", optimizer: .sgd(try SGD(learningRate: 0.1)),
                clipValue: 0.4, weights: [0.7042312243200001, -0.09546064608]),
        ]
    }

    @Test("PyTorch's steps", arguments: try cases(), DType.allCases)
    func steps(_ wanted: Case, _ dtype: DType) throws {
        var training = try Training(
            network: Network(layers: [dense([[0.5, -0.3]], .identity)]),
            loss: Loss(.meanSquaredError),
            samples: Samples(
                inputs: matrix([[1, 2], [-1, 0.5], [0.3, -0.7]]), targets: Tensor([1.0, 0, 2])),
            settings: TrainingSettings(
                optimizer: wanted.optimizer, epochs: wanted.steps, batchSize: 3, shuffle: false,
                dtype: dtype, clipNorm: wanted.clipNorm, clipValue: wanted.clipValue))
        while !training.isFinished { _ = try training.advance(maximumSteps: 10) }
        #expect(training.step == wanted.steps)
        expectClose(
            training.network().flat, wanted.weights, tolerance: dtype == .float64 ? 1e-12 : 3e-6)
    }

    @Test("the first steps by hand: θ = 1, gradients 2 and then 3")
    func byHand() throws {
        func run(_ optimizer: Optimizer) -> [Double] {
            var parameter = [1.0]
            var state = [Double](repeating: 0, count: optimizer.stateBuffers(parameters: 1))
            var progress = OptimizerProgress()
            return [2.0, 3].enumerated().map { index, gradient in
                state.withUnsafeMutableBufferPointer { state in
                    parameter.withUnsafeMutableBufferPointer { parameter in
                        guard let parameters = parameter.baseAddress else { return }
                        ParameterUpdate(
                            optimizer, parameters: parameters,
                            state: state.isEmpty ? nil : state.baseAddress, count: 1, rate: 0.1,
                            step: index + 1, &progress
                        )?.run(0..<1, with: [gradient])
                    }
                }
                return parameter[0]
            }
        }
        expectClose(run(.sgd(try SGD())), [0.8, 0.5])
        // m: 2, then 0.5·2 + 3 = 4.
        expectClose(run(.sgd(try SGD(momentum: 0.5))), [0.8, 0.4])
        // The first m is the gradient itself, whatever the dampening; then 0.5·2 + 0.75·3.
        expectClose(run(.sgd(try SGD(momentum: 0.5, dampening: 0.25))), [0.8, 0.475])
        // 2 + 0.5·2, then 3 + 0.5·4.
        expectClose(run(.sgd(try SGD(momentum: 0.5, nesterov: true))), [0.7, 0.2])
        // Adam's first step is η, whatever the gradient.
        let (m, v) = (0.9 * 0.2 + 0.1 * 3, 0.999 * 0.004 + 0.001 * 9)
        let second = 0.1 * (m / 0.19) / ((v / 0.001999).squareRoot() + 1e-8)
        expectClose(run(.adam(try Adam())), [0.9, 0.9 - second], tolerance: 1e-9)
        // AdamW first takes ηλ = 0.05 of the parameter away.
        expectClose(
            run(.adamW(try AdamW(weightDecay: 0.5))), [0.85, 0.85 * 0.95 - second],
            tolerance: 1e-9)
        // v: 4, then 13; each step is η·g/√v.
        expectClose(
            run(.adagrad(try Adagrad(epsilon: 0))), [0.9, 0.9 - 0.3 / 13.0.squareRoot()])
        // v: 1, then 0.75·1 + 0.25·9.
        expectClose(
            run(.rmsProp(try RMSProp(alpha: 0.75, epsilon: 0))),
            [0.8, 0.8 - 0.3 / 3.0.squareRoot()])
        // The mean: 0.5, then 0.75·0.5 + 0.25·3, whose square is taken from v.
        expectClose(
            run(.rmsProp(try RMSProp(alpha: 0.75, epsilon: 0, centered: true))),
            [
                1 - 0.2 / 0.75.squareRoot(),
                1 - 0.2 / 0.75.squareRoot() - 0.3 / 1.734375.squareRoot(),
            ])
        // r: 2 and √3, b: 2, then 0.5·2 + √3.
        expectClose(
            run(.rmsProp(try RMSProp(alpha: 0.75, epsilon: 0, momentum: 0.5))),
            [0.8, 0.8 - 0.1 * (1 + 3.0.squareRoot())])
        expectClose(run(.lion(try Lion())), [0.9, 0.8])
        expectClose(run(.lion(try Lion(weightDecay: 0.5))), [0.85, 0.85 * 0.95 - 0.1])
    }

    @Test("a norm below the limit is left alone; value clipping comes after norm clipping")
    func clipping() {
        var gradients = [3.0, -4]
        Clipping.clip(&gradients, count: 2, norm: 6)
        #expect(gradients == [3, -4])
        Clipping.clip(&gradients, count: 2, norm: 1)
        expectClose(gradients, [0.6, -0.8], tolerance: 1e-6)
        Clipping.clip(&gradients, count: 2, value: 0.7)
        expectClose(gradients, [0.6, -0.7], tolerance: 1e-6)
    }
}
