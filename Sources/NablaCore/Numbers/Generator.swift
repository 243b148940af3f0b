/// A generator of pseudo-random numbers whose whole state is four integers: xoshiro256**.
///
/// - Source: Blackman & Vigna 2021, "Scrambled linear pseudorandom number generators"; the state is
///   filled by splitmix64 (Steele et al. 2014), as the authors advise.
struct Generator: Sendable, Equatable {
    /// The state; never all 0.
    private(set) var state: (UInt64, UInt64, UInt64, UInt64)

    /// Makes the generator of that seed.
    init(seed: UInt64) {
        var mixed = seed
        func next() -> UInt64 {
            mixed &+= 0x9e37_79b9_7f4a_7c15
            var word = mixed
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
        state = (next(), next(), next(), next())
    }

    /// Makes a generator that goes on from a state.
    init(state: (UInt64, UInt64, UInt64, UInt64)) { self.state = state }

    static func == (left: Generator, right: Generator) -> Bool { left.state == right.state }

    /// The next 64 bits.
    mutating func next() -> UInt64 {
        let scrambled = state.1 &* 5
        let result = ((scrambled << 7) | (scrambled >> 57)) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = (state.3 << 45) | (state.3 >> 19)
        return result
    }

    /// A number from U[0, 1), a multiple of 2⁻⁵³.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number from N(0, 1).
    ///
    /// - Source: Box & Muller 1958; the second of each pair is left out, so that the state stays
    ///   four integers.
    mutating func normal() -> Double {
        // 1 − u is in (0, 1], where the logarithm is finite.
        let radius = (-2 * Double.logarithm(1 - uniform())).squareRoot()
        return radius * Double.cosine(2 * .pi * uniform())
    }

    /// An integer from 0 to below `bound`, each equally likely.
    ///
    /// - Source: Lemire 2019, "Fast random integer generation in an interval".
    mutating func index(below bound: Int) -> Int {
        let bound = UInt64(bound)
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let threshold = (0 &- bound) % bound
            while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }

    /// Fills `order` with 0, 1, … in an order drawn anew, each equally likely.
    ///
    /// - Source: Fisher & Yates, as Durstenfeld 1964 does it in place.
    mutating func fill(_ order: inout [Int32]) {
        for position in order.indices { order[position] = Int32(truncatingIfNeeded: position) }
        for last in stride(from: order.count - 1, to: 0, by: -1) {
            order.swapAt(last, index(below: last + 1))
        }
    }
}
