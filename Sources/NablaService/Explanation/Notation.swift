import NablaNetworks

/// A piece of a formula: in characters, and in LaTeX.
struct Notation: ExpressibleByStringInterpolation, Sendable {
    var text: String
    var latex: String

    init(_ text: String, _ latex: String) {
        self.text = text
        self.latex = latex
    }

    /// A piece that is the same in both, but for the minus sign.
    init(stringLiteral value: String) {
        self.init(value, value.replacing("−", with: "-"))
    }

    static func + (first: Notation, second: Notation) -> Notation {
        Notation(first.text + second.text, first.latex + second.latex)
    }

    /// Factors with a dot between them.
    static func product(_ factors: [Notation]) -> Notation {
        Notation(
            factors.map(\.text).joined(separator: " · "),
            factors.map(\.latex).joined(separator: " \\cdot "))
    }

    /// ∂first/∂second.
    static func derivative(of first: Notation, by second: Notation) -> Notation {
        Notation(
            "∂\(first.text)/∂\(second.text)",
            "\\frac{\\partial \(first.latex)}{\\partial \(second.latex)}")
    }

    /// A letter with a number below it.
    static func indexed(_ letter: String, _ number: Int) -> Notation {
        let digits = Array("₀₁₂₃₄₅₆₇₈₉")
        let index = String(number).compactMap(\.wholeNumberValue).map { digits[$0] }
        return Notation(
            letter + String(index), number < 10 ? "\(letter)_\(number)" : "\(letter)_{\(number)}")
    }

    /// A number, whole ones without their point.
    static func number(_ value: Double) -> Notation {
        Notation(stringLiteral: Int(exactly: value).map(String.init) ?? "\(value)")
    }

    static let equals: Notation = " = "
}

extension Activation {
    /// f(z), for a pre-activation z.
    func notation(of z: Notation) -> Notation { letter + "(" + z + ")" }

    /// f′(z); nil for the identity, whose derivative is 1.
    func slopeNotation(at z: Notation) -> Notation? {
        guard self != .identity else { return nil }
        return letter + Notation("′", "'") + "(" + z + ")"
    }

    private var letter: Notation {
        switch self {
        case .sigmoid: Notation("σ", "\\sigma")
        case .tanh: Notation("tanh", "\\tanh")
        default: Notation(name, "\\mathrm{\(name.replacing("_", with: "\\_"))}")
        }
    }

    /// f′ worked out, by z and a = f(z); [c] is 1 where c holds, else 0.
    func workedOutSlope(z: Notation, a: Notation) -> Notation {
        let sigma = Notation("σ", "\\sigma") + "(" + z + ")"
        let power = Notation("e^", "e^{") + z + Notation("", "}")
        let isAbove = Notation("[", "[") + z + " > 0]"
        let isBelow = Notation("[", "[") + z + Notation(" ≤ 0]", " \\le 0]")
        let dot = Notation("·", " \\cdot ")
        switch self {
        case .identity: return "1"
        case .sigmoid: return a + "(1 − " + a + ")"
        case .tanh: return Notation("1 − ", "1 - ") + a + Notation("²", "^2")
        case .relu: return isAbove
        case .leakyReLU(let slope): return isAbove + " + " + .number(slope) + dot + isBelow
        case .elu(let alpha):
            return isAbove + " + " + .number(alpha) + dot + power + dot + isBelow
        case .selu:
            return Notation("λ(", "\\lambda(") + isAbove + Notation(" + α", " + \\alpha") + dot
                + power + dot + isBelow + ")"
        case .gelu:
            return Notation("Φ(", "\\Phi(") + z + ") + " + z + Notation("·φ(", " \\varphi(") + z
                + ")"
        case .silu: return sigma + "(1 + " + z + "(1 − " + sigma + "))"
        case .softplus: return sigma
        // By two units j and k of the layer.
        case .softmax:
            return a + Notation("ⱼ([j = k] − ", "^{(j)}([j = k] - ") + a
                + Notation("ₖ)", "^{(k)})")
        }
    }
}

/// The derivative of a loss by an output a, and by z where it is computed along with the activation.
struct LossNotation {
    /// ∂ℓ/∂a.
    let byActivation: Notation
    /// ∂ℓ/∂z where loss and activation are computed together; nil elsewhere.
    let byPreActivation: Notation?
    /// Whether it speaks of t.
    let hasWeightedTargets: Bool
    /// Whether it speaks of |y|.
    let hasSumOfTargets: Bool

    /// Writes the derivatives of a loss.
    ///
    /// - Parameters:
    ///   - loss: What is minimised.
    ///   - a: An output.
    ///   - areShares: Whether the targets of each sample are 1 together, as they are where they name a class.
    init(_ loss: Loss, a: Notation, areShares: Bool) {
        let difference = a + " − y"
        var fused: Notation?
        var (isWeighted, isSummed) = (false, false)
        switch loss.kind {
        case .binaryCrossEntropy:
            fused = difference
            byActivation = Notation(
                "(\(difference.text))/(\(a.text)(1 − \(a.text)))",
                "\\frac{\(difference.latex)}{\(a.latex)(1 - \(a.latex))}")
        case .crossEntropy(let settings):
            isWeighted = settings.isWeighted
            isSummed = !isWeighted && !areShares
            fused = settings.difference(from: a, areShares)
            let target = isWeighted ? "t" : "y"
            byActivation = Notation("(−\(target)/\(a.text))", "\\frac{-\(target)}{\(a.latex)}")
        case .crossEntropyWithLogits(let settings):
            isWeighted = settings.isWeighted
            isSummed = !isWeighted && !areShares
            byActivation =
                "(" + settings.difference(from: Activation.softmax.notation(of: a), areShares) + ")"
        case .binaryCrossEntropyWithLogits:
            byActivation = "(" + Activation.sigmoid.notation(of: a) + " − y)"
        case .meanSquaredError: byActivation = "2(" + difference + ")"
        case .meanAbsoluteError:
            byActivation = Notation("sign(", "\\mathrm{sign}(") + difference + ")"
        case .huber(let delta):
            let bound = Notation.number(delta)
            byActivation =
                Notation("clamp(", "\\mathrm{clamp}(") + difference + ", −" + bound + ", " + bound
                + ")"
        case .hinge:
            byActivation = Notation("(−y)[y·", "(-y)[y \\cdot ") + a + " < 1]"
        case .klDivergence:
            byActivation = Notation("(−y/\(a.text))", "\\frac{-y}{\(a.latex)}")
        case .poisson:
            byActivation = Notation(
                "(1 − y/(\(a.text) + 10⁻⁸))", "\\left(1 - \\frac{y}{\(a.latex) + 10^{-8}}\\right)")
        }
        byPreActivation = fused
        hasWeightedTargets = isWeighted
        hasSumOfTargets = isSummed
    }
}

extension Loss.ClassSettings {
    fileprivate var isWeighted: Bool { labelSmoothing > 0 || classWeights != nil }

    /// p·|y| − y, or with t for the target; p − y where |y| is 1, which smoothing leaves as it is.
    fileprivate func difference(from p: Notation, _ areShares: Bool) -> Notation {
        let target = isWeighted ? "t" : "y"
        if areShares && classWeights == nil { return p + " − " + Notation(target, target) }
        return p + Notation("·|\(target)| − \(target)", " \\cdot |\(target)| - \(target)")
    }
}
