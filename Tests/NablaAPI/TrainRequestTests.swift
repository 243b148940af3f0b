import NablaAPI
import NablaJSON
import NablaNetworks
import Testing

@Suite struct TrainRequestTests {
    private let text = """
        {"network": {"input_shape": [2], "layers": [
            {"units": 3, "activation": "relu", "initializer": "he_normal", "use_bias": false},
            {"units": 1, "activation": "sigmoid"}]},
         "loss": "binary_cross_entropy",
         "samples": {"inputs": [[0, 0], [0, 1]], "targets": [[0], [1]]},
         "optimizer": {"type": "adam", "learning_rate": 0.01, "amsgrad": true},
         "schedule": {"type": "cosine", "t_max": 10, "warmup_epochs": 2},
         "epochs": 10, "batch_size": 2, "shuffle": false, "seed": 9, "dtype": "float64",
         "clip_norm": 1.5, "metrics": ["accuracy"], "validation_split": 0.25, "health_every": 5,
         "early_stopping": {"monitor": "validation_accuracy", "patience": 3, "min_delta": 0.01,
            "restore_best": true},
         "name": "xor", "tags": {"team": "search"}}
        """

    @Test func everyFieldIsRead() throws {
        let request = try TrainRequest(parsing: Array(text.utf8))
        #expect(request.settings.optimizer == .adam(try Adam(learningRate: 0.01, amsgrad: true)))
        #expect(
            request.settings.schedule
                == (try Schedule(.cosine(tMax: 10, etaMin: 0), warmupEpochs: 2)))
        #expect(request.settings.epochs == 10)
        #expect(request.settings.seed == 9)
        #expect(request.settings.clipNorm == 1.5)
        #expect(request.settings.metrics == [.accuracy])
        #expect(request.settings.healthEvery == 5)
        #expect(
            request.settings.earlyStopping
                == (try EarlyStopping(
                    monitor: "validation_accuracy", patience: 3, minDelta: 0.01,
                    restoreBest: true)))
        #expect(request.validation == .split(0.25))
        #expect(request.name == "xor")
        #expect(request.tags == ["team": "search"])
        #expect(request.samples.inline?.inputs.dtype == .float64)
    }

    @Test func whatIsLeftOutHasTheContractsDefaults() throws {
        let short = """
            {"network": {"input_shape": [1], "layers": [{"units": 1}]}, "loss": "mean_squared_error",
             "samples": {"inputs": [[1]], "targets": [1]}}
            """
        let request = try TrainRequest(parsing: Array(short.utf8))
        #expect(request.settings == (try TrainingSettings(optimizer: .sgd(SGD()))))
        #expect(request.settings.batchSize == 32)
        #expect(request.settings.dtype == .float32)
        #expect(request.validation == nil)
    }

    @Test func isReadAsItWasWritten() throws {
        let request = try TrainRequest(parsing: Array(text.utf8))
        #expect(try TrainRequest(parsing: request.json()) == request)
    }

    @Test func theSummaryHasEverySettingAndNoNumbers() throws {
        let request = try TrainRequest(parsing: Array(text.utf8))
        guard case .inline(let network) = request.network else { return #expect(Bool(false)) }
        let summary = String(
            decoding: request.summary(network: network, trained: 2, validated: 1), as: UTF8.self)
        _ = try JSONDocument(parsing: Array(summary.utf8))
        #expect(summary.contains(#""samples":{"count":2},"validation":{"count":1}"#))
        #expect(summary.contains(#""learning_rate":0.01"#))
        #expect(summary.contains(#""monitor":"validation_accuracy""#))
        #expect(summary.contains(#""health_every":5"#))
        #expect(summary.contains(#""initializer":"he_normal""#))
        #expect(!summary.contains("inputs"))
        #expect(!summary.contains("weights\""))
    }

    @Test(arguments: [
        (
            "\"validation_split\": 0.25", "\"validation_split\": 1", "/validation_split",
            Problem.Kind.outOfRange
        ),
        ("\"seed\": 9", "\"seed\": -1", "/seed", .outOfRange),
        ("\"seed\": 9", "\"seed\": 1.5", "/seed", .outOfRange),
        ("\"epochs\": 10", "\"epochs\": 0", "/epochs", .outOfRange),
        (
            "\"learning_rate\": 0.01", "\"learning_rate\": -1", "/optimizer/learning_rate",
            .outOfRange
        ),
        ("\"adam\"", "\"adamm\"", "/optimizer/type", .unknownName),
        ("\"t_max\": 10, ", "", "/schedule", .missingField),
        ("[\"accuracy\"]", "[\"acuracy\"]", "/metrics/0", .unknownName),
        ("{\"team\": \"search\"}", "{\"team\": 1}", "/tags/team", .wrongType),
        ("\"units\": 3", "\"units\": 0", "/network/layers/0/units", .outOfRange),
        ("\"epochs\"", "\"epoch\"", "/epoch", .unknownField),
    ]) func aMistakeIsNamedWhereItIs(
        _ good: String, _ bad: String, _ pointer: String, _ kind: Problem.Kind
    ) throws {
        #expect(text.contains(good))
        let problem = try #require(throws: Problem.self) {
            try TrainRequest(parsing: Array(text.replacing(good, with: bad).utf8))
        }
        #expect(problem.pointer == pointer, "\(problem)")
        #expect(problem.kind == kind, "\(problem)")
    }
}
