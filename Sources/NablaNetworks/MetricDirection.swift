/// Which values of a metric are better: the one rule of it.
public enum MetricDirection: Sendable {
    /// The smaller, as of losses and errors.
    case down
    /// The larger.
    case up

    /// The direction of the metric of that key; nil for what is recorded beside metrics and has no
    /// better or worse: the learning rate and the training's health.
    public init?(ofMetric key: String) {
        let kind = key.split(separator: ".").last ?? ""
        switch kind {
        case "learning_rate", "gradient_norm", "dead_units", "saturated_units": return nil
        default: self = kind.hasSuffix("loss") || kind.hasSuffix("error") ? .down : .up
        }
    }

    /// Whether a value is better than an earlier one by more than `delta`.
    public func isBetter(_ value: Double, than earlier: Double, by delta: Double = 0) -> Bool {
        switch self {
        case .down: value < earlier - delta
        case .up: value > earlier + delta
        }
    }
}
