/// Looks for NaN and infinity in numbers.
enum Finiteness {
    /// Whether all of `count` numbers are finite.
    ///
    /// x·0 is 0 for finite x and NaN for every other, and NaN stays in a sum: no branch in the
    /// loop. Eight sums, because the compiler may not reorder one.
    static func holds<S: Real>(_ values: UnsafePointer<S>, count: Int) -> Bool {
        var sums: (S, S, S, S, S, S, S, S) = (0, 0, 0, 0, 0, 0, 0, 0)
        var index = 0
        while index &+ 8 <= count {
            sums.0 += values[index] * 0
            sums.1 += values[index &+ 1] * 0
            sums.2 += values[index &+ 2] * 0
            sums.3 += values[index &+ 3] * 0
            sums.4 += values[index &+ 4] * 0
            sums.5 += values[index &+ 5] * 0
            sums.6 += values[index &+ 6] * 0
            sums.7 += values[index &+ 7] * 0
            index &+= 8
        }
        while index < count {
            sums.0 += values[index] * 0
            index &+= 1
        }
        let total =
            ((sums.0 + sums.1) + (sums.2 + sums.3)) + ((sums.4 + sums.5) + (sums.6 + sums.7))
        return total == 0
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
