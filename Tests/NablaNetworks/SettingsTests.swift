import NablaNetworks
import Testing

/// Every setting out of its range is refused with the way to it.
@Suite struct SettingsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let make: @Sendable () throws -> Void
    }

    static let wrong = [
        Case(testDescription: "/learning_rate") { _ = try SGD(learningRate: -1) },
        Case(testDescription: "/learning_rate") { _ = try Adam(learningRate: .nan) },
        Case(testDescription: "/momentum") { _ = try SGD(momentum: -0.1) },
        Case(testDescription: "/nesterov") { _ = try SGD(nesterov: true) },
        Case(testDescription: "/nesterov") {
            _ = try SGD(momentum: 0.9, dampening: 0.1, nesterov: true)
        },
        Case(testDescription: "/weight_decay") { _ = try Adam(weightDecay: -1) },
        Case(testDescription: "/beta1") { _ = try Adam(beta1: 1) },
        Case(testDescription: "/beta2") { _ = try Adam(beta2: 1.5) },
        Case(testDescription: "/epsilon") { _ = try Adam(epsilon: -1e-8) },
        Case(testDescription: "/learning_rate") { _ = try AdamW(learningRate: -1) },
        Case(testDescription: "/beta1") { _ = try AdamW(beta1: -0.1) },
        Case(testDescription: "/beta2") { _ = try AdamW(beta2: 1) },
        Case(testDescription: "/epsilon") { _ = try AdamW(epsilon: -1) },
        Case(testDescription: "/weight_decay") { _ = try AdamW(weightDecay: -1) },
        Case(testDescription: "/learning_rate") { _ = try RMSProp(learningRate: .infinity) },
        Case(testDescription: "/alpha") { _ = try RMSProp(alpha: 1) },
        Case(testDescription: "/epsilon") { _ = try RMSProp(epsilon: -1) },
        Case(testDescription: "/momentum") { _ = try RMSProp(momentum: -1) },
        Case(testDescription: "/weight_decay") { _ = try RMSProp(weightDecay: -1) },
        Case(testDescription: "/learning_rate") { _ = try Adagrad(learningRate: -1) },
        Case(testDescription: "/epsilon") { _ = try Adagrad(epsilon: -1) },
        Case(testDescription: "/weight_decay") { _ = try Adagrad(weightDecay: -1) },
        Case(testDescription: "/learning_rate") { _ = try NAdam(learningRate: -1) },
        Case(testDescription: "/beta1") { _ = try NAdam(beta1: 1) },
        Case(testDescription: "/beta2") { _ = try NAdam(beta2: 1) },
        Case(testDescription: "/epsilon") { _ = try NAdam(epsilon: -1) },
        Case(testDescription: "/weight_decay") { _ = try NAdam(weightDecay: -1) },
        Case(testDescription: "/momentum_decay") { _ = try NAdam(momentumDecay: -1) },
        Case(testDescription: "/learning_rate") { _ = try Lion(learningRate: -1) },
        Case(testDescription: "/beta1") { _ = try Lion(beta1: 1) },
        Case(testDescription: "/beta2") { _ = try Lion(beta2: -1) },
        Case(testDescription: "/weight_decay") { _ = try Lion(weightDecay: -1) },
        Case(testDescription: "/learning_rate") { _ = try LBFGS(learningRate: -1) },
        Case(testDescription: "/max_iterations") { _ = try LBFGS(maxIterations: 0) },
        Case(testDescription: "/tolerance_gradient") { _ = try LBFGS(toleranceGradient: -1) },
        Case(testDescription: "/tolerance_change") { _ = try LBFGS(toleranceChange: .nan) },
        Case(testDescription: "/history_size") { _ = try LBFGS(historySize: 0) },
        Case(testDescription: "/delta") { _ = try Loss(.huber(delta: 0)) },
        Case(testDescription: "/label_smoothing") {
            _ = try Loss.ClassSettings(labelSmoothing: 1.1)
        },
        Case(testDescription: "/class_weights/1") {
            _ = try Loss.ClassSettings(classWeights: [1, -1])
        },
        Case(testDescription: "/units") { _ = try Dense(units: 0, activation: .relu) },
        Case(testDescription: "/epochs") { _ = try settings(epochs: 0) },
        Case(testDescription: "/batch_size") { _ = try settings(batchSize: 0) },
        Case(testDescription: "/clip_norm") { _ = try settings(clipNorm: 0) },
        Case(testDescription: "/clip_value") { _ = try settings(clipValue: -1) },
        Case(testDescription: "/step_size") { _ = try Schedule(.step(stepSize: 0, gamma: 0.1)) },
        Case(testDescription: "/gamma") { _ = try Schedule(.exponential(gamma: -1)) },
        Case(testDescription: "/t_max") { _ = try Schedule(.cosine(tMax: 0, etaMin: 0)) },
        Case(testDescription: "/factor") {
            _ = try Schedule(.reduceOnPlateau(factor: 1, patience: 1))
        },
        Case(testDescription: "/warmup_epochs") { _ = try Schedule(.constant, warmupEpochs: -1) },
        Case(testDescription: "/inputs") {
            _ = try Samples(inputs: Tensor([1.0]), targets: Tensor([1.0]))
        },
        Case(testDescription: "/inputs") {
            _ = try Samples(
                inputs: Tensor([Double](), shape: [0, 2]), targets: Tensor([Double]()))
        },
        Case(testDescription: "/targets") {
            _ = try Samples(inputs: Tensor([1.0, 2], shape: [2, 1]), targets: Tensor([1.0]))
        },
        Case(testDescription: "/weights/0") {
            _ = try Samples(
                inputs: Tensor([1.0], shape: [1, 1]), targets: Tensor([1.0]),
                weights: Tensor([-1.0]))
        },
        Case(testDescription: "/weights") {
            _ = try Samples(
                inputs: Tensor([1.0], shape: [1, 1]), targets: Tensor([1.0]),
                weights: Tensor([0.0]))
        },
    ]

    @Test(arguments: wrong) func isRefusedWhereItIs(_ wrong: Case) throws {
        let error = try #require(throws: InvalidValue.self) { try wrong.make() }
        #expect(error.pointer == wrong.testDescription)
        #expect(!error.detail.isEmpty)
    }

    private static func settings(
        epochs: Int = 1, batchSize: Int = 1, clipNorm: Double? = nil, clipValue: Double? = nil
    ) throws -> TrainingSettings {
        try TrainingSettings(
            optimizer: .sgd(SGD()), epochs: epochs, batchSize: batchSize, clipNorm: clipNorm,
            clipValue: clipValue)
    }
}
