/// How a gradient becomes an update of the parameters.
///
/// Formulas and sources stand with the code that computes them, in NablaCore.
public enum Optimizer: Sendable, Equatable {
    case sgd(SGD)
    case adam(Adam)
    case adamW(AdamW)
    case rmsProp(RMSProp)
    case adagrad(Adagrad)
    case nadam(NAdam)
    case lion(Lion)
    case lbfgs(LBFGS)

    /// The names on the wire.
    public static let names = [
        "sgd", "adam", "adamw", "rmsprop", "adagrad", "nadam", "lion", "lbfgs",
    ]

    /// The name on the wire.
    public var name: String {
        switch self {
        case .sgd: "sgd"
        case .adam: "adam"
        case .adamW: "adamw"
        case .rmsProp: "rmsprop"
        case .adagrad: "adagrad"
        case .nadam: "nadam"
        case .lion: "lion"
        case .lbfgs: "lbfgs"
        }
    }

    /// The learning rate before any schedule.
    public var learningRate: Double {
        switch self {
        case .sgd(let settings): settings.learningRate
        case .adam(let settings): settings.learningRate
        case .adamW(let settings): settings.learningRate
        case .rmsProp(let settings): settings.learningRate
        case .adagrad(let settings): settings.learningRate
        case .nadam(let settings): settings.learningRate
        case .lion(let settings): settings.learningRate
        case .lbfgs(let settings): settings.learningRate
        }
    }

    /// Whether a step takes all samples, in their own order, so that an epoch is one step.
    public var takesAllSamples: Bool {
        if case .lbfgs = self { true } else { false }
    }
}
