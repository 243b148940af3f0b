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
