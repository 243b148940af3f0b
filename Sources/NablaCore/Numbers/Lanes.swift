/// The same number of four samples, side by side.
///
/// Functions of one number are written out for all four, and the compiler makes vectors of them
/// where nothing is called.
struct Lanes<S: Real> {
    private var four: S.Four

    @inline(__always)
    private init(four: S.Four) { self.four = four }

    @inline(__always)
    init(_ first: S, _ second: S, _ third: S, _ fourth: S) {
        four = S.Four(first, second, third, fourth)
    }

    @inline(__always)
    init(repeating number: S) { four = S.Four(repeating: number) }

    /// Reads four numbers that lie one after another.
    @inline(__always)
    init(_ place: UnsafePointer<S>) {
        four = UnsafeRawPointer(place).loadUnaligned(as: S.Four.self)
    }

    /// Writes them one after another.
    @inline(__always)
    func store(at place: UnsafeMutablePointer<S>) {
        UnsafeMutableRawPointer(place).storeBytes(of: four, as: S.Four.self)
    }

    subscript(index: Int) -> S {
        @inline(__always)
        get { four[index] }
    }

    /// Their sum, by pairs.
    @inline(__always)
    var sum: S { four.sumByPairs }

    @inline(__always)
    static func + (left: Lanes, right: Lanes) -> Lanes { Lanes(four: left.four + right.four) }

    @inline(__always)
    static func * (left: Lanes, right: Lanes) -> Lanes { Lanes(four: left.four * right.four) }

    @inline(__always)
    static func * (factor: S, lanes: Lanes) -> Lanes { Lanes(repeating: factor) * lanes }

    @inline(__always)
    static func += (left: inout Lanes, right: Lanes) { left = left + right }
}

/// Four numbers one after another, in a vector where the machine has such.
protocol FourNumbers<Number> {
    associatedtype Number

    init(_ first: Number, _ second: Number, _ third: Number, _ fourth: Number)
    init(repeating number: Number)
    subscript(index: Int) -> Number { get }
    /// (x₀ + x₁) + (x₂ + x₃).
    var sumByPairs: Number { get }
    static func + (left: Self, right: Self) -> Self
    static func * (left: Self, right: Self) -> Self
}

extension SIMD4: FourNumbers where Scalar: FloatingPoint {
    @inline(__always)
    var sumByPairs: Scalar {
        let pairs = evenHalf + oddHalf
        return pairs[0] + pairs[1]
    }
}

/// Four dual numbers.
struct FourDuals: FourNumbers {
    private var numbers: (Dual, Dual, Dual, Dual)

    init(_ first: Dual, _ second: Dual, _ third: Dual, _ fourth: Dual) {
        numbers = (first, second, third, fourth)
    }

    init(repeating number: Dual) { self.init(number, number, number, number) }

    subscript(index: Int) -> Dual {
        switch index {
        case 0: numbers.0
        case 1: numbers.1
        case 2: numbers.2
        default: numbers.3
        }
    }

    var sumByPairs: Dual { (numbers.0 + numbers.1) + (numbers.2 + numbers.3) }

    static func + (left: FourDuals, right: FourDuals) -> FourDuals {
        FourDuals(left[0] + right[0], left[1] + right[1], left[2] + right[2], left[3] + right[3])
    }

    static func * (left: FourDuals, right: FourDuals) -> FourDuals {
        FourDuals(left[0] * right[0], left[1] * right[1], left[2] * right[2], left[3] * right[3])
    }
}
