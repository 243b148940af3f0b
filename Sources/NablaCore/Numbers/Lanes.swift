/// The same number of four samples, side by side, in a vector where the machine has such.
struct Lanes<S: Real>: Numbers {
    fileprivate var four: S.Four

    @inline(__always)
    fileprivate init(four: S.Four) { self.four = four }

    @inline(__always)
    init(repeating number: S) { four = S.Four(repeating: number) }

    @inline(__always)
    init(floatLiteral value: S.FloatLiteralType) { self.init(repeating: S(floatLiteral: value)) }

    @inline(__always)
    init(integerLiteral value: S.IntegerLiteralType) {
        self.init(repeating: S(integerLiteral: value))
    }

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

    /// A function of each number.
    @inline(__always)
    func mapped(_ function: (S) -> S) -> Lanes { Lanes(four: four.mapped(function)) }

    /// Their sum, by pairs.
    @inline(__always)
    var sum: S { four.sumByPairs }

    @inline(__always)
    var magnitude: Lanes { mapped { abs($0) } }

    @inline(__always)
    static func + (left: Lanes, right: Lanes) -> Lanes { Lanes(four: left.four + right.four) }

    @inline(__always)
    static func - (left: Lanes, right: Lanes) -> Lanes { Lanes(four: left.four - right.four) }

    @inline(__always)
    static func * (left: Lanes, right: Lanes) -> Lanes { Lanes(four: left.four * right.four) }

    @inline(__always)
    static func * (factor: S, lanes: Lanes) -> Lanes { Lanes(repeating: factor) * lanes }

    @inline(__always)
    static func / (left: Lanes, right: Lanes) -> Lanes { Lanes(four: left.four / right.four) }

    @inline(__always)
    static prefix func - (lanes: Lanes) -> Lanes { lanes.mapped { -$0 } }

    @inline(__always)
    static func += (left: inout Lanes, right: Lanes) { left = left + right }

    @inline(__always)
    static func choose(
        where left: Lanes, isLessThan right: Lanes, _ first: @autoclosure () -> Lanes,
        else second: @autoclosure () -> Lanes
    ) -> Lanes {
        Lanes(
            four: S.Four.choose(
                where: left.four, isLessThan: right.four, first().four, else: second().four))
    }

    @inline(__always)
    static func exponential(_ x: Lanes) -> Lanes { S.exponential(ofLanes: x) }

    @inline(__always)
    static func decay(_ x: Lanes) -> Lanes { S.decay(ofLanes: x) }

    @inline(__always)
    static func logarithm(_ x: Lanes) -> Lanes { x.mapped { S.logarithm($0) } }

    @inline(__always)
    static func logarithmOfOnePlus(_ x: Lanes) -> Lanes { S.logarithm(ofLanesPlusOne: x) }
}

extension Lanes: FloatingNumbers where S: FloatingReal {
    @inline(__always)
    static func powerOfTwo(_ shifted: Lanes) -> Lanes {
        Lanes(four: S.powerOfTwo(shifted.four))
    }
}

/// Four numbers one after another, in a vector where the machine has such.
protocol FourNumbers<Number> {
    associatedtype Number

    init(repeating number: Number)
    func mapped(_ function: (Number) -> Number) -> Self
    /// (x₀ + x₁) + (x₂ + x₃).
    var sumByPairs: Number { get }
    static func + (left: Self, right: Self) -> Self
    static func - (left: Self, right: Self) -> Self
    static func * (left: Self, right: Self) -> Self
    static func / (left: Self, right: Self) -> Self
    static func choose(
        where left: Self, isLessThan right: Self, _ first: Self, else second: Self
    ) -> Self
}

/// A type whose vectors choose and shift by functions for that type alone: the standard library's
/// for any type aren't compiled to vectors.
protocol VectorScalar: SIMDScalar, BinaryFloatingPoint, Codable {
    static func choose(
        where left: SIMD4<Self>, isLessThan right: SIMD4<Self>, _ first: SIMD4<Self>,
        else second: SIMD4<Self>
    ) -> SIMD4<Self>
    static func powerOfTwo(_ shifted: SIMD4<Self>) -> SIMD4<Self>
}

extension SIMD4: FourNumbers where Scalar: VectorScalar {
    @inline(__always)
    func mapped(_ function: (Scalar) -> Scalar) -> SIMD4 {
        SIMD4(function(self[0]), function(self[1]), function(self[2]), function(self[3]))
    }

    @inline(__always)
    var sumByPairs: Scalar {
        let pairs = evenHalf + oddHalf
        return pairs[0] + pairs[1]
    }

    @inline(__always)
    static func choose(
        where left: SIMD4, isLessThan right: SIMD4, _ first: SIMD4, else second: SIMD4
    ) -> SIMD4 {
        Scalar.choose(where: left, isLessThan: right, first, else: second)
    }
}

/// Four dual numbers.
struct FourDuals: FourNumbers {
    private var numbers: (Dual, Dual, Dual, Dual)

    private init(_ number: (Int) -> Dual) {
        numbers = (number(0), number(1), number(2), number(3))
    }

    init(repeating number: Dual) { self.init { _ in number } }

    private subscript(index: Int) -> Dual {
        switch index {
        case 0: numbers.0
        case 1: numbers.1
        case 2: numbers.2
        default: numbers.3
        }
    }

    func mapped(_ function: (Dual) -> Dual) -> FourDuals { FourDuals { function(self[$0]) } }

    var sumByPairs: Dual { (numbers.0 + numbers.1) + (numbers.2 + numbers.3) }

    static func + (left: FourDuals, right: FourDuals) -> FourDuals {
        FourDuals { left[$0] + right[$0] }
    }

    static func - (left: FourDuals, right: FourDuals) -> FourDuals {
        FourDuals { left[$0] - right[$0] }
    }

    static func * (left: FourDuals, right: FourDuals) -> FourDuals {
        FourDuals { left[$0] * right[$0] }
    }

    static func / (left: FourDuals, right: FourDuals) -> FourDuals {
        FourDuals { left[$0] / right[$0] }
    }

    static func choose(
        where left: FourDuals, isLessThan right: FourDuals, _ first: FourDuals,
        else second: FourDuals
    ) -> FourDuals {
        FourDuals { left[$0] < right[$0] ? first[$0] : second[$0] }
    }
}
