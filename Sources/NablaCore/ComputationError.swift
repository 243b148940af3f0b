public import NablaNetworks

/// Why a computation gave no result.
public enum ComputationError: Error, Sendable, Equatable {
    /// The parts of the request don't fit one another; the pointer is relative to the request.
    case invalid(InvalidValue)
    /// A number on the way to the result was NaN or infinite.
    case nonFinite(NonFinite)
    /// The caller no longer wants the result.
    case cancelled
}

/// The first place where a number was NaN or infinite.
public struct NonFinite: Error, Sendable, Equatable {
    /// The index of the layer, or nil for what belongs to no layer: samples, loss.
    public let layer: Int?
    /// The tensor: `inputs`, `targets`, `sample_weights`, `weights`, `bias`, `pre_activations`,
    /// `activations`, `loss`, `weights_gradient`, `bias_gradient`, `input_gradients` or the name of
    /// a metric.
    public let tensor: String
    /// The index of the sample, where it is one sample's.
    public let sample: Int?
    /// The epoch, from 1, of a training.
    public internal(set) var epoch: Int?
    /// The optimizer step, from 1, of a training.
    public internal(set) var step: Int?

    init(layer: Int? = nil, tensor: String, sample: Int? = nil) {
        self.layer = layer
        self.tensor = tensor
        self.sample = sample
    }

    /// Where it was, as a sentence without a full stop.
    public var detail: String {
        var place = tensor.replacing("_", with: " ")
        if let layer { place += " of layer \(layer)" }
        if let sample { place += " for sample \(sample)" }
        if let epoch, let step { place += " in epoch \(epoch), step \(step)" }
        return "a number that is not finite appeared first in \(place)"
    }
}

/// Runs `body` and gives its invalid value as a computation's error.
func invalidating<Value>(
    under prefix: String = "", _ body: () throws(InvalidValue) -> Value
) throws(ComputationError) -> Value {
    do {
        return try body()
    } catch {
        throw .invalid(error.under(prefix))
    }
}
