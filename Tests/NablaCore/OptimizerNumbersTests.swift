import NablaNetworks
import Testing

@testable import NablaCore

/// Weights and biases after some steps of PyTorch 2.13 in float64, from a dense layer of three
/// inputs and two units with tanh, the mean squared error and four samples, all in each step.
///
/// Lion isn't in PyTorch: its numbers are those of algorithm 2 of Chen et al. 2023 on tensors of it.
@Suite("PyTorch's optimizers are met")
struct OptimizerNumbersTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let optimizer: Optimizer
        var steps = 5
        var schedule = Schedule.constant
        /// The loss that the last step began with.
        let loss: Double
        let parameters: [Double]
    }

    @Test("parameters and loss", arguments: try elementwise() + wholeVector(), DType.allCases)
    func isMet(_ wanted: Case, _ dtype: DType) throws {
        var training = try Self.training(
            wanted.optimizer, epochs: wanted.steps, schedule: wanted.schedule, dtype: dtype)
        var loss = 0.0
        while !training.isFinished {
            if case .epochEnded(let summary) = try training.advance(maximumSteps: 1) {
                loss = summary.metrics[0].value
            }
        }
        #expect(training.step == wanted.steps)
        // What is rounded off grows with every iteration of L-BFGS.
        let isLong = wanted.optimizer.takesAllSamples
        let tolerance =
            dtype == .float64 ? (isLong ? 1e-9 : 1e-12) : (isLong ? 5e-3 : 3e-6)
        expectClose([loss], [wanted.loss], tolerance: tolerance)
        expectClose(training.network().flat, wanted.parameters, tolerance: tolerance)
    }

    /// The training whose numbers these are.
    static func training(
        _ optimizer: Optimizer, epochs: Int, schedule: Schedule = .constant,
        dtype: DType = .float64, batchSize: Int? = nil
    ) throws -> Training {
        let batchSize = optimizer.takesAllSamples ? batchSize : (batchSize ?? 4)
        return try Training(
            network: Network(layers: [
                dense([[0.5, -0.3, 0.2], [-0.4, 0.1, 0.6]], bias: [0.1, -0.2], .tanh)
            ]),
            loss: Loss(.meanSquaredError),
            samples: Samples(
                inputs: matrix([
                    [1, 2, -0.5], [-1, 0.5, 0.25], [0.3, -0.7, 1.5], [0.8, -0.1, -1.2],
                ]),
                targets: matrix([[0.5, -1], [0.2, 0.9], [-0.7, 0.1], [1, -0.3]])),
            settings: TrainingSettings(
                optimizer: optimizer, schedule: schedule, epochs: epochs, batchSize: batchSize,
                shuffle: false, dtype: dtype))
    }
}

extension OptimizerNumbersTests {
    static func elementwise() throws -> [Case] {
        [
            Case(
                testDescription: "AdamW",
                optimizer: .adamW(try AdamW(learningRate: 0.1)),
                loss: 0.14829757618811304,
                parameters: [
                    0.3948928983273368, 0.15463371447563923, -0.2878578371610385,
                    -0.8460969759622948, -0.20269643899544187, 0.09763910072188185,
                    0.31357946464162345, 0.1947321348317944,
                ]),
            Case(
                testDescription: "AdamW, every setting",
                optimizer: .adamW(
                    try AdamW(
                        learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-3,
                        weightDecay: 0.2, amsgrad: true)),
                loss: 0.2765888411426827,
                parameters: [
                    0.4857341910036578, -0.054307692858978136, -0.05008203164639478,
                    -0.6131275297943014, -0.08080728307246957, 0.325941727096259,
                    0.2703174330875007, 0.03486991081740047,
                ]),
            Case(
                testDescription: "RMSprop",
                optimizer: .rmsProp(try RMSProp()),
                loss: 0.219670151830364,
                parameters: [
                    0.36440278093453354, -0.04045607867127496, -0.10289687215426241,
                    -0.6541483183503786, -0.0917525460463433, 0.27101690125501265,
                    0.1913599420801723, 0.0341862229502858,
                ]),
            Case(
                testDescription: "RMSprop, momentum",
                optimizer: .rmsProp(
                    try RMSProp(learningRate: 0.02, alpha: 0.9, momentum: 0.7, weightDecay: 0.1)),
                loss: 0.16703141706947508,
                parameters: [
                    0.29435625101662694, 0.07653572628465909, -0.22760377779461768,
                    -0.6882151386187231, -0.1541464804955087, 0.13716524861676274,
                    0.24567023514920358, 0.12128639746358431,
                ]),
            Case(
                testDescription: "RMSprop, centered",
                optimizer: .rmsProp(
                    try RMSProp(learningRate: 0.005, alpha: 0.9, epsilon: 1e-4, centered: true)),
                loss: 0.4248069760780418,
                parameters: [
                    0.5386837795268052, -0.2414504657489945, 0.14020401454600387,
                    -0.45868679237110904, 0.04846195417280133, 0.5373468844898951,
                    0.15458358191641475, -0.14109233712623573,
                ]),
            Case(
                testDescription: "RMSprop, centered, momentum",
                optimizer: .rmsProp(
                    try RMSProp(
                        learningRate: 0.01, alpha: 0.95, momentum: 0.5, centered: true,
                        weightDecay: 0.05)),
                loss: 0.27094752951966505,
                parameters: [
                    0.41785875347088536, -0.07432701034949113, -0.048437443929455405,
                    -0.6133041217597869, -0.06574839927153456, 0.3285143548338643,
                    0.23782723637278655, 0.014460927712468935,
                ]),
            Case(
                testDescription: "Adagrad",
                optimizer: .adagrad(try Adagrad()),
                loss: 0.4547999531066944,
                parameters: [
                    0.5274985773023818, -0.26844747313942974, 0.16814780958417946,
                    -0.4315654462006489, 0.07044058902217352, 0.5671866338607175,
                    0.13056912143592334, -0.16791603861751908,
                ]),
            Case(
                testDescription: "Adagrad, every setting",
                optimizer: .adagrad(
                    try Adagrad(learningRate: 0.2, epsilon: 1e-3, weightDecay: 0.1)),
                loss: 0.09818529997680404,
                parameters: [
                    0.22812330993264485, 0.09743747394519472, -0.313291106676636,
                    -0.6357255707237248, -0.17475253381722838, 0.08554956340595646,
                    0.14734517223011473, 0.11177647228842169,
                ]),
            Case(
                testDescription: "NAdam",
                optimizer: .nadam(try NAdam()),
                loss: 0.4863100001477586,
                parameters: [
                    0.507895697566686, -0.29193876049463496, 0.1919260254643568,
                    -0.40805880177924725, 0.09205224933422469, 0.5918719229250848,
                    0.1080140105096688, -0.19190047728080584,
                ]),
            Case(
                testDescription: "NAdam, every setting",
                optimizer: .nadam(
                    try NAdam(
                        learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-3,
                        weightDecay: 0.1, momentumDecay: 0.02)),
                loss: 0.2904667666792793,
                parameters: [
                    0.3649514731458952, -0.09880655862304656, -0.01731277285512575,
                    -0.571490642326316, -0.04330358040847888, 0.3732057436371081,
                    0.22276624388767935, -0.017131041153410437,
                ]),
            Case(
                testDescription: "Lion",
                optimizer: .lion(try Lion()),
                loss: 0.4963723523350456,
                parameters: [
                    0.5005, -0.29950000000000004, 0.19950000000000007, -0.40049999999999997,
                    0.09949999999999999, 0.5995, 0.10050000000000002, -0.19950000000000007,
                ]),
            Case(
                testDescription: "Lion, every setting",
                optimizer: .lion(
                    try Lion(learningRate: 0.03, beta1: 0.7, beta2: 0.9, weightDecay: 0.2)),
                loss: 0.34401744531661754,
                parameters: [
                    0.513749690874992, -0.1428965863027872, 0.0458608016555648, -0.5363539062277697,
                    -0.05117498299165759, 0.4340039402444544, 0.2452465522861024,
                    -0.0458608016555648,
                ]),
        ]
    }

    static func wholeVector() throws -> [Case] {
        [
            Case(
                testDescription: "L-BFGS",
                optimizer: .lbfgs(try LBFGS(historySize: 10)), steps: 2,
                loss: 0.0001109329514278004,
                parameters: [
                    0.24554440912265443, -1.253910022016942, -2.315092282488126,
                    -2.1567273172192944, -1.8885194868911432, -0.6672380267031826,
                    1.6540163458358175, 0.4262792323393402,
                ]),
            Case(
                testDescription: "L-BFGS, full history",
                optimizer: .lbfgs(try LBFGS(learningRate: 0.7, maxIterations: 4, historySize: 2)),
                loss: 0.0006142051048290255,
                parameters: [
                    -0.0032376969096003677, -0.3904830339760581, -1.241965055869687,
                    -1.4714634131341495, -0.7339780889254203, -0.2849646167861633,
                    0.707131044480776, 0.4532583471479345,
                ]),
            Case(
                testDescription: "L-BFGS, one iteration",
                optimizer: .lbfgs(try LBFGS(maxIterations: 1, historySize: 10)),
                loss: 0.053522860923074844,
                parameters: [
                    -0.1551859851402287, 0.14060443956486673, -0.9755211315158894,
                    -1.311757868198976, -0.6454018441162277, -0.6514667484152982,
                    0.6910649391549362, 0.9205863629012426,
                ]),
            Case(
                testDescription: "L-BFGS, the most evaluations",
                optimizer: .lbfgs(try LBFGS(maxIterations: 3, historySize: 10)), steps: 4,
                loss: 0.02058369097734961,
                parameters: [
                    0.03242814070894209, -0.49364210070326187, -0.8886703209075006,
                    -1.5445258898340428, -0.6770491404792065, -0.3972412442988545,
                    0.45818715247485015, 0.6069379187282081,
                ]),
            Case(
                testDescription: "L-BFGS, tolerance of the gradient",
                optimizer: .lbfgs(try LBFGS(toleranceGradient: 1e-2, historySize: 10)), steps: 3,
                loss: 0.001126387163790272,
                parameters: [
                    -0.022508544028735197, -0.18330576786688768, -0.9525878772256011,
                    -1.4023888096960448, -0.5685456816240133, -0.24286147943714367,
                    0.4869895999406428, 0.48214425229142527,
                ]),
            Case(
                testDescription: "L-BFGS, tolerance of changes",
                optimizer: .lbfgs(try LBFGS(toleranceChange: 1e-2, historySize: 10)), steps: 3,
                loss: 0.02058369097734961,
                parameters: [
                    0.0656250567635783, 0.15684289883388314, -0.8338571702444464,
                    -1.1664656076221542, -0.37074417731502984, -0.08951403678299008,
                    0.48929667707485436, 0.3769331428370316,
                ]),
            Case(
                testDescription: "L-BFGS, schedule",
                optimizer: .lbfgs(try LBFGS(learningRate: 0.5, maxIterations: 5, historySize: 10)),
                steps: 3,
                schedule: try Schedule(.exponential(gamma: 0.5)),
                loss: 0.00346972668633554,
                parameters: [
                    -0.07213277655528394, -0.16300217845989934, -0.9915861763312136,
                    -1.1520803008956215, -0.4358647910704267, -0.15740606319669048,
                    0.46660076239044057, 0.3835213995181208,
                ]),
        ]
    }
}
