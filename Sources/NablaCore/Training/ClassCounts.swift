import NablaNetworks

/// How often classes were predicted and occurred.
///
/// Where a metric would divide by 0, it is 0, and classes that neither were predicted nor occurred
/// take no part in a mean, as in scikit-learn.
struct ClassCounts: Sendable {
    private struct Count {
        var hits = 0.0
        var predicted = 0.0
        var actual = 0.0
    }

    private var counts: [Count] = []

    /// Counts one sample.
    mutating func add(predicted: Int, actual: Int) {
        let missing = max(predicted, actual) + 1 - counts.count
        if missing > 0 { counts += Array(repeating: Count(), count: missing) }
        counts[predicted].predicted += 1
        counts[actual].actual += 1
        if predicted == actual { counts[actual].hits += 1 }
    }

    /// Precision, recall or f1: of class 1 where there are but two, else the mean over classes.
    func value(of metric: Metric, isBinary: Bool) -> Double {
        let counted = isBinary ? counts.dropFirst() : counts[...]
        let values = counted.filter { $0.predicted + $0.actual > 0 }.map { count in
            let (hits, whole) =
                switch metric {
                case .precision: (count.hits, count.predicted)
                case .recall: (count.hits, count.actual)
                default: (2 * count.hits, count.predicted + count.actual)
                }
            return whole > 0 ? hits / whole : 0
        }
        return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }
}
