/// Sums over whole vectors, in double precision whatever their number type.
enum VectorSums {
    /// Σ aᵢ·bᵢ.
    ///
    /// Eight sums side by side, because the compiler may not reorder one, and an addition waits for
    /// the one before.
    static func dot<S: FloatingReal>(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, count: Int
    ) -> Double {
        let whole = count & ~7
        var sums = SIMD8<Double>.zero
        for index in stride(from: 0, to: whole, by: 8) {
            sums += SIMD8<Double>(a.eight(at: index)) * SIMD8<Double>(b.eight(at: index))
        }
        var total = sums.sum()
        for index in whole..<count { total += Double(a[index]) * Double(b[index]) }
        return total
    }

    /// Σ |aᵢ|.
    static func magnitudes<S: FloatingReal>(_ a: UnsafePointer<S>, count: Int) -> Double {
        var sum = 0.0
        for index in 0..<count { sum += Double(a[index].magnitude) }
        return sum
    }

    /// The largest |aᵢ|; 0 for none.
    static func largestMagnitude<S: FloatingReal>(_ a: UnsafePointer<S>, count: Int) -> Double {
        var largest: S = 0
        for index in 0..<count { largest = max(largest, a[index].magnitude) }
        return Double(largest)
    }
}

extension UnsafePointer where Pointee: FloatingReal {
    /// The eight numbers from `index` on.
    @inline(__always)
    fileprivate func eight(at index: Int) -> SIMD8<Pointee> {
        UnsafeRawPointer(self + index).loadUnaligned(as: SIMD8<Pointee>.self)
    }
}
