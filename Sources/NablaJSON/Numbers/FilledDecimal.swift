/// A decimal number of 17 digits, of which the last may be zeros that fill it up.
struct FilledDecimal {
    /// The first 16 digits, as a number of so many; 0 for 0.
    let tens: UInt64
    /// The power of ten of the first digit; 0 for 0, `noExponent` for what is no number.
    let exponent: Int32
    /// The last digit.
    let last: UInt8
    /// 1 where the number is negative, else 0.
    let sign: UInt8

    static var noExponent: Int32 { .max }
}

extension FilledDecimal {
    /// The shortest decimal that reads back to `value`, the nearest of several; found by one product
    /// where that tells it for sure.
    ///
    /// With v = c · 2^q, 10^k just below 2^q and t + f = v / 10^(k+1), f the fraction, the numbers up
    /// to half of u = 2^q / 10^(k+1) from t + f round to v. As u is from 0.1 to 1, at most one of
    /// t and t + 1 does, which then is the shortest; else it is the digit behind t nearest to 10 f,
    /// which is half a tenth away at most.
    ///
    /// All of f, u / 2 and 10 f are known up to a few units of their last bit (of float32, a few times
    /// 2²⁴ such units). Where one of them is as near as that to where the answer changes, which it is
    /// where it lies there exactly, `Decimal(shortestFor:powers:)` tells the answer; as it does for
    /// powers of two, from which the lower neighbour isn't as far, and for subnormals.
    ///
    /// - Parameters:
    ///   - value: The number.
    ///   - scales: `NumberTables.scales`.
    @inline(__always)
    init<N: ShortestDecimalFormat & BinaryFloatingPoint>(
        shortestFor value: N, scales: UnsafePointer<UInt64>
    ) {
        let bits = value.pattern
        let stored = Int(truncatingIfNeeded: bits &>> N.storedBits & N.highestStored)
        let hidden: UInt64 = 1 &<< N.storedBits
        let fraction = bits & (hidden &- 1)
        guard
            fraction != 0,
            UInt(bitPattern: stored &- 1) < UInt(truncatingIfNeeded: N.highestStored &- 1)
        else {
            if stored == 0, fraction == 0 {
                self.init(
                    tens: 0, exponent: 0, last: 0,
                    sign: UInt8(truncatingIfNeeded: bits &>> N.signBit))
            } else {
                self.init(seldom: value)
            }
            return
        }
        let q = stored &- N.exponentOffset
        let entry = 2 &* (q &+ Double.exponentOffset)
        let (high, low) = (scales[entry], scales[entry &+ 1])

        // Here and below choices are made by arithmetic, not by branches, which can't be foreseen.
        let (t, f) = N.product(high: high, low: low, fraction | hidden)
        let half = high &>> 1
        let (above, isUp) = f.addingReportingOverflow(half)
        let (below, isDown) = f.subtractingReportingOverflow(half)
        let tenths = f.multipliedFullWidth(by: 10)
        let (rest, carry) = tenths.low.addingReportingOverflow(1 << 63)
        guard
            below &+ N.doubt > 2 &* N.doubt, above &+ N.doubt > 2 &* N.doubt,
            rest &+ N.doubt > 2 &* N.doubt
        else {
            self.init(seldom: value)
            return
        }
        let up: UInt64 = isUp ? 1 : 0
        let down: UInt64 = isDown ? 1 : 0
        let digit = tenths.high &+ (carry ? 1 : 0)
        let (tens, last, exponent) = N.filled(
            tens: t &+ up, last: digit & ((up | down) &- 1))
        let power = (q &* 1_262_611) >> 22 &+ exponent
        self.init(
            tens: tens, exponent: Int32(truncatingIfNeeded: power),
            last: UInt8(truncatingIfNeeded: last),
            sign: UInt8(truncatingIfNeeded: bits &>> N.signBit))
    }

    /// The same for those that one product doesn't tell, but for 0.
    @inline(never)
    private init<N: ShortestDecimalFormat & BinaryFloatingPoint>(seldom value: N) {
        let sign: UInt8 = value.sign == .minus ? 1 : 0
        guard value.isFinite else {
            self.init(tens: 0, exponent: Self.noExponent, last: 0, sign: sign)
            return
        }
        let decimal = PowersOfTen.words.withUnsafeBufferPointer { powers in
            guard let powers = powers.baseAddress else {
                preconditionFailure("there are powers of ten")
            }
            return Decimal(shortestFor: value, powers: powers)
        }
        var (significand, exponent) = (decimal.significand, decimal.exponent + 16)
        while significand < 10_000_000_000_000_000 {
            significand *= 10
            exponent -= 1
        }
        self.init(
            tens: significand / 10, exponent: Int32(exponent), last: UInt8(significand % 10),
            sign: sign)
    }
}

extension Double {
    static var doubt: UInt64 { 16 }

    @inline(__always)
    static func product(high: UInt64, low: UInt64, _ c: UInt64) -> (whole: UInt64, part: UInt64) {
        let upper = high.multipliedFullWidth(by: c)
        let (part, carry) = upper.low.addingReportingOverflow(
            low.multipliedFullWidth(by: c).high)
        return (upper.high &+ (carry ? 1 : 0), part)
    }

    /// There are 15 or 16 digits before the last.
    @inline(__always)
    static func filled(
        tens: UInt64, last: UInt64
    ) -> (tens: UInt64, last: UInt64, exponent: Int) {
        // All ones where it is short, else 0.
        let short = Int64(bitPattern: tens &- 1_000_000_000_000_000) &>> 63
        let mask = UInt64(bitPattern: short)
        return (tens &+ (9 &* tens &+ last) & mask, last & ~mask, 16 &+ Int(short))
    }
}

extension Float {
    static var doubt: UInt64 { 1 << 28 }

    @inline(__always)
    static func product(high: UInt64, low: UInt64, _ c: UInt64) -> (whole: UInt64, part: UInt64) {
        let product = high.multipliedFullWidth(by: c)
        return (product.high, product.low)
    }

    /// There are 6 to 8 digits before the last.
    @inline(__always)
    static func filled(
        tens: UInt64, last: UInt64
    ) -> (tens: UInt64, last: UInt64, exponent: Int) {
        // All ones where it is short, and where it is shorter, else 0.
        let short = Int64(bitPattern: tens &- 10_000_000) &>> 63
        let shorter = Int64(bitPattern: tens &- 1_000_000) &>> 63
        let unit =
            10_000_000 &+ 90_000_000 & UInt64(bitPattern: short)
            &+ 900_000_000 & UInt64(bitPattern: shorter)
        return ((10 &* tens &+ last) &* unit, 0, 8 &+ Int(short &+ shorter))
    }
}
