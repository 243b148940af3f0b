import NablaNetworks

/// How long a training has waited for a better value of what its early stopping watches.
struct StoppingProgress: Sendable, Equatable {
    /// The best value so far.
    private(set) var best: Double?
    /// Epochs since it.
    private(set) var waited = 0
    /// Whether the training is to end.
    private(set) var isStopped = false

    /// Starts before the first epoch.
    init() {}

    /// Goes on from what was seen before.
    init(best: Double?, waited: Int, isStopped: Bool) {
        self.best = best
        self.waited = waited
        self.isStopped = isStopped
    }

    /// Takes note of an epoch's value.
    ///
    /// - Returns: Whether it is the best so far.
    mutating func observe(
        _ value: Double, _ settings: EarlyStopping, _ direction: MetricDirection
    ) -> Bool {
        if let best, !direction.isBetter(value, than: best, by: settings.minDelta) {
            waited += 1
            if waited >= settings.patience { isStopped = true }
            return false
        }
        (best, waited) = (value, 0)
        return true
    }
}

/// Early stopping made ready for a training's metrics.
struct PreparedStopping: Sendable {
    let settings: EarlyStopping
    /// Which of an epoch's metrics is watched.
    let place: Int
    private let direction: MetricDirection

    /// Finds the metric that is watched.
    ///
    /// - Throws: `InvalidValue` at `/early_stopping/monitor` for one that isn't recorded each epoch.
    init(_ settings: EarlyStopping, keys: [String]) throws(InvalidValue) {
        let monitor =
            settings.monitor ?? (keys.contains("validation_loss") ? "validation_loss" : "loss")
        let watchable = keys.filter { MetricDirection(ofMetric: $0) != nil }
        guard watchable.contains(monitor), let place = keys.firstIndex(of: monitor),
            let direction = MetricDirection(ofMetric: monitor)
        else {
            throw InvalidValue(
                .inconsistent,
                "monitor is \"\(monitor)\", but each epoch records "
                    + watchable.joined(separator: ", "),
                at: "/early_stopping/monitor")
        }
        self.settings = settings
        self.place = place
        self.direction = direction
    }

    /// Takes note of an epoch's metrics, and whether they are the best so far.
    func observe(_ metrics: ArraySlice<Double>, _ progress: inout StoppingProgress) -> Bool {
        progress.observe(metrics[metrics.startIndex + place], settings, direction)
    }
}
