import Foundation
import NablaJSON
import Testing

@Suite struct Base64Tests {
    @Test func writesWhatFoundationWrites() {
        var generator = SplitMix(state: 9)
        for count in Array(0..<70) + [1001, 4096] {
            let values = (0..<count).map { _ in
                Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            }
            let expected = values.withUnsafeBytes { Data($0) }.base64EncodedString()
            #expect(written { $0.base64(values) } == "\"\(expected)\"")
            #expect(written { $0.base64(values.lazy.map { $0 }) } == "\"\(expected)\"")
        }
    }

    @Test func isLittleEndian() throws {
        #expect(written { $0.base64([Float(1)]) } == "\"AACAPw==\"")
        #expect(try numbers("AACAPw==", Float.self) == [1])
        #expect(try numbers("AAAAAAAA8D8=", Double.self) == [1])
    }

    @Test func bringsNumbersBackToTheLastBit() throws {
        var generator = SplitMix(state: 10)
        for count in [0, 1, 2, 3, 4, 5, 100, 1001] {
            let values = (0..<count).map { _ in Double(bitPattern: generator.next()) }.filter(
                \.isFinite)
            let text = written { $0.base64(values) }.dropFirst().dropLast()
            #expect(
                try numbers(String(text), Double.self).map(\.bitPattern) == values.map(\.bitPattern)
            )
        }
    }

    @Test(arguments: [
        // Length and padding.
        ("A", 1), ("AA", 2), ("AAA", 3), ("AAAAA", 5), ("AAAAAA", 6), ("AAAAAA=", 7), ("=", 0),
        ("==", 0),
        ("====", 0), ("A===", 1), ("AAAA=", 4), ("AAAAAA==AAAA", 6), ("AA==AAAA", 2),
        ("AAA=AAAA", 3),
        ("AA=A", 3), ("AAAAAA===", 6), ("AAAAAA==A", 6), ("AAAAA===", 5),
        // Characters.
        ("AA-A", 2), ("AA_AAAAA", 2), ("AAAA AAA", 4), ("AAAAAA==\\n", 6), ("\\nAAAAAA==", 0),
        ("AAAAéAAA", 4),
        ("AAAAAA.=", 6), ("!AAAAA==", 0), ("A!AAAA==", 1), ("AA!AAA==", 2), ("AAA!AA==", 3),
        ("AAAA!A==", 4),
        // Bits behind the last byte.
        ("AAAAAB==", 5), ("AAAAAP==", 5), ("AAAAAAAAAAB=", 10), ("AAAAAAAAAAD=", 10),
    ])
    func refusesWhatIsNotStrictBase64AndSaysWhere(_ text: String, _ offset: Int) throws {
        let error = #expect(throws: JSONError.self) { try numbers(text, Float.self) }
        #expect(error?.kind == .base64(offset: offset))
        #expect(error?.pointer == "/base64")
    }

    @Test func refusesBytesThatDoNotFillANumber() {
        let error = #expect(throws: JSONError.self) { try numbers("AACAPwAA", Float.self) }
        #expect(error?.kind == .base64(offset: 8))
        #expect(error?.detail == "the string holds 6 bytes, but a number takes 4")
        #expect(throws: JSONError.self) { try numbers("AACAPw==", Double.self) }
    }

    @Test func refusesNumbersThatAreNotFinite() {
        for (position, value) in [
            (0, Double.nan), (3, .infinity), (8, -.infinity), (16, .nan), (20, .nan),
        ] {
            var values = [Double](repeating: 1, count: 21)
            values[position] = value
            let text = written { $0.base64(values) }.dropFirst().dropLast()
            let error = #expect(throws: JSONError.self) { try numbers(String(text), Double.self) }
            #expect(error?.kind == .outOfRange)
            #expect(error?.detail == "number \(position) of the string isn't finite")
        }
    }

    private func numbers<N: JSONNumber>(_ text: String, _ type: N.Type) throws(JSONError) -> [N] {
        try document("{\"base64\":\"\(text)\"}").root.anyObject().required("base64").base64(type)
    }
}
