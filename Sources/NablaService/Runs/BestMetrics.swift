/// Which of a metric's values is its best: the one rule of it.
enum BestMetrics {
    /// Updates the best values with the latest ones.
    ///
    /// Losses and errors are best when small, other metrics when large; settings that are recorded
    /// beside them, such as the learning rate, have no best.
    static func update(_ best: inout [String: Double], with values: [(key: String, value: Double)])
    {
        for (key, value) in values where key != "learning_rate" {
            guard let earlier = best[key] else {
                best[key] = value
                continue
            }
            let isSmallBest = key.hasSuffix("loss") || key.hasSuffix("error")
            best[key] = isSmallBest ? min(earlier, value) : max(earlier, value)
        }
    }
}
