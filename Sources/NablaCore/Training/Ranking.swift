/// Outputs beside classes, from which comes how well the ones order the others.
struct Ranking: Sendable {
    /// The number of outputs.
    let width: Int
    /// (n, width).
    private var scores: [Double] = []
    /// (n).
    private var classes: [Int32] = []

    init(width: Int) { self.width = width }

    /// Adds one sample.
    mutating func add<S: FloatingReal>(outputs a: UnsafePointer<S>, ofClass actual: Int) {
        for index in 0..<width { scores.append(a[index].wide) }
        classes.append(Int32(actual))
    }

    /// Forgets all samples, and keeps their memory.
    mutating func forget() {
        scores.removeAll(keepingCapacity: true)
        classes.removeAll(keepingCapacity: true)
    }

    /// The area under the curve of the true against the false positive rate.
    ///
    /// With several outputs, each class against all others, and the mean of them; ½ where no class has
    /// samples both in and out of it.
    ///
    /// - Source: Hanley and McNeil 1982: A = (R − p(p + 1)/2)/(p·q), where R is the sum of the ranks of
    ///   the p samples in the class, q the number of those out of it, and ties share their mean rank.
    var area: Double {
        let areas =
            width == 1
            ? [area(ofClass: 1, output: 0)] : (0..<width).map { area(ofClass: $0, output: $0) }
        let known = areas.compactMap(\.self)
        return known.isEmpty ? 0.5 : known.reduce(0, +) / Double(known.count)
    }

    private func area(ofClass wanted: Int, output: Int) -> Double? {
        let count = classes.count
        func score(_ sample: Int) -> Double { scores[sample * width + output] }
        let order = (0..<count).sorted { score($0) < score($1) }
        var (ranks, inside, first) = (0.0, 0.0, 0)
        while first < count {
            var end = first + 1
            while end < count, score(order[end]) == score(order[first]) { end += 1 }
            let hits = order[first..<end].count { classes[$0] == Int32(wanted) }
            // Ranks are from 1: those of the tie are first + 1 … end.
            ranks += Double(hits) * Double(first + 1 + end) / 2
            inside += Double(hits)
            first = end
        }
        let outside = Double(count) - inside
        guard inside > 0, outside > 0 else { return nil }
        return (ranks - inside * (inside + 1) / 2) / (inside * outside)
    }
}
