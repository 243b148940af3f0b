import NablaAPI

/// The history of a run's metrics for people: a row a metric, its way as a line of heights.
struct MetricsTable {
    private let history: MetricHistory

    init(_ history: MetricHistory) {
        self.history = history
    }

    /// The table.
    var text: String {
        var table = Table(
            ["METRIC", "EPOCHS", "FIRST", "LAST", "LEAST", "MOST", "HISTORY"],
            rightAligned: [1, 2, 3, 4, 5])
        for (key, points) in history.metrics {
            let values = points.map(\.value)
            let numbers = [values.first, values.last, values.min(), values.max()]
            table.add(
                [key, "\(points.last?.epoch ?? 0)"] + numbers.map { $0.map { formatted($0) } ?? "" }
                    + [Sparkline.text(values, width: MetricsTable.historyWidth)])
        }
        return table.text
    }

    private static let historyWidth = 24
}

/// Runs side by side for people: a column a run, a row a setting or metric.
struct ComparisonTable {
    private let comparison: RunComparison

    init(_ comparison: RunComparison) {
        self.comparison = comparison
    }

    /// The table; where a metric's best value isn't its last, both.
    var text: String {
        let runs = comparison.runs
        var table = Table(
            [""] + runs.map(\.id), rightAligned: Set(runs.indices.map { $0 + 1 }))
        table.add(["name"] + runs.map { $0.name ?? "" })
        table.add(["status"] + runs.map(\.status.rawValue))
        for setting in comparison.settings {
            table.add([setting.key] + setting.values.map { $0.map(plain) ?? "" })
        }
        for metric in comparison.metrics {
            table.add(
                [metric.key]
                    + zip(metric.latest, metric.best).map { latest, best in
                        guard let latest else { return "" }
                        guard let best, best != latest else { return formatted(latest) }
                        return "\(formatted(latest)) (best \(formatted(best)))"
                    })
        }
        return table.text
    }

    /// A setting's JSON, and a text without its quotes.
    private func plain(_ json: String) -> String {
        json.hasPrefix("\"") && json.hasSuffix("\"") && json.count >= 2
            ? String(json.dropFirst().dropLast()) : json
    }
}
