import CSimdJSON
import Testing

/// Decimals that are written at length, read by the C function itself: what it refuses isn't read
/// another way here, as it is for whoever parses a document.
@Suite struct LongDecimalTests {
    /// Reads the numbers of an array's text as a region; nil where it is none, or they are refused.
    private func numbers(of text: String) -> [Double]? {
        read(text) { text, count, region, part, values in
            nabla_json_read_part_f64(
                text, count, region, part, region.pointee.end, region.pointee.count, values)
        }
    }

    private func floats(of text: String) -> [Float]? {
        read(text) { text, count, region, part, values in
            nabla_json_read_part_f32(
                text, count, region, part, region.pointee.end, region.pointee.count, values)
        }
    }

    private func read<S: FloatingPoint>(
        _ text: String,
        _ readPart: (
            UnsafePointer<UInt8>, Int, UnsafePointer<nabla_json_region>, nabla_json_part,
            UnsafeMutablePointer<S>
        ) -> Bool
    ) -> [S]? {
        // No byte more: what is read behind it would be seen by the address sanitizer.
        let bytes = Array(text.utf8)
        var region = nabla_json_region()
        var part = nabla_json_part()
        return bytes.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress,
                nabla_json_find_regions(start, bytes.count, 1, .max / 2, &region, 1, &part, 1) == 1
            else { return nil }
            var values = [S](repeating: .nan, count: region.count)
            return readPart(start, bytes.count, &region, part, &values) ? values : nil
        }
    }

    /// Any number of digits from one to more than are exact, digits before the point, signs and exponents.
    private func texts(_ count: Int, seed: UInt64) -> [String] {
        var generator = SplitMix(state: seed)
        return (0..<count).map { index in
            let digits = (0..<index % 23 + 1).map { _ in "\(generator.next() % 10)" }.joined()
            let zeros = String(repeating: "0", count: index % 7 == 0 ? index % 5 : 0)
            let sign = generator.next() % 2 == 0 ? "" : "-"
            let whole = index % 3 == 0 ? 0 : generator.next() % 12
            let power = ["", "", "", "e-5", "E+02", "e1", "e-0018"][index % 7]
            return "\(sign)\(whole).\(zeros)\(digits)\(power)"
        }
    }

    @Test(arguments: [",", ", ", ",  ", " , ", ",\n"])
    func areReadToTheBit(_ comma: String) throws {
        let texts = texts(5000, seed: 21)
        let found = try #require(numbers(of: "[\(texts.joined(separator: comma))]"))
        #expect(found.map(\.bitPattern) == texts.map { Double($0)?.bitPattern })
        let narrow = try #require(floats(of: "[\(texts.joined(separator: comma))]"))
        #expect(narrow.map(\.bitPattern) == texts.map { Float($0)?.bitPattern })
    }

    @Test func areReadWithSpaceThatChanges() throws {
        let texts = texts(3000, seed: 22)
        let commas = [",", ", ", ",", ",  ", ", ", ", "]
        let rows = stride(from: 0, to: texts.count, by: 3).map { first in
            "["
                + texts[first..<first + 3].enumerated().map { index, text in
                    text + (index == 2 ? "" : commas[(first + index) % commas.count])
                }.joined() + "]"
        }
        let found = try #require(numbers(of: "[\(rows.joined(separator: ", "))]"))
        #expect(found.map(\.bitPattern) == texts.map { Double($0)?.bitPattern })
    }

    /// A number that ends where the text does but for so many bytes, from too few to be read many at a time on.
    @Test func areReadUpToTheEndOfTheText() {
        for length in 1...20 {
            let number = "-0." + String("98765432109876543210".prefix(length))
            for behind in 0...40 {
                let text = "[0.5,\(number)" + String(repeating: " ", count: behind) + "]"
                #expect(numbers(of: text)?.last?.bitPattern == Double(number)?.bitPattern)
            }
        }
    }

    /// Half way between two numbers, next to it, and the ends of the types' ranges.
    @Test(arguments: [
        "7.0385310e-26", "0.50000000000000011102", "0.500000000000000111022302",
        "0.5000000000000001110",
        "2.2250738585072011e-308", "2.2250738585072014e-308", "1.7976931348623157e308",
        "4.9406564584124654e-324",
        "9.999999999999999999", "0.9999999999999999999", "1.0000000000000000", "-0.0000000",
        "0.00000000e5",
    ])
    func areRoundedToTheNearest(_ number: String) {
        let text = "[\(number),\(String(repeating: "0.5,", count: 12))0.5]"
        #expect(numbers(of: text)?.first?.bitPattern == Double(number)?.bitPattern)
        if let single = Float(number), single.isFinite, abs(single) >= .leastNormalMagnitude {
            #expect(floats(of: text)?.first?.bitPattern == single.bitPattern)
        }
    }

    @Test(arguments: [
        "0.12345678.", "0.12345678-", "0.12345678e", "0.12345678e+", "0.12345678x", "00.12345678",
        "0.12345678 1", "+0.12345678", "-.12345678", "0.1234567e00001", "9.9999999e308",
        "1.2345678e999", "0.12345678\u{0}",
    ])
    func whatIsNoneIsRefused(_ wrong: String) {
        for text in ["[\(wrong),\(String(repeating: "0.5,", count: 12))0.5]", "[0.5,\(wrong)]"] {
            #expect(numbers(of: text) == nil)
        }
    }
}
