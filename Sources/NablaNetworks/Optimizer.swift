/// How a gradient becomes an update of the parameters.
///
/// Definitions and defaults are PyTorch's, where the settings don't say otherwise; the sources stand there.
/// θ are the parameters, biases among them, and all but L-BFGS update each number by itself. g = ∂L/∂θ,
/// clipped as `TrainingSettings` say, η is the learning rate as the `Schedule` has it, λ the weight decay,
/// t the number of the step, from 1. What is kept from step to step begins as 0.
public enum Optimizer: Sendable, Equatable {
    /// θ ← θ − η·g, or along a momentum.
    case sgd(SGD)
    /// θ ← θ − η·m̂/(√v̂ + ε) with the running means m of g and v of g².
    case adam(Adam)
    /// Adam whose weight decay acts on θ directly, and not by way of g.
    case adamW(AdamW)
    /// θ ← θ − η·g/(√v + ε) with the running mean v of g².
    case rmsProp(RMSProp)
    /// θ ← θ − η·g/(√v + ε) with the sum v of all g².
    case adagrad(Adagrad)
    /// Adam with Nesterov's momentum.
    case nadam(NAdam)
    /// θ ← θ ∓ η: the sign of a momentum decides.
    case lion(Lion)
    /// θ ← θ − η·H·g with an estimate H of the inverse Hessian, from all samples at once.
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

    /// The learning rate before any schedule: η₀.
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
