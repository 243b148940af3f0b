import NablaAPI
import NablaNetworks
import Testing

/// How optimizers are read and written.
@Suite struct OptimizerWireTests {
    private func request(_ optimizer: String, more: String = "") throws -> TrainRequest {
        let text = """
            {"network": {"input_shape": [1], "layers": [{"units": 1}]}, "loss": "mean_squared_error",
             "samples": {"inputs": [[1]], "targets": [1]}, "optimizer": \(optimizer)\(more)}
            """
        return try TrainRequest(parsing: Array(text.utf8))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// By its name alone.
        let plain: Optimizer
        /// All settings, none at its default.
        let settings: String
        let full: Optimizer
    }

    static func cases() throws -> [Case] {
        [
            Case(
                testDescription: "sgd", plain: .sgd(try SGD()),
                settings: """
                    "learning_rate": 0.5, "momentum": 0.9, "nesterov": true, "weight_decay": 0.1
                    """,
                full: .sgd(
                    try SGD(learningRate: 0.5, momentum: 0.9, nesterov: true, weightDecay: 0.1))),
            Case(
                testDescription: "adam", plain: .adam(try Adam()),
                settings: """
                    "learning_rate": 0.5, "beta1": 0.1, "beta2": 0.2, "epsilon": 0.3,
                    "weight_decay": 0.4, "amsgrad": true
                    """,
                full: .adam(
                    try Adam(
                        learningRate: 0.5, beta1: 0.1, beta2: 0.2, epsilon: 0.3, weightDecay: 0.4,
                        amsgrad: true))),
            Case(
                testDescription: "adamw", plain: .adamW(try AdamW()),
                settings: """
                    "learning_rate": 0.5, "beta1": 0.1, "beta2": 0.2, "epsilon": 0.3,
                    "weight_decay": 0.4, "amsgrad": true
                    """,
                full: .adamW(
                    try AdamW(
                        learningRate: 0.5, beta1: 0.1, beta2: 0.2, epsilon: 0.3, weightDecay: 0.4,
                        amsgrad: true))),
            Case(
                testDescription: "rmsprop", plain: .rmsProp(try RMSProp()),
                settings: """
                    "learning_rate": 0.5, "alpha": 0.1, "epsilon": 0.3, "momentum": 0.2,
                    "centered": true, "weight_decay": 0.4
                    """,
                full: .rmsProp(
                    try RMSProp(
                        learningRate: 0.5, alpha: 0.1, epsilon: 0.3, momentum: 0.2, centered: true,
                        weightDecay: 0.4))),
            Case(
                testDescription: "adagrad", plain: .adagrad(try Adagrad()),
                settings: """
                    "learning_rate": 0.5, "epsilon": 0.3, "weight_decay": 0.4
                    """,
                full: .adagrad(try Adagrad(learningRate: 0.5, epsilon: 0.3, weightDecay: 0.4))),
            Case(
                testDescription: "nadam", plain: .nadam(try NAdam()),
                settings: """
                    "learning_rate": 0.5, "beta1": 0.1, "beta2": 0.2, "epsilon": 0.3,
                    "weight_decay": 0.4, "momentum_decay": 0.6
                    """,
                full: .nadam(
                    try NAdam(
                        learningRate: 0.5, beta1: 0.1, beta2: 0.2, epsilon: 0.3, weightDecay: 0.4,
                        momentumDecay: 0.6))),
            Case(
                testDescription: "lion", plain: .lion(try Lion()),
                settings: """
                    "learning_rate": 0.5, "beta1": 0.1, "beta2": 0.2, "weight_decay": 0.4
                    """,
                full: .lion(
                    try Lion(learningRate: 0.5, beta1: 0.1, beta2: 0.2, weightDecay: 0.4))),
            Case(
                testDescription: "lbfgs", plain: .lbfgs(try LBFGS()),
                settings: """
                    "learning_rate": 0.5, "max_iterations": 7, "tolerance_gradient": 0.1,
                    "tolerance_change": 0.2, "history_size": 3
                    """,
                full: .lbfgs(
                    try LBFGS(
                        learningRate: 0.5, maxIterations: 7, toleranceGradient: 0.1,
                        toleranceChange: 0.2, historySize: 3))),
        ]
    }

    @Test func everyOptimizerHasACase() throws {
        #expect(try OptimizerWireTests.cases().map(\.testDescription) == Optimizer.names)
    }

    @Test(arguments: try cases()) func isReadAndWritten(_ wanted: Case) throws {
        let name = wanted.testDescription
        for (text, optimizer) in [
            ("\"\(name)\"", wanted.plain), ("{\"type\": \"\(name)\"}", wanted.plain),
            ("{\"type\": \"\(name)\", \(wanted.settings)}", wanted.full),
        ] {
            let request = try request(text)
            #expect(request.settings.optimizer == optimizer)
            #expect(request.settings.optimizer.name == name)
            #expect(try TrainRequest(parsing: request.json()) == request)
        }
    }

    @Test(arguments: try cases()) func refusesOtherSettingsAndWrongOnes(_ wanted: Case) throws {
        let name = wanted.testDescription
        for (setting, kind) in [
            ("\"lr\": 0.1", Problem.Kind.unknownField), ("\"learning_rate\": -1", .outOfRange),
            ("\"learning_rate\": \"fast\"", .wrongType),
        ] {
            let problem = try #require(throws: Problem.self) {
                try request("{\"type\": \"\(name)\", \(setting)}")
            }
            #expect(problem.kind == kind, "\(problem)")
            let field = setting.split(separator: "\"")[0]
            #expect(problem.pointer == "/optimizer/\(field)", "\(problem)")
        }
    }

    @Test func aBatchOfAllSamplesIsNotWrittenOut() throws {
        let all = try request("\"lbfgs\"")
        #expect(all.settings.batchSize == nil && all.settings.batchSize(of: 7) == 7)
        #expect(!String(decoding: all.json(), as: UTF8.self).contains("batch_size"))
        let given = try request("\"lbfgs\"", more: ", \"batch_size\": 5")
        #expect(given.settings.batchSize == 5)
        #expect(try TrainRequest(parsing: given.json()) == given)
        #expect(try request("\"lion\"").settings.batchSize == 32)
    }
}
