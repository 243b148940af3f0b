/// The gradients of a layer's parameters, shaped as they are.
public struct LayerGradients: Sendable, Equatable {
    /// ∂L/∂W, shape (units, inputs).
    public let weights: Tensor
    /// ∂L/∂b, shape (units); nil for a layer without a bias.
    public let bias: Tensor?

    /// Puts the gradients of one layer together.
    @inlinable
    public init(weights: Tensor, bias: Tensor?) {
        self.weights = weights
        self.bias = bias
    }
}
