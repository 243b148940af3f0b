/// The gradients of a layer's parameters, shaped as they are; a layer that learns nothing has none.
public struct LayerGradients: Sendable, Equatable {
    /// ∂L/∂W; nil for a layer without weights.
    public let weights: Tensor?
    /// ∂L/∂b; nil for a layer without a bias.
    public let bias: Tensor?

    /// Puts the gradients of one layer together.
    @inlinable
    public init(weights: Tensor?, bias: Tensor?) {
        self.weights = weights
        self.bias = bias
    }
}
