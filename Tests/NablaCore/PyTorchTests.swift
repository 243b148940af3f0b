import NablaNetworks
import Testing

@testable import NablaCore

/// Numbers that PyTorch 2.13 gave in float64 for the same settings.
@Suite("PyTorch's numbers are met")
struct PyTorchTests {
    static let logits: [[Double]] = [
        [0.3, -1.2, 2.0], [1.5, 0.25, -0.75], [-2.0, 0.5, 0.1], [0.0, 3.0, -1.0],
    ]
    static let classes: [Double] = [2, 0, 1, 2]
    static let shares: [[Double]] = [
        [0.2, 0.3, 0.5], [1.0, 0.0, 0.4], [0.1, 0.1, 0.1], [0.0, 0.7, 0.3],
    ]

    struct ClassCase: CustomTestStringConvertible {
        let testDescription: String
        let hasShares: Bool
        let hasWeights: Bool
        let smoothing: Double
        let reduction: Reduction
        let loss: Double
        let gradient: [Double]
    }

    static let classCases = [
        ClassCase(
            testDescription: "indices", hasShares: false, hasWeights: false, smoothing: 0,
            reduction: .mean, loss: 1.289804228446387,
            gradient: [
                0.0373297155458478, 0.008329385408040348, -0.04565910095388814,
                -0.07038991471223377, 0.05145915099941289, 0.01893076371282088,
                0.011710334730268723, -0.10733891787068514, 0.09562858314041646,
                0.011653155644493473, 0.23405988796912644, -0.2457130436136199,
            ]),
        ClassCase(
            testDescription: "indices, class weights", hasShares: false, hasWeights: true,
            smoothing: 0, reduction: .mean, loss: 1.3243517103855191,
            gradient: [
                0.0373297155458478, 0.008329385408040348, -0.04565910095388814,
                -0.02815596588489351, 0.020583660399765155, 0.007572305485128352,
                0.018736535568429958, -0.17174226859309624, 0.15300573302466636,
                0.011653155644493473, 0.23405988796912644, -0.2457130436136199,
            ]),
        ClassCase(
            testDescription: "indices, class weights, sum", hasShares: false, hasWeights: true,
            smoothing: 0, reduction: .sum, loss: 6.621758551927596,
            gradient: [
                0.18664857772923898, 0.04164692704020174, -0.22829550476944072,
                -0.14077982942446754, 0.10291830199882578, 0.03786152742564176,
                0.09368267784214979, -0.8587113429654811, 0.7650286651233317,
                0.05826577822246736, 1.1702994398456321, -1.2285652180680995,
            ]),
        ClassCase(
            testDescription: "indices, smoothing", hasShares: false, hasWeights: false,
            smoothing: 0.1, reduction: .mean, loss: 1.342304228446387,
            gradient: [
                0.028996382212514465, -3.947925292985266e-06, -0.02899243428722148,
                -0.05372324804556711, 0.043125817666079556, 0.010597430379487545,
                0.00337700139693539, -0.09067225120401848, 0.08729524980708313,
                0.0033198223111601394, 0.2257265546357931, -0.22904637694695323,
            ]),
        ClassCase(
            testDescription: "indices, smoothing, class weights", hasShares: false,
            hasWeights: true, smoothing: 0.2, reduction: .mean, loss: 1.3949422139976928,
            gradient: [
                0.03066304887918113, -0.01833728125862632, -0.012325767620554817,
                0.0067305776829717735, 9.209185302803772e-05, -0.00682266953599981,
                0.010664628734131045, -0.13552826511528068, 0.1248636363811497,
                0.004986488977826806, 0.20739322130245977, -0.21237971028028657,
            ]),
        ClassCase(
            testDescription: "shares that don't sum to 1", hasShares: true, hasWeights: false,
            smoothing: 0, reduction: .mean, loss: 1.1471983871451914,
            gradient: [
                -0.012670284454152206, -0.06667061459195965, 0.07934089904611186,
                0.0014541194028727064, 0.07204281139917804, -0.07349693080205078,
                -0.021486899580919382, 0.017798324638794463, 0.0036885749421249406,
                0.011653155644493473, 0.05905988796912645, -0.0707130436136199,
            ]),
        ClassCase(
            testDescription: "shares, smoothing, class weights", hasShares: true, hasWeights: true,
            smoothing: 0.1, reduction: .mean, loss: 1.518083449646594,
            gradient: [
                0.0225152335649878, -0.14069270139157353, 0.1181774678265857, 0.0674336707532937,
                0.03607896310773154, -0.10351263386102527, -0.010000636853917383,
                0.00431408381814145, 0.005686553035775946, 0.015905893930973337,
                0.0715014903601536, -0.08740738429112695,
            ]),
        ClassCase(
            testDescription: "shares, smoothing, class weights, sum", hasShares: true,
            hasWeights: true, smoothing: 0.1, reduction: .sum, loss: 6.072333798586376,
            gradient: [
                0.0900609342599512, -0.5627708055662941, 0.4727098713063428, 0.2697346830131748,
                0.14431585243092615, -0.4140505354441011, -0.04000254741566953,
                0.0172563352725658, 0.022746212143103784, 0.06362357572389335,
                0.2860059614406144, -0.3496295371645078,
            ]),
    ]

    @Test("cross entropy", arguments: classCases)
    func crossEntropy(_ wanted: ClassCase) throws {
        let settings = try Loss.ClassSettings(
            labelSmoothing: wanted.smoothing,
            classWeights: wanted.hasWeights ? [0.5, 2, 1.25] : nil)
        let samples = try Samples(
            inputs: matrix(Self.logits),
            targets: wanted.hasShares ? matrix(Self.shares) : Tensor(Self.classes))
        // The same numbers whether the softmax is the last layer's or the loss's own.
        for (kind, activation) in [
            (Loss.Kind.crossEntropyWithLogits(settings), Activation.identity),
            (.crossEntropy(settings), .softmax),
        ] {
            let result = try gradients(
                kind, wanted.reduction, of: passThrough(width: 3, activation), samples,
                including: .inputGradients)
            expectClose(result.loss.doubles, [wanted.loss])
            expectClose(try #require(result.inputGradients).doubles, wanted.gradient)
        }
    }

    struct ElementCase: CustomTestStringConvertible {
        let kind: Loss.Kind
        let loss: Double
        let gradient: [Double]
        var testDescription: String { "\(kind)" }
    }

    static let elementCases = [
        ElementCase(
            kind: .binaryCrossEntropyWithLogits, loss: 0.6289236040665117,
            gradient: [
                0.09163899955207966, -0.025744210847255793, 0.0018249171041673229,
                0.04374956608070172, -0.066885389981258, 0.09094271770429924,
            ]),
        ElementCase(
            kind: .meanSquaredError, loss: 0.20333333333333334,
            gradient: [
                0.06666666666666667, 0.2333333333333333, 0.06666666666666668, -0.06666666666666667,
                -0.19999999999999998, 0.16666666666666666,
            ]),
        ElementCase(
            kind: .meanAbsoluteError, loss: 0.4,
            gradient: [1.0 / 6, 1.0 / 6, 1.0 / 6, -1.0 / 6, -1.0 / 6, 1.0 / 6]),
        ElementCase(
            kind: .huber(delta: 0.5), loss: 0.0975,
            gradient: [
                0.03333333333333333, 0.08333333333333333, 0.03333333333333334,
                -0.03333333333333333, -0.08333333333333333, 0.08333333333333333,
            ]),
        ElementCase(
            kind: .klDivergence, loss: 0.14430863740035663,
            gradient: [
                0, -0.19607843137254902, -0.25925925925925924, -1.6666666666666665,
                -0.8333333333333333, -0.05555555555555556,
            ]),
        ElementCase(
            kind: .poisson, loss: 0.8515717303684612,
            gradient: [
                0.16666666666666666, 0.06862745155709342, 0.03703703847736625,
                -0.6666665000000332, -0.24999998958333355, 0.13888888935185184,
            ]),
        ElementCase(
            kind: .hinge, loss: 0.5583333333333335,
            gradient: [1.0 / 6, 0, -1.0 / 6, 1.0 / 6, -1.0 / 6, -1.0 / 6]),
    ]

    @Test("losses over elements", arguments: elementCases)
    func elements(_ wanted: ElementCase) throws {
        let isHinge = wanted.kind == .hinge
        let targets: [[Double]] =
            isHinge ? [[-1, 1], [1, -1], [1, 1]] : [[0, 1], [0.7, 0.25], [1, 0.1]]
        let result = try gradients(
            wanted.kind, of: passThrough(width: 2),
            Samples(
                inputs: matrix([[0.2, 1.7], [0.9, 0.05], [0.4, 0.6]]), targets: matrix(targets)),
            including: .inputGradients)
        expectClose(result.loss.doubles, [wanted.loss])
        expectClose(try #require(result.inputGradients).doubles, wanted.gradient)
    }
}
