import Foundation

/// A page in Prometheus' text format, read as strictly as Prometheus' own checker does.
struct MetricsPage {
    struct Sample: Hashable {
        let name: String
        let labels: [String: String]
    }

    /// The kind of each metric.
    private(set) var kinds: [String: String] = [:]
    private(set) var values: [Sample: Double] = [:]

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw TestFailure("the last line has no end") }
        var metric = ""
        var told: Set<String> = []
        for line in text.dropLast().components(separatedBy: "\n") {
            if let words = Self.words(line, after: "# HELP ") {
                guard told.insert(words.0).inserted, words.1.hasSuffix(".") else {
                    throw TestFailure("a second or no help: \(line)")
                }
                metric = words.0
            } else if let words = Self.words(line, after: "# TYPE ") {
                guard words.0 == metric, kinds[metric] == nil else {
                    throw TestFailure("a type in the wrong place: \(line)")
                }
                try Self.check(metric, words.1)
                kinds[metric] = words.1
            } else {
                let (sample, value) = try Self.sample(line)
                guard belongs(sample, to: metric) else {
                    throw TestFailure("a sample in the wrong place: \(line)")
                }
                guard values.updateValue(value, forKey: sample) == nil else {
                    throw TestFailure("a second value: \(line)")
                }
            }
        }
        for (name, kind) in kinds where kind == "histogram" { try checkHistogram(name) }
    }

    /// The value of a sample, if it is there.
    subscript(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        values[Sample(name: name, labels: labels)]
    }

    private static func words(_ line: String, after start: String) -> (String, String)? {
        guard line.hasPrefix(start) else { return nil }
        let parts = line.dropFirst(start.count).split(separator: " ", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }

    /// Names as Prometheus' conventions want them.
    private static func check(_ name: String, _ kind: String) throws {
        let isTotal = name.hasSuffix("_total")
        guard name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil,
            ["counter", "gauge", "histogram"].contains(kind), isTotal == (kind == "counter"),
            kind != "histogram" || name.hasSuffix("_seconds")
        else { throw TestFailure("\(name) is no name of a \(kind)") }
    }

    private func belongs(_ sample: Sample, to metric: String) -> Bool {
        guard kinds[metric] == "histogram" else { return sample.name == metric }
        return ["_bucket", "_sum", "_count"].contains { sample.name == metric + $0 }
    }

    private static func sample(_ line: String) throws -> (Sample, Double) {
        let pattern = /([a-z_]+)(?:\{((?:[a-z]+="[^"\\\n]*",?)+)\})? (\S+)/
        guard let match = line.wholeMatch(of: pattern), let value = Double(match.3) else {
            throw TestFailure("no sample: \(line)")
        }
        var labels: [String: String] = [:]
        for label in (match.2 ?? "").matches(of: /([a-z]+)="([^"]*)"/) {
            guard labels.updateValue(String(label.2), forKey: String(label.1)) == nil else {
                throw TestFailure("a label twice: \(line)")
            }
        }
        return (Sample(name: String(match.1), labels: labels), value)
    }

    /// Buckets grow with their bounds, and the last holds all.
    private func checkHistogram(_ name: String) throws {
        let buckets = Dictionary(grouping: values.filter { $0.key.name == name + "_bucket" }) {
            $0.key.labels.filter { $0.key != "le" }
        }
        for (labels, buckets) in buckets {
            let sorted = buckets.map { bucket in
                (bound: Double(bucket.key.labels["le"] ?? "") ?? .nan, count: bucket.value)
            }.sorted { $0.bound < $1.bound }
            let counts = sorted.map(\.count)
            guard counts == counts.sorted(), sorted.last?.bound == .infinity,
                self[name + "_count", labels] == counts.last, self[name + "_sum", labels] != nil
            else { throw TestFailure("\(name) \(labels) is no histogram: \(sorted)") }
        }
    }
}

extension TestServer {
    /// What `/metrics` says now.
    func metrics() throws -> MetricsPage {
        try MetricsPage(RawConnection.get("/metrics", port: port).body)
    }
}
