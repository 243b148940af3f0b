import NablaNetworks

/// How many of a network's outputs the metrics of a training may have in memory.
enum MetricRoom {
    /// The most numbers of outputs at once: 128 or 256 MB of a batch, and 256 MB of what `auc` orders.
    static let mostOutputs = 1 << 25

    /// Refuses a training whose metrics would have more.
    ///
    /// - Parameters:
    ///   - metrics: The metrics.
    ///   - batch: The samples of a batch, whose outputs all metrics see at once.
    ///   - samples: The samples of an epoch, or of the validation where these are more: `auc` orders the outputs
    ///     of all of them.
    ///   - width: The network's outputs for a sample.
    /// - Throws: `invalid` at `/batch_size` or `/metrics`.
    static func check(
        _ metrics: [Metric], batch: Int, samples: Int, width: Int
    ) throws(ComputationError) {
        guard !metrics.isEmpty, width > 0 else { return }
        if batch > mostOutputs / width {
            throw tooMany("metrics see \(batch)", width, at: "/batch_size")
        }
        if metrics.contains(.auc), samples > mostOutputs / width {
            throw tooMany("auc orders \(samples)", width, at: "/metrics")
        }
    }

    private static func tooMany(
        _ what: String, _ width: Int, at pointer: String
    ) -> ComputationError {
        .invalid(
            InvalidValue(
                .outOfRange,
                "\(what) times \(width) outputs at once; \(mostOutputs) are the most", at: pointer))
    }
}
