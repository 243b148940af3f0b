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

    @Test func writesTheShortestTextOfNumbersHalfWayBetweenTwo() {
        var generator = SplitMix(state: 5)
        // The last digits of these are a quarter or three quarters, half way between two texts as
        // short, both of which read back to them.
        check((0..<20_000).map { _ in 0x1p51 + Double(generator.next() >> 12) / 4 })
        check((0..<20_000).map { _ in 0x1p21 + Float(generator.next() >> 43) / 4 })
        // And around those, texts of whole numbers end half way to a neighbour.
        check((0..<20_000).map { _ in Double((generator.next() >> 11 | 1 << 53) << 1) })
        check(
            (0..<20_000).map { _ in
                Double((generator.next() >> 11 | 1 << 53) << (generator.next() % 11))
            })
        check(
            (0..<20_000).map { _ in
                Float((generator.next() >> 40 | 1 << 24) << (generator.next() % 40))
            })
    }

    @Test func writesTheShortestTextOfNumbersLikeGradients() {
        var generator = SplitMix(state: 6)
        let values = (0..<Self.patterns).map { _ in
            let unit = Double(generator.next() >> 11) / 0x1p53 - 0.5
            return Double(sign: .plus, exponent: -Int(generator.next() % 40), significand: unit)
        }
        check(values)
        check(values.map { Float($0) })
    }

    @Test func writesManyAsEachByItself() {
        var generator = SplitMix(state: 7)
        for count in [1, 2, 63, 64, 65, 127, 128, 129, 1000, 1025] {
            let values = (0..<count).map { index in
                index % 3 == 0 ? 0 : Double(bitPattern: generator.next())
            }
            var writer = JSONWriter()
            writer.numbers(values, shape: [count])
            let each = values.map { Self.text($0) }.joined(separator: ",")
            #expect(String(decoding: writer.finish(), as: UTF8.self) == "[\(each)]")
        }
    }

    /// Compares with the text that the standard library's description makes, which is the shortest,
    /// and with the number that it is read back to.
    private func check<N: JSONNumber & LosslessStringConvertible>(_ values: [N]) {
        var wrong: [N] = []
        for value in values where value.isFinite {
            let text = Self.text(value)
            let isSame = N(text).map { $0 == value && $0.sign == value.sign } ?? false
            if !isSame || text != Self.expected("\(value)") { wrong.append(value) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5)) \(wrong.prefix(5).map { Self.text($0) })")
    }

    /// The text of a number of that description: its digits, plain or with an exponent as ours are.
    private static func expected(_ description: String) -> String {
        let parts = description.split(separator: "e")
        let sign = description.hasPrefix("-") ? "-" : ""
        let plain = parts[0].drop { $0 == "-" }
        let digits = String(plain.filter { $0 != "." }.drop { $0 == "0" })
        let zeros = plain.filter { $0 != "." }.prefix { $0 == "0" }.count
        let point = plain.firstIndex(of: ".").map { plain.distance(from: plain.startIndex, to: $0) }
        var exponent = (point ?? plain.count) - zeros - 1
        if parts.count > 1 { exponent += Int(parts[1]) ?? 0 }
        var short = digits
        while short.last == "0" { short.removeLast() }
        guard let first = short.first else { return sign + "0.0" }
        let rest = short.dropFirst()
        switch exponent {
        case 0...15:
            let whole = short.prefix(exponent + 1)
            let fraction = short.dropFirst(exponent + 1)
            let fill = String(repeating: "0", count: exponent + 1 - whole.count)
            return sign + whole + fill + "." + (fraction.isEmpty ? "0" : fraction)
        case -4..<0:
            return sign + "0." + String(repeating: "0", count: -exponent - 1) + short
        default:
            return sign + String(first) + (rest.isEmpty ? "" : "." + rest) + "e\(exponent)"
        }
    }

    private static func text<N: JSONNumber>(_ value: N) -> String {
        var writer = JSONWriter()
        writer.number(value)
        return String(decoding: writer.finish(), as: UTF8.self)
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
