/// Looks for NaN and infinity in numbers.
enum Finiteness {
    /// Whether all of `count` numbers are finite.
    ///
    /// x·0 is 0 for finite x and NaN for every other, and NaN stays in a sum: no branch in the
    /// loop. Many sums, because the compiler may not reorder one, and an addition waits for the one
    /// before.
    @inline(__always)
    static func holds<S: Real>(_ values: UnsafePointer<S>, count: Int) -> Bool {
        S.areFinite(values, count: count)
    }

    /// Looks at 32 numbers at a time, and at four where they are fewer.
    static func vectorsHold<S: FloatingReal>(_ values: UnsafePointer<S>, count: Int) -> Bool {
        let whole = count & ~31
        // A sum is finite only of finite numbers. One that isn't may be too large, and nothing more.
        guard
            whole == 0 || sum(values, count: whole, times: nil).isFinite
                || sum(values, count: whole, times: 0) == 0
        else { return false }
        return fewHold(values + whole, count: count &- whole)
    }

    /// As `holds`, for numbers so few that nothing but the loop itself should cost.
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

    /// The sum of the first numbers, a multiple of 32, each times a factor if there is one.
    @inline(__always)
    private static func sum<S: FloatingReal>(
        _ values: UnsafePointer<S>, count: Int, times factor: S?
    ) -> S {
        var (first, second) = (SIMD16<S>.zero, SIMD16<S>.zero)
        for index in stride(from: 0, to: count, by: 32) {
            if let factor {
                first += values.vector(at: index) * factor
                second += values.vector(at: index &+ 16) * factor
            } else {
                first += values.vector(at: index)
                second += values.vector(at: index &+ 16)
            }
        }
        return (first + second).sum()
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

extension UnsafePointer where Pointee: FloatingReal {
    /// The 16 numbers from `index` on.
    @inline(__always)
    func vector(at index: Int) -> SIMD16<Pointee> {
        UnsafeRawPointer(self + index).loadUnaligned(as: SIMD16<Pointee>.self)
    }
}

extension UnsafeMutablePointer where Pointee: FloatingReal {
    /// Writes 16 numbers from `index` on.
    @inline(__always)
    func store(_ vector: SIMD16<Pointee>, at index: Int) {
        UnsafeMutableRawPointer(self + index).storeBytes(of: vector, as: SIMD16<Pointee>.self)
    }
}
