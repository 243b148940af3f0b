/// Numbers as a line of eight heights: `█▆▄▃▂▁▁▁`.
enum Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// The line.
    ///
    /// - Parameters:
    ///   - values: The numbers, from left to right; those that aren't finite are left out.
    ///   - width: How many characters at most; where there are more numbers, each stands for the mean of
    ///     as many.
    /// - Returns: The smallest number at the bottom, the largest at the top; all at the bottom where
    ///   they are one.
    static func text(_ values: [Double], width: Int) -> String {
        let values = means(of: values.filter(\.isFinite), count: width)
        guard let least = values.min(), let most = values.max() else { return "" }
        let range = most - least
        return String(
            values.map { value in
                let height = range > 0 ? (value - least) / range * 7 : 0
                return blocks[Int(height.rounded())]
            })
    }

    private static func means(of values: [Double], count: Int) -> [Double] {
        guard count > 0, values.count > count else { return count > 0 ? values : [] }
        return (0..<count).map { place in
            let part = values[values.count * place / count..<values.count * (place + 1) / count]
            return part.reduce(0, +) / Double(part.count)
        }
    }
}

/// A series as it grows, in bounded memory: when it is full, two points each become one.
struct Series {
    /// The points, each the mean of as many values.
    private(set) var points: [Double] = []
    private var perPoint = 1
    private var sum = 0.0
    private var count = 0
    private static let mostPoints = 1024

    /// Adds a value at the end.
    mutating func append(_ value: Double) {
        (sum, count) = (sum + value, count + 1)
        guard count == perPoint else { return }
        points.append(sum / Double(perPoint))
        (sum, count) = (0, 0)
        guard points.count == Series.mostPoints else { return }
        points = stride(from: 0, to: points.count, by: 2).map { (points[$0] + points[$0 + 1]) / 2 }
        perPoint *= 2
    }
}
