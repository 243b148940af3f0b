import NablaJSON
import Testing

/// Texts of one form, read by it and as documents.
@Suite struct JSONFormTests {
    private static let text = #"""
        {"s":"1, [2] \" \\","open":[[1.5,-2e3],[0,1e-7]], "not":[7, 8], "n":-3.25,
         "more" : [ 12 ,0.1 ] }
        """#

    /// What a document says under the names of `text`.
    private struct Content: Equatable {
        var string: String
        var fixed: [Double]
        var single: UInt64
        var open: [UInt64]
        var shape: [Int]

        init(_ text: [UInt8]) throws {
            let object = try JSONDocument(parsing: text).root
                .object(["s", "open", "not", "n", "more"])
            string = try object.required("s").string()
            fixed = try object.required("not").array().map { try $0.double() }
            single = try object.required("n").double().bitPattern
            let open = try object.required("open")
            shape = Array(try open.lengths)
            let more = try object.required("more").numbers(Double.self)
            self.open = (try open.numbers(Double.self) + more).map(\.bitPattern)
        }
    }

    private func form(_ text: String = text) throws -> JSONForm {
        let object = try JSONDocument(parsing: Array(text.utf8)).root.anyObject()
        return JSONForm(
            of: Array(text.utf8),
            opening: [try object.required("more"), try object.required("open")])
    }

    @Test func itsOwnTextIsOfTheForm() throws {
        let form = try form()
        #expect(form.count == 6)
        // In the order in which they were given; the text has them the other way round.
        #expect(form.ranges == [4..<6, 0..<4])
        let numbers = try #require(form.numbers(of: Array(Self.text.utf8), as: Double.self))
        #expect(numbers == [1.5, -2000, 0, 1e-7, 12, 0.1])
        #expect(form.numbers(of: Array(Self.text.utf8), as: Float.self)?.last == 0.1)
    }

    @Test(arguments: [
        "0", "-0", "-0.0", "1", "123456789012345678", "9007199254740993", "0.1", "1e5", "1E+05",
        "2.2250738585072014e-308", "5e-324", "1.7976931348623157e308",
        "0.30000000000000004", "3.141592653589793238462643383279502884", "12345678.12345678e-3",
        "0.000000000000000000000000000000000000000000000000000000123",
        "0.1234567", "-0.01643536872913652", "9.999999999999999999", "0.9999999999999999999",
        "1.5000000000000000000",
        "-3.14159265358979323e-07", "8.60836744198678e+22",
    ])
    func otherNumbersAreReadAsADocumentReadsThem(_ number: String) throws {
        let text = Array(
            Self.text.replacing("-2e3", with: number).replacing("0.1 ]", with: number + " ]").utf8)
        let numbers = try #require(try form().numbers(of: text, as: Double.self))
        #expect(numbers.map(\.bitPattern) == (try Content(text)).open)
    }

    @Test(arguments: [
        "1e999", "1e39", "1e-400", "18446744073709551615", "1.", ".5", "01", "+1", "1e", "NaN", "",
        " ", "-",
        "1 2", "null", "[1]", "\"1\"", "1e0000000000000001",
    ])
    func whatIsReadAsAWholeIsLeftAlone(_ number: String) throws {
        let text = Array(Self.text.replacing("-2e3", with: number).utf8)
        let numbers = try form().numbers(of: text, as: Float.self)
        #expect(numbers == nil)
    }

    /// A digit, a point and a digit, as most targets are, and what begins like that.
    @Test func shortDecimalsAreReadExactly() throws {
        let text = Array("[0.5,0.5]".utf8)
        let form = JSONForm(of: text, opening: [try JSONDocument(parsing: text).root])
        for tenths in 0..<100 {
            let digits = "\(tenths / 10).\(tenths % 10)"
            for number in [
                digits, "-\(digits)", "\(digits)e1", "\(digits)E-3", "\(digits)7", "1\(digits)",
            ] {
                let text = Array("[\(number),\(number)]".utf8)
                let wide = try #require(Double(number)), narrow = try #require(Float(number))
                #expect(form.numbers(of: text, as: Double.self) == [wide, wide], "\(number)")
                #expect(form.numbers(of: text, as: Float.self) == [narrow, narrow], "\(number)")
            }
        }
    }

    /// Whatever byte is changed, left out or put in: what the form reads, the document says.
    @Test func aChangedTextIsReadOnlyWhereItSaysTheSame() throws {
        let form = try form()
        let text = Array(Self.text.utf8)
        let bytes = Array("0159-+.eE,:[]{}\" \\\n\tax".utf8) + [0, 0x1F, 0x7F, 0x80, 0xC3, 0xFF]
        let original = try Content(text)
        var read = 0
        func look(_ changed: [UInt8]) throws {
            guard let numbers = form.numbers(of: changed, as: Double.self) else { return }
            read += 1
            var expected = original
            expected.open = numbers.map(\.bitPattern)
            #expect(try Content(changed) == expected, "\(String(decoding: changed, as: UTF8.self))")
        }
        for position in text.indices {
            try look(Array(text[..<position]) + text[(position + 1)...])
            for byte in bytes {
                try look(Array(text[..<position]) + [byte] + text[position...])
                try look(Array(text[..<position]) + [byte] + text[(position + 1)...])
            }
        }
        for count in text.indices { try look(Array(text[..<count])) }
        try look(text + [0x20])
        // Digits in the place of others, and more of them.
        #expect(read > 100)
    }

    @Test func aTextOfTheFormIsWritten() throws {
        let text = #"{"a":1.0,"b":[[2.5],[-0.0]],"c":[],"d":"x"}"#
        let object = try JSONDocument(parsing: Array(text.utf8)).root.anyObject()
        let form = JSONForm(
            of: Array(text.utf8), opening: try ["a", "b", "c"].map { try object.required($0) })
        let numbers = [1e300, 0.1, -Double.leastNonzeroMagnitude]
        let expected = #"{"a":1e300,"b":[[0.1],[-5e-324]],"c":[],"d":"x"}"#
        #expect(String(decoding: form.text(with: numbers), as: UTF8.self) == expected)
        #expect(form.numbers(of: Array(expected.utf8), as: Double.self) == numbers)
        let narrow: [Float] = [0.1, 3, .leastNonzeroMagnitude]
        #expect(form.numbers(of: form.text(with: narrow), as: Float.self) == narrow)
    }

    @Test func aFormWithoutNumbersIsItsText() throws {
        let text = Array(#"{"open":[],"more":[]}"#.utf8)
        let form = try form(#"{"open":[],"more":[]}"#)
        #expect(form.numbers(of: text, as: Double.self) == [])
        #expect(form.numbers(of: text + [0x20], as: Double.self) == nil)
        #expect(form.text(with: [Double]()) == text)
    }

    /// Every number of a text may be another, the last byte but one among them.
    @Test func longTextsOfManyNumbersAreRead() throws {
        for count in 1...40 {
            let text = "[" + (0..<count).map { "\($0).25" }.joined(separator: ",") + "]"
            let root = try JSONDocument(parsing: Array(text.utf8)).root
            let form = JSONForm(of: Array(text.utf8), opening: [root])
            let other = "[" + (0..<count).map { "-\($0)e-1" }.joined(separator: ",") + "]"
            let numbers = form.numbers(of: Array(other.utf8), as: Double.self)
            #expect(
                numbers == (try JSONDocument(parsing: Array(other.utf8)).root.numbers(Double.self)))
        }
    }
}

extension JSONForm {
    fileprivate func numbers<N: JSONNumber>(of text: [UInt8], as type: N.Type) -> [N]? {
        var numbers: [N]?
        let isRead = withNumbers(of: text, as: type) { span in
            numbers = span.indices.map { span[$0] }
        }
        return isRead ? numbers : nil
    }

    fileprivate func text<N: JSONNumber>(with numbers: [N]) -> [UInt8] {
        text(with: numbers.span)
    }
}
