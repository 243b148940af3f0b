/// When a training ends before its last epoch: once a metric has stopped getting better.
///
/// As in Keras: a value is better by more than `minDelta`, and the training ends after `patience`
/// epochs in a row without a better one; 0 and 1 both mean the first such epoch.
public struct EarlyStopping: Sendable, Equatable {
    /// The metric's key; nil for `validation_loss`, or `loss` where there are no validation samples.
    public let monitor: String?
    /// Epochs in a row without a better value, at least 0; 0 by default.
    public let patience: Int
    /// By how much a value must be better to count, at least 0; 0 by default.
    public let minDelta: Double
    /// Whether the training ends with the network of the best epoch, and not of the last; false by
    /// default.
    public let restoreBest: Bool

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        monitor: String? = nil, patience: Int = 0, minDelta: Double = 0, restoreBest: Bool = false
    ) throws(InvalidValue) {
        try require(Double(patience), in: 0...(.infinity), named: "patience", at: "/patience")
        try require(
            minDelta, in: 0...Double.greatestFiniteMagnitude, named: "min_delta", at: "/min_delta")
        self.monitor = monitor
        self.patience = patience
        self.minDelta = minDelta
        self.restoreBest = restoreBest
    }
}
