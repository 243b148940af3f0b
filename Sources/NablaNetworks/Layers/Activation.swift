/// The function f a layer applies to its pre-activations z to give its activations a, of the same shape.
///
/// a = f(z) and ∂L/∂z = ∂L/∂a · f′(z) number by number, but for `softmax`. Definitions and defaults are
/// PyTorch's.
public enum Activation: Sendable, Equatable {
    /// f(z) = z.
    case identity
    /// σ(z) = 1/(1 + e⁻ᶻ), σ′ = a(1 − a).
    case sigmoid
    /// tanh z = (eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ), tanh′ = 1 − a².
    case tanh
    /// f(z) = max(z, 0); f′ = 1 for z > 0, else 0.
    ///
    /// - Source: Nair & Hinton 2010.
    case relu
    /// f(z) = z for z > 0, else s·z; f′ = 1 for z > 0, else s, the `negativeSlope`; 0.01 by default.
    ///
    /// - Source: Maas et al. 2013.
    case leakyReLU(negativeSlope: Double)
    /// f(z) = z for z > 0, else α·(eᶻ − 1); f′ = 1 for z > 0, else α·eᶻ.
    ///
    /// `alpha` is minus the value approached as z → −∞; 1 by default.
    /// - Source: Clevert et al. 2016.
    case elu(alpha: Double)
    /// f(z) = λ·elu(z) with α = 1.67326… and λ = 1.05070…, which keep mean 0 and variance 1 from layer
    /// to layer.
    ///
    /// - Source: Klambauer et al. 2017, equation 14.
    case selu
    /// f(z) = z·Φ(z), f′ = Φ(z) + z·φ(z), with the normal distribution function Φ(z) = ½·erfc(−z/√2) and
    /// its density φ(z) = e^(−z²/2)/√(2π).
    ///
    /// The exact form, and not the one with tanh.
    /// - Source: Hendrycks & Gimpel 2016.
    case gelu
    /// f(z) = z·σ(z), f′ = σ(z)·(1 + z·(1 − σ(z))).
    ///
    /// - Source: Elfwing et al. 2018; Ramachandran et al. 2017 (swish).
    case silu
    /// f(z) = ln(1 + eᶻ), f′ = σ(z).
    ///
    /// - Source: Dugas et al. 2001. PyTorch's is linear above z = 20; this one never is.
    case softplus
    /// aₖ = e^zₖ/Σⱼ e^zⱼ over the last axis of a sample; ∂L/∂zₖ = aₖ·(∂L/∂aₖ − Σⱼ ∂L/∂aⱼ·aⱼ).
    ///
    /// Of (units) that is all of them, but of (channels, height, width) each row of a channel by itself.
    /// - Source: Bridle 1990.
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
