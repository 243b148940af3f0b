import NablaJSON
import Testing

@Suite struct JSONWriterTests {
    @Test func putsCommasAndColonsWhereTheyBelong() {
        let text = written { writer in
            writer.beginObject()
            writer.key("a")
            writer.beginArray()
            writer.int(1)
            writer.int(-2)
            writer.beginObject()
            writer.endObject()
            writer.beginArray()
            writer.endArray()
            writer.endArray()
            writer.key("b")
            writer.bool(true)
            writer.key("c")
            writer.null()
            writer.key("d")
            writer.string(",")
            writer.key("e")
            writer.string("[")
            writer.key("f")
            writer.number(0.5)
            writer.key("g")
            writer.json(Array("[1, 2]".utf8))
            writer.key("h")
            writer.bool(false)
            writer.endObject()
        }
        #expect(
            text
                == #"{"a":[1,-2,{},[]],"b":true,"c":null,"d":",","e":"[","#
                + #""f":0.5,"g":[1, 2],"h":false}"#
        )
    }

    @Test func writesEachKindOfValueByItself() {
        #expect(written { $0.int(.min) } == "-9223372036854775808")
        #expect(written { $0.int(0) } == "0")
        #expect(written { $0.int(-10) } == "-10")
        #expect(written { $0.int(.max) } == "9223372036854775807")
        #expect(written { $0.number(Float(0.1)) } == "0.1")
        #expect(written { $0.number(1e21) } == "1e21")
        #expect(written { $0.null() } == "null")
        #expect(written { _ in } == "")
    }

    @Test func escapesWhatMustBeEscapedAndNothingElse() {
        #expect(
            written { $0.string("\"\\\n\r\t\u{0}\u{1F}/\u{7F}é😀") } == #""\"\\\n\r\t\u0000\u001f/"#
                + "\u{7F}é😀\"")
        #expect(
            written { writer in
                writer.beginObject()
                writer.key(escaping: "a\"b")
                writer.int(1)
                writer.endObject()
            } == #"{"a\"b":1}"#)
    }

    @Test func bringsEveryCharacterBack() throws {
        let string =
            String(String.UnicodeScalarView((0...0x2FF).compactMap { Unicode.Scalar($0) }))
            + "€😀\u{10FFFF}"
        var writer = JSONWriter()
        writer.string(string)
        #expect(try JSONDocument(parsing: writer.finish()).root.string() == string)
    }

    @Test(arguments: [
        ([], "5.0", 1), ([0], "[]", 0), ([1], "[0.0]", 1), ([3], "[0.0,1.0,2.0]", 3),
        ([2, 0], "[[],[]]", 0),
        ([0, 2], "[]", 0), ([2, 2], "[[0.0,1.0],[2.0,3.0]]", 4), ([2, 1], "[[0.0],[1.0]]", 2),
        ([1, 2, 2], "[[[0.0,1.0],[2.0,3.0]]]", 4), ([2, 2, 1], "[[[0.0],[1.0]],[[2.0],[3.0]]]", 4),
        ([1, 0, 3], "[[]]", 0),
    ])
    func nestsNumbersAsTheShapeSays(_ shape: [Int], _ text: String, _ count: Int) {
        let values = shape.isEmpty ? [5] : (0..<count).map(Double.init)
        #expect(written { $0.numbers(values, shape: shape) } == text)
        #expect(written { $0.numbers(values.map(Float.init), shape: shape) } == text)
        // Slices and collections without contiguous storage give the same.
        #expect(
            written { $0.numbers(([9, 9] + values + [9]).dropFirst(2).dropLast(), shape: shape) }
                == text)
        #expect(written { $0.numbers(values.lazy.map { $0 + 0 }, shape: shape) } == text)
    }

    @Test func writesRowsLongerThanOnePiece() throws {
        let values = (0..<5000).map { Double($0) / 7 }
        var writer = JSONWriter(reservingCapacity: 16)
        writer.beginArray()
        writer.numbers(values, shape: [2, 2500])
        writer.numbers(values.prefix(1024), shape: [1024])
        writer.endArray()
        let parts = try JSONDocument(parsing: writer.finish()).root.array().map {
            try $0.shaped(Double.self)
        }
        #expect(parts[0].shape == [2, 2500])
        #expect(parts[0].values == values)
        #expect(parts[1].values == Array(values.prefix(1024)))
    }

    @Test(arguments: [
        [1, 1024], [1, 1025], [2, 512], [2, 513], [3, 1, 500], [2, 2, 600], [2, 1, 1500],
        [1200, 2],
        [1100, 0],
    ])
    func nestsTensorsLargerThanOnePiece(_ shape: [Int]) throws {
        let values = (0..<shape.reduce(1, *)).map { -Double($0) * 1e-300 / 7 }
        var writer = JSONWriter()
        writer.numbers(values, shape: shape)
        let (readShape, readValues) = try JSONDocument(parsing: writer.finish()).root.shaped(
            Double.self)
        #expect(readShape == shape)
        #expect(readValues == values)
    }

    @Test func writesNullWhereThereIsNoNumber() {
        #expect(
            written { $0.numbers([1, Double.nan, -Double.infinity], shape: [3]) }
                == "[1.0,null,null]")
    }
}

func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(decoding: writer.finish(), as: UTF8.self)
}
