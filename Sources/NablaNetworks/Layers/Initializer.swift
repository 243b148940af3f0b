/// How the weights of a layer without numbers are drawn; its bias is 0.
///
/// fan_in and fan_out are the layer's numbers of inputs and units; of a convolution those of channels and
/// filters, times the window's height and width; of an embedding vocabulary and dimension. The default is
/// `glorotUniform`, of embeddings `standardNormal`. (PyTorch's `Linear` and `Conv2d` draw weights and
/// biases from U(−l, l), l = 1/√fan_in.)
/// - Source: Glorot & Bengio 2010; He et al. 2015; LeCun et al. 1998. Names and the spread of `normal` and
///   `uniform` as in Keras; the normal ones are not truncated.
public enum Initializer: String, Sendable, CaseIterable {
    /// U(−l, l), l = √(6 / (fan_in + fan_out)).
    case glorotUniform = "glorot_uniform"
    /// N(0, σ²), σ = √(2 / (fan_in + fan_out)).
    case glorotNormal = "glorot_normal"
    /// U(−l, l), l = √(6 / fan_in).
    case heUniform = "he_uniform"
    /// N(0, σ²), σ = √(2 / fan_in).
    case heNormal = "he_normal"
    /// N(0, σ²), σ = √(1 / fan_in).
    case lecunNormal = "lecun_normal"
    /// 0 for all.
    case zeros
    /// 1 for all.
    case ones
    /// N(0, 1), as PyTorch draws embeddings.
    case standardNormal = "standard_normal"
    /// N(0, 0.05²).
    case normal
    /// U(−0.05, 0.05).
    case uniform
}
