import NablaJSON
import Testing

@Suite struct JSONValueTests {
    @Test func tellsItsKind() throws {
        let values = try document(#"[{},[],"",0,-1,1.5,18446744073709551615,true,false,null]"#).root
            .array()
        #expect(
            values.map(\.kind) == [
                .object, .array, .string, .number, .number, .number, .number, .boolean, .boolean,
                .null,
            ])
        #expect(values.map(\.isNull) == [Bool](repeating: false, count: 9) + [true])
    }

    @Test func readsOnSeparatedFromItsDocument() throws {
        let value = try document(#"{"a":["kept",1.5]}"#).root.object(["a"]).required("a")
            .separated()
        // These would take over the parser, and overwrite the tape, if it were free.
        let others = try (0..<20).map { try document(#"{"b":["other \#($0)",2.5]}"#) }
        #expect(try value.array().first { _ in true }?.string() == "kept")
        #expect(value.pointer == "/a" && others.count == 20)
    }

    @Test func readsStringsDecoded() throws {
        let texts = [
            (#""""#, ""), (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u20ac\ud83d\ude00""#, "Aé€😀"), (#""a\u0000b""#, "a\u{0}b"),
            ("\"\(String(repeating: "é", count: 1000))\"", String(repeating: "é", count: 1000)),
        ]
        for (text, string) in texts { #expect(try document(text).root.string() == string) }
    }

    @Test func readsWholeNumbersHoweverTheyAreWritten() throws {
        let texts: [(String, Int)] = [
            ("0", 0), ("-0", 0), ("3", 3), ("3.0", 3), ("3e0", 3), ("30e-1", 3), ("-2.50e1", -25),
            ("1e3", 1000), ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ]
        for (text, value) in texts { #expect(try document(text).root.int() == value) }
    }

    @Test(arguments: [
        "0.5", "1e-1", "9223372036854775808", "18446744073709551615", "1e19", "-1e300", "1e30",
    ])
    func refusesAsWholeWhatIsNot(_ text: String) {
        let error = #expect(throws: JSONError.self) {
            try document("[\(text)]").root.array().map { try $0.int() }
        }
        #expect(error?.kind == .outOfRange)
        #expect(error?.pointer == "/0")
    }

    @Test func readsNumbersToTheLastBit() throws {
        var generator = SplitMix(state: 6)
        for _ in 0..<2_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(try document("\(value)").root.double().bitPattern == value.bitPattern)
        }
        #expect(try document("-0.0").root.double().sign == .minus)
        #expect(try document("18446744073709551615").root.double() == 0x1p64)
        #expect(try document("9007199254740993").root.double() == 9_007_199_254_740_992)
        // Half way between two numbers but for the last digit.
        #expect(
            try document("1.00000000000000011102230246251565404236316680908203125").root.double()
                == 1)
        #expect(
            try document("1.00000000000000011102230246251565404236316680908203126").root.double()
                == 1.0000000000000002)
    }

    @Test func refusesEveryOtherKindAndPointsAtIt() throws {
        let texts: [JSONKind: String] = [
            .object: "{}", .array: "[]", .string: #""""#, .number: "1", .boolean: "true",
            .null: "null",
        ]
        let readers: [(JSONKind, (JSONValue) throws(JSONError) -> Void)] = [
            (.object, { value throws(JSONError) in _ = try value.object([]) }),
            (.object, { value throws(JSONError) in _ = try value.anyObject() }),
            (.array, { value throws(JSONError) in _ = try value.array() }),
            (.array, { value throws(JSONError) in _ = try value.numbers(Float.self) }),
            (.string, { value throws(JSONError) in _ = try value.string() }),
            (.string, { value throws(JSONError) in _ = try value.base64(Float.self) }),
            (.number, { value throws(JSONError) in _ = try value.int() }),
            (.number, { value throws(JSONError) in _ = try value.double() }),
            (.boolean, { value throws(JSONError) in _ = try value.bool() }),
        ]
        for (found, text) in texts {
            let value = try document(#"{"a":[0,"# + text + "]}").root.anyObject().required("a")
                .array().map { $0 }[1]
            for (expected, read) in readers {
                guard expected != found else {
                    #expect(throws: Never.self) { try read(value) }
                    continue
                }
                let error = #expect(throws: JSONError.self) { try read(value) }
                #expect(error?.kind == .wrongType(expected: expected, found: found))
                #expect(error?.pointer == "/a/1")
                #expect(error?.detail == "expected \(expected.phrase), found \(found.phrase)")
            }
        }
    }

    @Test func pointsThroughKeysAndPositions() throws {
        let text = #"{"a/b":[10,{"m~n":[[],{"":[1,2.5,"x"]}]}],"é":{"~1":null},"n":-1,"0":[true]}"#
        let root = try document(text).root
        #expect(root.pointer == "")
        var pointers: [String] = []
        func collect(_ value: JSONValue) throws {
            pointers.append(value.pointer)
            if value.kind == .object {
                for (_, field) in try value.anyObject() { try collect(field) }
            }
            if value.kind == .array { for element in try value.array() { try collect(element) } }
        }
        try collect(root)
        #expect(
            pointers == [
                "", "/a~1b", "/a~1b/0", "/a~1b/1", "/a~1b/1/m~0n", "/a~1b/1/m~0n/0",
                "/a~1b/1/m~0n/1",
                "/a~1b/1/m~0n/1/", "/a~1b/1/m~0n/1//0", "/a~1b/1/m~0n/1//1", "/a~1b/1/m~0n/1//2",
                "/é",
                "/é/~01", "/n", "/0", "/0/0",
            ])
    }

    @Test func keepsItsDocumentAlive() throws {
        var values: [JSONValue] = []
        for number in 0..<40 { values.append(try document("[\(number)]").root) }
        #expect(
            try values.map { try $0.numbers(Double.self)[0] } == (0..<40).map(Double.init))
    }

    @Test func matchesStringsAsCases() throws {
        let values = try document(#"["relu","rel\u0075","relu6","",1,["relu"],null]"#).root.array()
        let found = values.map { value in
            switch value {
            case "relu": 1
            case "": 2
            default: 3
            }
        }
        #expect(found == [1, 1, 3, 2, 3, 3, 3])
    }
}
