/// The function a layer applies to its pre-activations z to give its activations a.
///
/// Formulas, derivatives and sources stand with the code that computes them, in NablaCore.
public enum Activation: Sendable, Equatable {
    case identity
    case sigmoid
    case tanh
    case relu
    /// `negativeSlope`: the slope for z < 0; 0.01 by default.
    case leakyReLU(negativeSlope: Double)
    /// `alpha`: minus the value approached as z → −∞; 1 by default.
    case elu(alpha: Double)
    case selu
    /// The exact form, with the error function.
    case gelu
    case silu
    case softplus
    /// Over all units of the layer.
    case softmax

    /// The names on the wire, in the order the documentation lists them.
    public static let names = [
        "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu",
        "softplus",
        "softmax",
    ]

    /// Makes the activation of that name with PyTorch's defaults, or nil for an unknown name.
    public init?(name: String) {
        switch name {
        case "identity": self = .identity
        case "sigmoid": self = .sigmoid
        case "tanh": self = .tanh
        case "relu": self = .relu
        case "leaky_relu": self = .leakyReLU(negativeSlope: 0.01)
        case "elu": self = .elu(alpha: 1)
        case "selu": self = .selu
        case "gelu": self = .gelu
        case "silu": self = .silu
        case "softplus": self = .softplus
        case "softmax": self = .softmax
        default: return nil
        }
    }

    /// The name on the wire.
    public var name: String {
        switch self {
        case .identity: "identity"
        case .sigmoid: "sigmoid"
        case .tanh: "tanh"
        case .relu: "relu"
        case .leakyReLU: "leaky_relu"
        case .elu: "elu"
        case .selu: "selu"
        case .gelu: "gelu"
        case .silu: "silu"
        case .softplus: "softplus"
        case .softmax: "softmax"
        }
    }
}
