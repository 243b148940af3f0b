/// The powers of ten from 10⁻²⁹³ to 10³²⁴ to 128 bits, as shortest decimals of float64 need them.
///
/// Each power p is g · 2^r with 2¹²⁷ ≤ g < 2¹²⁸ and g rounded up. They are computed once, exactly,
/// in a quarter of a millisecond, rather than kept as a thousand literals that nobody could check.
enum PowersOfTen {
    static let lowest = -293
    static let highest = 324

    /// The high and the low word of g for each power, lowest first.
    static let words: [UInt64] = (below + fromOne).flatMap { [$0.high, $0.low] }

    /// The high and the low word of 2^q / 10^(k+1) · 2¹²⁸, rounded up, with k = ⌊log₁₀ 2^q⌋, for each
    /// of some q.
    ///
    /// 10^−(k+1) is g · 2^r with g among the words, of which some of the last bits are dropped. What is
    /// rounded up twice is as if rounded up once.
    static func scales(ofBinary exponents: Range<Int>) -> [UInt64] {
        let words = words
        var scales: [UInt64] = []
        scales.reserveCapacity(2 * exponents.count)
        for q in exponents {
            let power = -((q * 1_262_611) >> 22) - 1
            let r = (power * 1_741_647) >> 19 - 127
            let dropped = UInt64(-(q + r + 128))
            let entry = 2 * (power - lowest)
            let (high, low) = (words[entry], words[entry + 1])
            let rest = high << (64 - dropped) | low >> dropped
            let (rounded, carry) = rest.addingReportingOverflow(
                low & ((1 << dropped) - 1) == 0 ? 0 : 1)
            scales.append(high >> dropped + (carry ? 1 : 0))
            scales.append(rounded)
        }
        return scales
    }

    /// 10⁰, 10¹, …: the integer is exact, so g is rounded only for lack of bits.
    private static let fromOne: [Rounded] = {
        var power = WideInteger(words: [1])
        return (0...highest).map { _ in
            defer { power.multiply(by: 10) }
            return power.rounded(isExact: true)
        }
    }()

    /// 10⁻²⁹³, …, 10⁻¹: the integer parts of 2¹²¹⁶ · 10⁻ᵏ, which leave more than 128 bits and never
    /// are exact.
    private static let below: [Rounded] = {
        var power = WideInteger(words: [UInt64](repeating: 0, count: 19) + [1])
        let powers = (1...(-lowest)).map { _ in
            power.divide(by: 10)
            return power.rounded(isExact: false)
        }
        return powers.reversed()
    }()
}

private struct Rounded {
    var high: UInt64
    var low: UInt64
}

/// A natural number of any length, lowest word first.
private struct WideInteger {
    var words: [UInt64]

    mutating func multiply(by factor: UInt64) {
        var carry: UInt64 = 0
        for index in words.indices {
            let product = words[index].multipliedFullWidth(by: factor)
            let (low, overflow) = product.low.addingReportingOverflow(carry)
            words[index] = low
            carry = product.high + (overflow ? 1 : 0)
        }
        if carry > 0 { words.append(carry) }
    }

    /// Divides and drops the remainder.
    mutating func divide(by divisor: UInt64) {
        var remainder: UInt64 = 0
        for index in words.indices.reversed() {
            (words[index], remainder) = divisor.dividingFullWidth((remainder, words[index]))
        }
        if words.last == 0 { words.removeLast() }
    }

    /// The top 128 bits, rounded up; `isExact` says whether nothing was dropped below the last
    /// word.
    func rounded(isExact: Bool) -> Rounded {
        let padded = [0, 0] + words
        let top = padded.count - 1
        let shift = UInt64(padded[top].leadingZeroBitCount)
        // A shift by 64 gives 0, as it should where there is nothing to shift in.
        let high = padded[top] << shift | padded[top - 1] >> (64 - shift)
        let low = padded[top - 1] << shift | padded[top - 2] >> (64 - shift)
        let isWhole =
            isExact && padded[top - 2] << shift == 0 && padded[..<(top - 2)].allSatisfy { $0 == 0 }
        guard !isWhole else { return Rounded(high: high, low: low) }
        let (next, overflow) = low.addingReportingOverflow(1)
        return Rounded(high: high + (overflow ? 1 : 0), low: next)
    }
}
