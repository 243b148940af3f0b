/// Looks for NaN and infinity in numbers.
enum Finiteness {
    /// Whether all of `count` numbers are finite.
    ///
    @inline(__always)
    static func holds<S: Real>(_ values: UnsafePointer<S>, count: Int) -> Bool {
        S.areFinite(values, count: count)
    }

    /// Sums all, and looks at each where the sum isn't finite, or where there are few.
    static func vectorsHold<S: FloatingReal>(_ values: UnsafePointer<S>, count: Int) -> Bool {
        // A sum is finite only of finite numbers. One that isn't may be too large, and nothing more.
        (count >= fewestSummed && S.sum(values, count: count).isFinite)
            || fewHold(values, count: count)
    }

    /// The fewest numbers for which calling a function pays.
    private static var fewestSummed: Int { 64 }

    /// As `holds`, for numbers so few that nothing but the loop itself should cost.
    ///
    /// x·0 is 0 for finite x and NaN for every other, and NaN stays in a sum: no branch in the loop.
    @inline(__always)
    static func fewHold<S: Real>(_ values: UnsafePointer<S>, count: Int) -> Bool {
        var sums = Lanes<S>(repeating: 0)
        var index = 0
        while index &+ 4 <= count {
            sums += 0 * Lanes(values + index)
            index &+= 4
        }
        var total = sums.sum
        while index < count {
            total += values[index] * 0
            index &+= 1
        }
        return total.isFinite
    }

    /// Whether all numbers of an array are finite.
    static func holds<S: Real>(_ values: [S]) -> Bool {
        values.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return true }
            return holds(base, count: buffer.count)
        }
    }

    /// The index of the first number that isn't finite, or nil.
    static func firstFailure<S: Real>(_ values: UnsafePointer<S>, count: Int) -> Int? {
        if holds(values, count: count) { return nil }
        return (0..<count).first { !values[$0].isFinite }
    }
}
