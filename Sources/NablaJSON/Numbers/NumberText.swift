/// Writes numbers as JSON: the shortest digits, plain from 0.0001 up to 10¹⁶ and with an exponent
/// beyond.
///
/// There is always a point or an exponent, so that a reader that knows whole numbers takes none for
/// one: `1.0`, `-0.0`, `1e16`. What isn't finite is `null`.
struct NumberText {
    /// The longest text, `-2.2250738585072014e-308`.
    static let maximumCount = 24
    /// What a number's text may touch, for whole words are stored.
    static let scratchCount = 40

    private let layouts = NumberTables.shared.layouts

    /// Writes numbers, a comma behind each.
    ///
    /// - Parameters:
    ///   - decimals: The numbers.
    ///   - place: Where to write; for each number `maximumCount` bytes and one for the comma must be
    ///     there, and `scratchCount` more behind them all.
    /// - Returns: The end of them.
    func write(
        _ decimals: UnsafeBufferPointer<FilledDecimal>, at place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var end = place
        for decimal in decimals {
            end += write(decimal, at: end)
            end.pointee = UInt8(ascii: ",")
            end += 1
        }
        return end
    }

    /// Writes a number and gives the length of its text.
    @inline(__always)
    private func write(_ decimal: FilledDecimal, at place: UnsafeMutablePointer<UInt8>) -> Int {
        let exponent = Int(decimal.exponent)
        let sign = Int(decimal.sign)
        guard decimal.tens != 0 || exponent == 0 else {
            store(0x6C6C_756E, at: place)
            return 4
        }
        place.pointee = UInt8(ascii: "-")
        let place = place + sign
        guard decimal.tens != 0 else {
            store(0x30_2E30, at: place)
            return sign &+ 3
        }
        let digits = DecimalDigits(decimal)
        guard UInt(bitPattern: exponent &- 1) >= 15 else {
            return sign &+ writePoint(digits, behind: exponent &+ 1, at: place)
        }
        let layout = layouts[exponent &- NumberTables.lowestExponent]
        let second = place + layout.second
        // 0.000 before the digits, where they are below 1.
        store(0x3030_3030_3030_2E30, at: place)
        store(digits.text, at: second - 1)
        second[15] = digits.last
        place[layout.first] = digits.text[0]
        place[1] = UInt8(ascii: ".")
        var length = layout.second &- 1 &+ digits.count
        if digits.ending == 0, digits.count == 1, layout.first == 0 {
            // 1.0 or 1e20
            length = exponent == 0 ? 3 : 1
        }
        store(layout.word, at: place + length)
        return sign &+ length &+ layout.exponentCount
    }

    /// Writes ddd.ddd: all digits, and those behind the point again where they belong.
    @inline(__always)
    private func writePoint(
        _ digits: DecimalDigits, behind whole: Int, at place: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let point = place + whole
        store(digits.text, at: place)
        place[16] = digits.last
        let (tail, end) = digits.words(from: whole)
        point.pointee = UInt8(ascii: ".")
        store(tail, at: point + 1)
        store(end, at: point + 9)
        return max(digits.count &+ 1, whole &+ 2)
    }
}

/// The digits of a decimal as text.
private struct DecimalDigits {
    /// The first 16, the first in the first byte.
    let text: SIMD16<UInt8>
    /// The last.
    let last: UInt8
    /// The last eight as numbers from 0 to 9, the last in the lowest byte.
    let ending: UInt64

    @inline(__always)
    init(_ decimal: FilledDecimal) {
        let numbers = Self.numbers(decimal.tens)
        text = numbers | SIMD16(repeating: UInt8(ascii: "0"))
        last = decimal.last | UInt8(ascii: "0")
        let lower = unsafeBitCast(numbers, to: SIMD2<UInt64>.self)[1]
        ending = lower.byteSwapped &<< 8 | UInt64(decimal.last)
    }

    /// How many count: the rest are zeros.
    @inline(__always)
    var count: Int {
        guard ending == 0 else { return 17 &- ending.trailingZeroBitCount / 8 }
        let (upper, lower) = words
        return lower & 0xF == 0 ? 8 &- (upper ^ Self.zeros).leadingZeroBitCount / 8 : 9
    }

    /// The first 16 as two words, the first digit in the lowest byte.
    @inline(__always)
    private var words: (UInt64, UInt64) {
        let words = unsafeBitCast(text, to: SIMD2<UInt64>.self)
        return (words[0], words[1])
    }

    /// The eight digits from one of the 2nd to the 17th on, and what is behind them as far as it are
    /// digits.
    @inline(__always)
    func words(from index: Int) -> (UInt64, UInt64) {
        let (upper, lower) = words
        let second = upper &>> 8 | lower &<< 56
        let tenth = (ending | Self.zeros).byteSwapped
        let shift = UInt64(truncatingIfNeeded: 8 &* (index &- 1))
        // Shifts by 64 and more go by the rest of a division by 64.
        return index < 9
            ? (second &>> shift | tenth &<< (0 &- shift), tenth &>> shift)
            : (tenth &>> shift, Self.zeros)
    }

    private static var zeros: UInt64 { 0x3030_3030_3030_3030 }

    /// The digits of a number that has 16, a byte each from 0 to 9, the first in the first.
    ///
    /// Halves into eights, those into fours, twos and ones, all lanes at once, by multiplying with
    /// rounded reciprocals of 10⁴, 100 and 10. The lanes of vectors are little-endian, as are all
    /// processors that Swift is there for.
    @inline(__always)
    private static func numbers(_ number: UInt64) -> SIMD16<UInt8> {
        let upper = number / 100_000_000
        let eights = SIMD2(
            UInt64(UInt32(truncatingIfNeeded: upper)),
            UInt64(UInt32(truncatingIfNeeded: number &- upper &* 100_000_000)))
        // Sums below never carry; an `or` in their place is compiled to more instructions.
        let high = (eights &* 109_951_163) &>> 40
        let fours =
            unsafeBitCast(
                (eights &- high &* 10_000) &<< 32 &+ high, to: SIMD4<UInt32>.self) & 0x3FFF
        let hundreds = (fours &* 10_486) &>> 20
        let twos = unsafeBitCast(
            (fours &- hundreds &* 100) &<< 16 &+ hundreds, to: SIMD8<UInt16>.self)
        let tens = (twos &* 103) &>> 10
        return unsafeBitCast((twos &- tens &* 10) &<< 8 &+ tens, to: SIMD16<UInt8>.self)
    }
}

/// Stores eight bytes, the lowest first.
@inline(__always)
private func store(_ word: UInt64, at place: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(place).storeBytes(of: word.littleEndian, as: UInt64.self)
}

/// Stores sixteen bytes.
@inline(__always)
private func store(_ bytes: SIMD16<UInt8>, at place: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(place).storeBytes(of: bytes, as: SIMD16<UInt8>.self)
}
