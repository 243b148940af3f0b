import NablaNetworks

/// Which of a metric's values is its best so far.
enum BestMetrics {
    /// Updates the best values with the latest ones.
    ///
    /// What has no better or worse, such as the learning rate, has no best.
    static func update(_ best: inout [String: Double], with values: [(key: String, value: Double)])
    {
        for (key, value) in values {
            guard let direction = MetricDirection(ofMetric: key) else { continue }
            if let earlier = best[key], !direction.isBetter(value, than: earlier) { continue }
            best[key] = value
        }
    }
}
