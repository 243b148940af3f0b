/// What numbers are written with, computed when the first is written and kept from then on.
///
/// Plain pointers, so that nothing is counted or checked for each number. They are safe: the memory
/// is filled before anybody sees it, nobody writes to it afterwards, and it is never given back.
/// They aren't read beyond it: a number's stored exponent and the power of ten of its first digit
/// are within the bounds that the tables are made for.
struct NumberTables: @unchecked Sendable {
    static let shared = NumberTables()

    /// 2^q / 10^(k+1) · 2¹²⁸ rounded up, with k = ⌊log₁₀ 2^q⌋, the high word before the low one, for
    /// a number c · 2^q at twice its exponent as a float64 stores it.
    let scales: UnsafePointer<UInt64>
    /// What a number's text is like, at the power of ten of its first digit less `lowestExponent`.
    let layouts: UnsafePointer<TextLayout>

    /// The lowest power of ten of a first digit.
    static var lowestExponent: Int { -324 }
    private static var highestExponent: Int { 308 }

    private init() {
        let scales = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 2 * 0x7FF)
        let range = 1 - Double.exponentOffset..<0x7FF - Double.exponentOffset
        // Exponent 0, of 0 and subnormals, isn't looked up.
        _ = scales.initialize(fromContentsOf: [0, 0] + PowersOfTen.scales(ofBinary: range))
        let exponents = Self.lowestExponent...Self.highestExponent
        let layouts = UnsafeMutablePointer<TextLayout>.allocate(capacity: exponents.count)
        for (index, exponent) in exponents.enumerated() {
            (layouts + index).initialize(to: TextLayout(forExponent: exponent))
        }
        guard let start = scales.baseAddress else { preconditionFailure("there are scales") }
        self.scales = UnsafePointer(start)
        self.layouts = UnsafePointer(layouts)
    }
}

/// Where the digits of a number's text stand, and what stands behind them, in one word.
///
/// The text is `d.ddd`, with `e` and the exponent behind it where that isn't 0, or `0.000ddd`. For
/// numbers from 10 up to 10¹⁶, whose point is further on, it isn't used.
struct TextLayout {
    /// The exponent's text in the lower bytes, then its length, the place of the second digit and
    /// that of the first.
    let word: UInt64

    /// Where the first digit is.
    var first: Int { Int(truncatingIfNeeded: word >> 56) }
    /// Where the second digit is, had the text one.
    var second: Int { Int(truncatingIfNeeded: word >> 48 & 0xFF) }
    /// How long the exponent's text is.
    var exponentCount: Int { Int(truncatingIfNeeded: word >> 40 & 0xFF) }

    init(forExponent exponent: Int) {
        let hasExponent = exponent < -4 || exponent > 15
        let isBelowOne = exponent < 0 && !hasExponent
        let (first, second) = isBelowOne ? (1 - exponent, 2 - exponent) : (0, 2)
        var (characters, count): (UInt64, UInt64) = (0, 0)
        func put(_ character: UInt8) {
            characters = characters << 8 | UInt64(character)
            count += 1
        }
        if hasExponent {
            // From the last character to the first, which comes to lie in the lowest byte.
            var rest = exponent.magnitude
            while rest > 0 {
                put(UInt8(ascii: "0") + UInt8(rest % 10))
                rest /= 10
            }
            if exponent < 0 { put(UInt8(ascii: "-")) }
            put(UInt8(ascii: "e"))
        }
        word =
            characters | count << 40 | UInt64(second) << 48 | UInt64(first) << 56
    }
}
