/// Metrics in Prometheus' text format, version 0.0.4.
///
/// - Source: https://prometheus.io/docs/instrumenting/exposition_formats/
struct MetricsText {
    /// The media type of the text.
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// What a metric is to whoever reads it.
    enum Kind: String { case counter, gauge, histogram }

    /// The text so far.
    private(set) var text = ""

    /// Adds a metric with one value and no labels.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: some Number) {
        begin(name, kind, help)
        sample(name, [], value)
    }

    /// Adds a metric with a value for each of some labels.
    mutating func add(
        _ name: String, _ kind: Kind, _ help: String,
        _ samples: [(labels: [(String, String)], value: some Number)]
    ) {
        begin(name, kind, help)
        for (labels, value) in samples { sample(name, labels, value) }
    }

    /// Adds durations, whose name ends in `_seconds`.
    mutating func add(
        _ name: String, _ help: String,
        _ histograms: [(labels: [(String, String)], durations: Histogram)]
    ) {
        begin(name, .histogram, help)
        for (labels, durations) in histograms {
            var count = 0
            for (place, part) in durations.counts.enumerated() {
                count += part
                let isLast = place == DurationCounts.bounds.count
                let bound = isLast ? "+Inf" : "\(DurationCounts.bounds[place] / 1000)"
                sample(name + "_bucket", labels + [("le", bound)], count)
            }
            sample(name + "_sum", labels, durations.seconds)
            sample(name + "_count", labels, count)
        }
    }

    private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func sample(
        _ name: String, _ labels: [(String, String)], _ value: some Number
    ) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0)=\"\($1)\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }
}

/// What a sample's value may be.
protocol Number: CustomStringConvertible {}
extension Int: Number {}
extension Double: Number {}
