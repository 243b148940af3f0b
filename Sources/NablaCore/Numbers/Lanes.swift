/// The same number of four samples, side by side.
///
/// Four numbers and not a SIMD type, so that dual numbers have them too. The compiler makes vectors
/// of them where every operation is written out for all four and nothing is called.
struct Lanes<S: Real> {
    private var numbers: (S, S, S, S)

    @inline(__always)
    init(_ first: S, _ second: S, _ third: S, _ fourth: S) {
        numbers = (first, second, third, fourth)
    }

    @inline(__always)
    init(repeating number: S) { numbers = (number, number, number, number) }

    /// Reads four numbers that lie one after another.
    @inline(__always)
    init(_ place: UnsafePointer<S>) { numbers = (place[0], place[1], place[2], place[3]) }

    /// Writes them one after another.
    @inline(__always)
    func store(at place: UnsafeMutablePointer<S>) {
        (place[0], place[1], place[2], place[3]) = numbers
    }

    subscript(index: Int) -> S {
        @inline(__always)
        get {
            switch index {
            case 0: numbers.0
            case 1: numbers.1
            case 2: numbers.2
            default: numbers.3
            }
        }
    }

    /// Their sum, by pairs.
    @inline(__always)
    var sum: S { (numbers.0 + numbers.1) + (numbers.2 + numbers.3) }

    @inline(__always)
    static func + (left: Lanes, right: Lanes) -> Lanes {
        Lanes(left[0] + right[0], left[1] + right[1], left[2] + right[2], left[3] + right[3])
    }

    @inline(__always)
    static func * (left: Lanes, right: Lanes) -> Lanes {
        Lanes(left[0] * right[0], left[1] * right[1], left[2] * right[2], left[3] * right[3])
    }

    @inline(__always)
    static func * (factor: S, lanes: Lanes) -> Lanes { Lanes(repeating: factor) * lanes }

    @inline(__always)
    static func += (left: inout Lanes, right: Lanes) { left = left + right }
}
