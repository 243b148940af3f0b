/// What a formula is written over: one number, or the same number of four samples side by side.
///
/// So a formula stands once, and four numbers go through it in vectors, without being taken apart.
protocol Numbers: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    static func + (left: Self, right: Self) -> Self
    static func - (left: Self, right: Self) -> Self
    static func * (left: Self, right: Self) -> Self
    static func / (left: Self, right: Self) -> Self
    static prefix func - (number: Self) -> Self
    /// The absolute value.
    var magnitude: Self { get }
    /// `first` where `left` is less than `right`, else `second`, as for NaN.
    static func choose(
        where left: Self, isLessThan right: Self, _ first: @autoclosure () -> Self,
        else second: @autoclosure () -> Self
    ) -> Self
    /// eˣ, written without branches so that loops over it are vectorised.
    static func exponential(_ x: Self) -> Self
    /// e⁻ˣ for x from 0, without branches: cheaper than eˣ, with the same bits.
    static func decay(_ x: Self) -> Self
    /// ln x.
    static func logarithm(_ x: Self) -> Self
    /// ln(1 + x) for x from 0 to 1, without branches, exact where x is small.
    static func logarithmOfOnePlus(_ x: Self) -> Self
}

/// Numbers whose bits are those of IEEE 754.
protocol FloatingNumbers: Numbers {
    /// 2ⁿ for a whole n that stands in the lowest bits.
    static func powerOfTwo(_ shifted: Self) -> Self
}

extension Real {
    @inline(__always)
    static func choose(
        where left: Self, isLessThan right: Self, _ first: @autoclosure () -> Self,
        else second: @autoclosure () -> Self
    ) -> Self {
        left < right ? first() : second()
    }

    @inline(__always)
    static func decay(_ x: Self) -> Self { exponential(-x) }

    @inline(__always)
    static func exponential(ofLanes x: Lanes<Self>) -> Lanes<Self> { x.mapped { exponential($0) } }

    @inline(__always)
    static func decay(ofLanes x: Lanes<Self>) -> Lanes<Self> { x.mapped { decay($0) } }

    @inline(__always)
    static func logarithm(ofLanesPlusOne x: Lanes<Self>) -> Lanes<Self> {
        x.mapped { logarithmOfOnePlus($0) }
    }
}

extension FloatingReal {
    @inline(__always)
    static func exponential(_ x: Self) -> Self { exponential(of: x) }

    @inline(__always)
    static func decay(_ x: Self) -> Self { decay(of: x) }

    @inline(__always)
    static func logarithmOfOnePlus(_ x: Self) -> Self { logarithm(ofOnePlus: x) }

    @inline(__always)
    static func exponential(ofLanes x: Lanes<Self>) -> Lanes<Self> { exponential(of: x) }

    @inline(__always)
    static func decay(ofLanes x: Lanes<Self>) -> Lanes<Self> { decay(of: x) }

    @inline(__always)
    static func logarithm(ofLanesPlusOne x: Lanes<Self>) -> Lanes<Self> {
        logarithm(ofOnePlus: x)
    }
}
