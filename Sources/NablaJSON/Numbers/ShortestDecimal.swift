/// A positive decimal number: significand · 10^exponent.
struct Decimal {
    var significand: UInt64
    var exponent: Int
}

/// A binary format whose numbers can be written as the shortest decimal that reads back to them.
protocol ShortestDecimalFormat: Sendable {
    /// The bits of the significand that are stored: 23 or 52.
    static var storedBits: UInt64 { get }
    /// How far the stored exponent of a number c · 2^q is above q.
    static var exponentOffset: Int { get }
    /// The highest stored exponent, which numbers don't have: 255 or 2047.
    static var highestStored: UInt64 { get }
    /// Which bit the sign is: 31 or 63.
    static var signBit: UInt64 { get }
    /// The bits of the number.
    var pattern: UInt64 { get }
    /// The integer part of g · c / 2^w, with its last bit set where that drops something, for a
    /// power of ten of 2w bits and w the width of the format.
    static func roundedToOdd(high: UInt64, low: UInt64, _ c: UInt64) -> UInt64
    /// How far what is made of such a product's part may be from what it stands for.
    static var doubt: UInt64 { get }
    /// The integer part of scale · c / 2¹²⁸, and its fractional part's first 64 bits, for a scale of
    /// 128 bits.
    static func product(
        high: UInt64, low: UInt64, _ c: UInt64
    ) -> (whole: UInt64, part: UInt64)
    /// What `tens` and `last`, the digit behind it, are filled up to, and the power of ten of the
    /// first digit above that of the last.
    static func filled(
        tens: UInt64, last: UInt64
    ) -> (tens: UInt64, last: UInt64, exponent: Int)
}

extension Double: ShortestDecimalFormat {
    static var storedBits: UInt64 { 52 }
    static var exponentOffset: Int { 1075 }
    static var highestStored: UInt64 { 0x7FF }
    static var signBit: UInt64 { 63 }
    var pattern: UInt64 { bitPattern }

    @inline(__always)
    static func roundedToOdd(high: UInt64, low: UInt64, _ c: UInt64) -> UInt64 {
        let lower = low.multipliedFullWidth(by: c).high
        let upper = high.multipliedFullWidth(by: c)
        let (middle, carry) = upper.low.addingReportingOverflow(lower)
        // The table's rounding up shows as 1 in the middle word: not a remainder.
        return (upper.high &+ (carry ? 1 : 0)) | (middle > 1 ? 1 : 0)
    }
}

extension Float: ShortestDecimalFormat {
    static var storedBits: UInt64 { 23 }
    static var exponentOffset: Int { 150 }
    static var highestStored: UInt64 { 0xFF }
    static var signBit: UInt64 { 31 }
    var pattern: UInt64 { UInt64(bitPattern) }

    @inline(__always)
    static func roundedToOdd(high: UInt64, low: UInt64, _ c: UInt64) -> UInt64 {
        let product = (high &+ (low == 0 ? 0 : 1)).multipliedFullWidth(by: c)
        return product.high | (product.low >> 32 > 1 ? 1 : 0)
    }
}

extension Decimal {
    /// The shortest decimal in the interval that rounds to `value`; of several, the nearest to it.
    ///
    /// With v = c · 2^q, the interval ends half way to the neighbours of v. k is chosen so that
    /// 10^k is just shorter than the interval: so at least one multiple of 10^k lies in it, and at
    /// most one of 10^(k + 1), which is preferred. All is compared at 4 · 10^k, where v and the
    /// ends need no fraction but a sticky bit.
    /// - Source: Giulietti 2021, The Schubfach way to render doubles, section 9.
    ///
    /// - Parameters:
    ///   - value: Finite and not 0; its sign is left out of account.
    ///   - powers: `PowersOfTen.words`.
    @inline(__always)
    init<N: ShortestDecimalFormat>(shortestFor value: N, powers: UnsafePointer<UInt64>) {
        let bits = value.pattern & ((1 << N.signBit) &- 1)
        let stored = Int(truncatingIfNeeded: bits >> N.storedBits)
        let hidden: UInt64 = 1 << N.storedBits
        let fraction = bits & (hidden &- 1)
        let c = stored == 0 ? fraction : fraction | hidden
        let q = (stored == 0 ? 1 : stored) &- N.exponentOffset
        // Below a power of two the numbers lie twice as densely.
        let isUneven = fraction == 0 && stored > 1

        // ⌊log₁₀ 2^q⌋, or ⌊log₁₀ ¾ · 2^q⌋; then how far to shift: q + ⌊log₂ 10^−k⌋ + 1.
        let k = (q &* 1_262_611 &- (isUneven ? 524_031 : 0)) >> 22
        let shift = UInt64(truncatingIfNeeded: q &+ ((-k &* 1_741_647) >> 19) &+ 1)
        let entry = 2 &* (-k &- PowersOfTen.lowest)
        let (high, low) = (powers[entry], powers[entry &+ 1])

        let atLower = N.roundedToOdd(
            high: high, low: low, (4 &* c &- (isUneven ? 1 : 2)) << shift)
        let at = N.roundedToOdd(high: high, low: low, (4 &* c) << shift)
        let atUpper = N.roundedToOdd(high: high, low: low, (4 &* c &+ 2) << shift)
        // The ends themselves round to v only when c is even.
        let isOdd = c & 1
        let lower = atLower &+ isOdd
        let upper = atUpper &- isOdd

        let below = at / 4
        if below >= 10 {
            let tens = below / 10
            let isLowerIn = lower <= 40 &* tens
            let isUpperIn = 40 &* tens &+ 40 <= upper
            if isLowerIn != isUpperIn {
                self.init(significand: tens &+ (isUpperIn ? 1 : 0), exponent: k &+ 1)
                return
            }
        }
        let isLowerIn = lower <= 4 &* below
        let isUpperIn = 4 &* below &+ 4 <= upper
        let middle = 4 &* below &+ 2
        let isNearerUp = at > middle || (at == middle && below & 1 == 1)
        let roundsUp = isLowerIn != isUpperIn ? isUpperIn : isNearerUp
        self.init(significand: below &+ (roundsUp ? 1 : 0), exponent: k)
    }
}
