import NablaJSON
import Testing

@Suite struct NumberTextTests {
    #if DEBUG
        static let patterns = 100_000
    #else
        static let patterns = 1_000_000
    #endif

    @Test func writesPlainNumbersPlainlyAndOthersWithAnExponent() {
        let expected: [(Double, String)] = [
            (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (-1, "-1.0"), (0.5, "0.5"), (10, "10.0"),
            (100.25, "100.25"), (0.1, "0.1"), (0.001, "0.001"), (0.0001, "0.0001"),
            (0.00012345, "0.00012345"), (0.00001, "1e-5"), (1.5e-7, "1.5e-7"),
            (123_456_789_012_345.6, "123456789012345.6"), (1e15, "1000000000000000.0"),
            (9_007_199_254_740_992, "9007199254740992.0"), (1e16, "1e16"), (1.5e16, "1.5e16"),
            (1e23, "1e23"), (1e100, "1e100"), (.leastNonzeroMagnitude, "5e-324"),
            (2.2250738585072014e-308, "2.2250738585072014e-308"),
            (-1.7976931348623157e308, "-1.7976931348623157e308"), (0.3, "0.3"),
            (0.1 + 0.2, "0.30000000000000004"), (9.5367431640625e-7, "9.5367431640625e-7"),
            (12, "12.0"), (1234567.125, "1234567.125"),
        ]
        for (value, text) in expected { #expect(Self.text(value) == text) }
    }

    @Test func writesAFloatAsShortAsAFloatCanBe() {
        let expected: [(Float, String)] = [
            (0.1, "0.1"), (.leastNonzeroMagnitude, "1e-45"), (3.4028235e38, "3.4028235e38"),
            (16_777_216, "16777216.0"),
            (-0.3, "-0.3"), (1.1754944e-38, "1.1754944e-38"), (-0.0, "-0.0"),
            (8.5e9, "8500000000.0"),
        ]
        for (value, text) in expected { #expect(Self.text(value) == text) }
    }

    @Test func writesWhatIsNotANumberAsNull() {
        #expect(Self.text(Double.nan) == "null")
        #expect(Self.text(-Double.infinity) == "null")
        #expect(Self.text(Float.infinity) == "null")
    }

    @Test func writesTheShortestTextOfRandomFloat64() {
        var generator = SplitMix(state: 1)
        check((0..<Self.patterns).map { _ in Double(bitPattern: generator.next()) })
    }

    @Test func writesTheShortestTextOfRandomFloat32() {
        var generator = SplitMix(state: 2)
        check(
            (0..<Self.patterns).map { _ in
                Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            })
    }

    @Test func writesTheShortestTextOfSubnormals() {
        var generator = SplitMix(state: 3)
        check(
            (0..<20_000).map { _ in
                Double(bitPattern: generator.next() >> generator.next() % 52 + 12)
            })
        check(
            (0..<20_000).map { _ in
                Float(bitPattern: UInt32(truncatingIfNeeded: generator.next() & 0x7F_FFFF))
            })
    }

    @Test func writesTheShortestTextAroundEachPowerOfTwoAndTen() {
        for exponent in -1074...1023 {
            let power = Double(sign: .plus, exponent: exponent, significand: 1)
            check([power, power.nextUp, power.nextDown])
        }
        for exponent in -149...127 {
            let power = Float(sign: .plus, exponent: exponent, significand: 1)
            check([power, power.nextUp, power.nextDown])
        }
        for exponent in -323...308 {
            guard let power = Double("1e\(exponent)") else { continue }
            check([power, power.nextUp, power.nextDown])
        }
    }

    @Test func writesTheShortestTextOfShortDecimalsAndWholeNumbers() {
        var generator = SplitMix(state: 4)
        let values = (0..<50_000).map { _ in
            Double(Int64(bitPattern: generator.next()) >> Int64(generator.next() % 64))
        }
        check(values)
        check(values.map { ($0 / 1000).rounded() / 1000 })
        check(values.map { Float($0) })
    }

    /// Compares with the standard library's shortest text in value and in digits.
    private func check<N: JSONNumber & LosslessStringConvertible>(_ values: [N]) {
        var wrong: [N] = []
        for value in values where value.isFinite {
            let text = Self.text(value)
            let isSame = N(text).map { $0 == value && $0.sign == value.sign } ?? false
            if !isSame || Self.digits(text) != Self.digits("\(value)") { wrong.append(value) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5)) \(wrong.prefix(5).map { Self.text($0) })")
    }

    private static func text<N: JSONNumber>(_ value: N) -> String {
        var writer = JSONWriter()
        writer.number(value)
        return String(decoding: writer.finish(), as: UTF8.self)
    }

    /// The significant digits of a text, without the zeros on both sides.
    private static func digits(_ text: String) -> [UInt8] {
        var digits = text.utf8.prefix { $0 != UInt8(ascii: "e") }.filter {
            $0 >= 0x30 && $0 <= 0x39
        }
        digits.removeFirst(digits.prefix { $0 == 0x30 }.count)
        while digits.last == 0x30 { digits.removeLast() }
        return digits
    }
}

/// Random bits from a seed.
///
/// - Source: Steele, Lea & Flood 2014, SplitMix64.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
