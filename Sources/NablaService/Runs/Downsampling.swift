import NablaAPI

extension MetricHistory {
    /// The fewest points that a metric is thinned to: first, last, smallest and largest.
    static let fewestPoints = 4

    /// The same history with at most that many points of each metric.
    func thinned(to most: Int) -> MetricHistory {
        MetricHistory(metrics: metrics.map { ($0.key, $0.points.thinned(to: most)) })
    }
}

extension [MetricHistory.Point] {
    /// At most that many of the points, the shape of their curve kept.
    ///
    /// The first and the last stay, and the smallest and the largest of each of as many equal stretches
    /// between them as there is room for: so those of all stay, too.
    ///
    /// - Parameter most: At least `MetricHistory.fewestPoints`.
    /// - Returns: Points in their order.
    fileprivate func thinned(to most: Int) -> [MetricHistory.Point] {
        guard count > most else { return self }
        let stretches = (most - 2) / 2
        let inner = self[1..<count - 1]
        var kept = [self[0]]
        for stretch in 0..<stretches {
            let start = 1 + stretch * inner.count / stretches
            let end = 1 + (stretch + 1) * inner.count / stretches
            let places = start..<end
            // Of equals the first.
            guard let smallest = places.min(by: { self[$0].value < self[$1].value }),
                let largest = places.max(by: { self[$0].value < self[$1].value })
            else { continue }
            kept.append(self[Swift.min(smallest, largest)])
            if smallest != largest { kept.append(self[Swift.max(smallest, largest)]) }
        }
        kept.append(self[count - 1])
        return kept
    }
}
