/// Writes finite numbers as JSON: the shortest digits, plain from 0.0001 up to 10¹⁶ and with an
/// exponent beyond.
///
/// There is always a point or an exponent, so that a reader that knows whole numbers takes none for
/// one: `1.0`, `-0.0`, `1e16`.
struct NumberText {
    /// The longest text, `-2.2250738585072014e-308`.
    static let maximumCount = 24
    /// What a number's text may touch, for whole words are stored.
    static let scratchCount = 40

    private let powers: UnsafePointer<UInt64>
    private let tens: UnsafePointer<UInt64>

    /// Lends `body` a writer; the tables it works with live as long as that.
    @inline(__always)
    static func withTables<Result>(_ body: (NumberText) -> Result) -> Result {
        PowersOfTen.words.withUnsafeBufferPointer { powers in
            smallPowers.withUnsafeBufferPointer { tens in
                guard let powers = powers.baseAddress, let tens = tens.baseAddress else {
                    preconditionFailure("the tables are never empty")
                }
                return body(NumberText(powers: powers, tens: tens))
            }
        }
    }

    /// 10⁰ to 10¹⁷.
    private static let smallPowers: [UInt64] = (0...17).reduce(into: []) { powers, _ in
        powers.append((powers.last ?? 0) == 0 ? 1 : powers[powers.count - 1] * 10)
    }

    /// Writes a number, or `null` for one that isn't finite.
    ///
    /// - Parameters:
    ///   - value: The number.
    ///   - place: Where to write; `scratchCount` bytes must be there.
    /// - Returns: The length of the text.
    @inline(__always)
    func write<N: ShortestDecimalFormat & BinaryFloatingPoint>(
        _ value: N, at place: UnsafeMutablePointer<UInt8>
    ) -> Int {
        guard value.isFinite else {
            store(0x6C6C_756E, at: place)
            return 4
        }
        place.pointee = UInt8(ascii: "-")
        let sign = value.sign == .minus ? 1 : 0
        guard value != 0 else {
            store(0x30_2E30, at: place + sign)
            return sign + 3
        }
        let decimal = Decimal(shortestFor: value, powers: powers)
        return sign &+ write(Digits(decimal, tens: tens), at: place + sign)
    }

    @inline(__always)
    private func write(_ digits: Digits, at place: UnsafeMutablePointer<UInt8>) -> Int {
        let exponent = digits.exponent
        if exponent == 0 || exponent > 15 || exponent < -4 {
            // d.ddd, and an exponent where there is one.
            digits.store(at: place, gap: 1)
            place[1] = UInt8(ascii: ".")
            guard exponent != 0 else { return max(digits.count &+ 1, 3) }
            let count = digits.count == 1 ? 1 : digits.count &+ 1
            return count &+ writeExponent(exponent, at: place + count)
        }
        guard exponent > 0 else {
            // 0.000ddd
            store(0x3030_3030_3030_2E30, at: place)
            digits.store(at: place + (1 &- exponent), gap: 0)
            return 1 &- exponent &+ digits.count
        }
        // ddd.ddd: the digits behind the point are stored again, a byte further on.
        digits.store(at: place, gap: 0)
        let point = place + (exponent &+ 1)
        let tail = UnsafeRawPointer(point).loadUnaligned(as: UInt64.self)
        let rest = UnsafeRawPointer(point + 8).loadUnaligned(as: UInt64.self)
        store(tail, at: point + 1)
        store(rest, at: point + 9)
        point.pointee = UInt8(ascii: ".")
        return max(digits.count &+ 1, exponent &+ 3)
    }

    private func writeExponent(_ exponent: Int, at place: UnsafeMutablePointer<UInt8>) -> Int {
        var end = place
        func put(_ byte: UInt8) {
            end.pointee = byte
            end += 1
        }
        put(UInt8(ascii: "e"))
        if exponent < 0 { put(UInt8(ascii: "-")) }
        let magnitude = UInt8(ascii: "0")
        let value = exponent.magnitude
        if value >= 100 { put(magnitude &+ UInt8(truncatingIfNeeded: value / 100)) }
        if value >= 10 { put(magnitude &+ UInt8(truncatingIfNeeded: value / 10 % 10)) }
        put(magnitude &+ UInt8(truncatingIfNeeded: value % 10))
        return end - place
    }
}

/// The 17 digits of a decimal: one, eight and eight, filled up with zeros behind the last that
/// counts.
private struct Digits {
    /// The digits as text.
    private let first: UInt8
    private let middle: UInt64
    private let last: UInt64
    /// The power of ten of the first digit.
    let exponent: Int
    /// How many digits count: the rest are zeros.
    let count: Int

    @inline(__always)
    init(_ decimal: Decimal, tens: UnsafePointer<UInt64>) {
        // ⌊bits · log₁₀ 2⌋ is the number of digits or one less.
        let bits = 64 &- decimal.significand.leadingZeroBitCount
        let estimate = (bits &* 1233) >> 12
        let digits = estimate &+ (decimal.significand >= tens[estimate] ? 1 : 0)
        let filled = decimal.significand &* tens[17 &- digits]
        let lead = filled / 10_000_000_000_000_000
        let rest = filled &- lead &* 10_000_000_000_000_000
        let upper = rest / 100_000_000
        let middle = Self.eight(upper)
        let last = Self.eight(rest &- upper &* 100_000_000)
        let zeros =
            last == 0 ? 8 &+ middle.leadingZeroBitCount / 8 : last.leadingZeroBitCount / 8
        first = 0x30 | UInt8(truncatingIfNeeded: lead)
        self.middle = middle | 0x3030_3030_3030_3030
        self.last = last | 0x3030_3030_3030_3030
        exponent = decimal.exponent &+ digits &- 1
        count = 17 &- zeros
    }

    /// The eight digits of a number below 10⁸, a byte each, the first in the lowest byte: halves
    /// into fours, fours into twos, twos into ones, all lanes at once, by multiplying with rounded
    /// reciprocals of 100 and 10.
    @inline(__always)
    private static func eight(_ number: UInt64) -> UInt64 {
        let upper = number / 10_000
        let fours = upper | (number &- upper &* 10_000) << 32
        let hundreds = (fours &* 10_486) >> 20 & 0x7F_0000_007F
        let twos = hundreds | (fours &- hundreds &* 100) << 16
        let tens = (twos &* 103) >> 10 & 0x000F_000F_000F_000F
        return tens | (twos &- tens &* 10) << 8
    }

    /// Stores all 17 digits, the first apart from the others by `gap` bytes.
    @inline(__always)
    func store(at place: UnsafeMutablePointer<UInt8>, gap: Int) {
        place.pointee = first
        NablaJSON.store(middle, at: place + (gap &+ 1))
        NablaJSON.store(last, at: place + (gap &+ 9))
    }
}

/// Stores eight bytes, the lowest first.
@inline(__always)
private func store(_ word: UInt64, at place: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(place).storeBytes(of: word.littleEndian, as: UInt64.self)
}
