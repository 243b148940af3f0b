import NablaNetworks

/// Which of a metric's values is its best so far.
enum BestMetrics {
    /// Updates a metric's best value with later ones.
    ///
    /// What has no better or worse, such as the learning rate, has no best.
    static func update(_ best: inout [String: Double], _ key: String, with values: [Double]) {
        guard let direction = MetricDirection(ofMetric: key), var found = best[key] ?? values.first
        else { return }
        for value in values where direction.isBetter(value, than: found) { found = value }
        best[key] = found
    }
}
