/// Sums over whole vectors, in double precision whatever their number type.
///
/// Eight sums side by side, because the compiler may not reorder one, and an addition waits for the
/// one before; their order is that of the numbers' indices, so the bits are always the same.
enum VectorSums {
    /// Σ aᵢ·bᵢ.
    static func dot<S: FloatingReal>(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, count: Int
    ) -> Double {
        sum(count: count) { index in
            SIMD8<Double>(a.eight(at: index)) * SIMD8<Double>(b.eight(at: index))
        } rest: {
            Double(a[$0]) * Double(b[$0])
        }
    }

    /// Σ |aᵢ|.
    static func magnitudes<S: FloatingReal>(_ a: UnsafePointer<S>, count: Int) -> Double {
        sum(count: count) { index in
            let eight = SIMD8<Double>(a.eight(at: index))
            return eight.replacing(with: -eight, where: eight .< 0)
        } rest: {
            Double(a[$0].magnitude)
        }
    }

    /// The largest |aᵢ|; 0 for none.
    static func largestMagnitude<S: FloatingReal>(_ a: UnsafePointer<S>, count: Int) -> Double {
        var largest: S = 0
        for index in 0..<count { largest = max(largest, a[index].magnitude) }
        return Double(largest)
    }

    @inline(__always)
    private static func sum(
        count: Int, _ eight: (Int) -> SIMD8<Double>, rest: (Int) -> Double
    ) -> Double {
        let whole = count & ~7
        var sums = SIMD8<Double>.zero
        for index in stride(from: 0, to: whole, by: 8) { sums += eight(index) }
        var total = sums.sum()
        for index in whole..<count { total += rest(index) }
        return total
    }
}

extension UnsafePointer where Pointee: FloatingReal {
    /// The eight numbers from `index` on.
    @inline(__always)
    fileprivate func eight(at index: Int) -> SIMD8<Pointee> {
        UnsafeRawPointer(self + index).loadUnaligned(as: SIMD8<Pointee>.self)
    }
}
