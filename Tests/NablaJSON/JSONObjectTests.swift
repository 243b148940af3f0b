import NablaJSON
import Testing

@Suite struct JSONObjectTests {
    @Test func findsFieldsByTheirDecodedNames() throws {
        let object = try document(
            #"{"a":1,"\u0062":2,"é":3,"":4,"a longer name than fits":5,"ab":6}"#
        )
        .root.anyObject()
        #expect(object.count == 6)
        for (name, value) in [
            ("a", 1), ("b", 2), ("é", 3), ("", 4), ("a longer name than fits", 5), ("ab", 6),
        ] as [(StaticString, Int)] {
            #expect(try object[name]?.int() == value)
            #expect(try object.required(name).int() == value)
        }
        #expect(object["c"] == nil)
        #expect(object["a longer name than fitz"] == nil)
    }

    @Test func comparesNamesByteForByte() throws {
        let object = try document("{\"e\u{301}\":1}").root.anyObject()
        #expect(object["\u{E9}"] == nil)
        #expect(object["e\u{301}"] != nil)
    }

    @Test func takesNullForAValue() throws {
        let object = try document(#"{"a":null}"#).root.object(["a", "b"])
        #expect(object["a"]?.isNull == true)
        #expect(object["b"] == nil)
    }

    @Test func givesItsFieldsInOrder() throws {
        let object = try document(#"{"b":{"x":[1,2]},"a":"t","c":3}"#).root.anyObject()
        #expect(object.map(\.key) == ["b", "a", "c"])
        #expect(object.map(\.value.kind) == [.object, .string, .number])
        #expect(try document("{}").root.anyObject().map(\.key) == [])
    }

    @Test func namesTheFieldThatIsMissing() throws {
        let object = try document(#"[{"a":1}]"#).root.array().map { $0 }[0].object(["a", "loss"])
        let error = #expect(throws: JSONError.self) { try object.required("loss") }
        #expect(error?.kind == .missingField(name: "loss"))
        #expect(error?.pointer == "/0")
        #expect(error?.detail == "the field \"loss\" is missing")
    }

    @Test func refusesUnknownFieldsAndSuggestsAName() throws {
        let known: [StaticString] = ["weights", "bias", "activation"]
        let root = try document(#"{"layers":[{"weights":[],"activaton":"relu"}]}"#).root
        let layer = try root.object(["layers"]).required("layers").array().map { $0 }[0]
        let error = #expect(throws: JSONError.self) { try layer.object(known) }
        #expect(error?.kind == .unknownField(known: known.map(\.description)))
        #expect(error?.pointer == "/layers/0/activaton")
        #expect(
            error?.detail
                == #"there is no field "activaton" here; did you mean "activation"? "#
                + #"The fields are "weights", "bias", "activation""#
        )
    }

    @Test func suggestsNothingThatIsFarOff() throws {
        let error = #expect(throws: JSONError.self) {
            try document(#"{"kernel":1}"#).root.object(["weights", "bias"])
        }
        #expect(
            error?.detail
                == "there is no field \"kernel\" here. The fields are \"weights\", \"bias\"")
        let none = #expect(throws: JSONError.self) { try document(#"{"a":1}"#).root.object([]) }
        #expect(none?.detail == "there is no field \"a\" here. The object has no fields")
    }

    @Test func shortensTheNameOfAnUnknownField() throws {
        let name = String(repeating: "x", count: 100_000)
        let error = #expect(throws: JSONError.self) {
            try document("{\"\(name)\":1}").root.object(["a"])
        }
        #expect((error?.detail.count ?? .max) < 200)
    }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#,
        #"{"b":{},"c":[1,2],"a":{"a":1},"a":1}"#,
    ])
    func refusesDuplicateKeys(_ text: String) throws {
        let root = try document(text).root
        for read in [{ try root.anyObject() }, { try root.object(["a", "b", "c"]) }] {
            let error = #expect(throws: JSONError.self) { try read() }
            #expect(error?.kind == .duplicateField(name: "a"))
            #expect(error?.pointer == "/a")
        }
    }

    @Test func refusesDuplicatesAmongManyKeysQuickly() throws {
        let keys = (0..<100_000).map { "\"k\($0)\":0" }
        let distinct = try document("{\(keys.joined(separator: ","))}").root.anyObject()
        #expect(distinct.count == 100_000)
        let error = #expect(throws: JSONError.self) {
            try document("{\((keys + ["\"k7\":1"]).joined(separator: ","))}").root.anyObject()
        }
        #expect(error?.kind == .duplicateField(name: "k7"))
    }

    /// All of a name's bytes count, wherever they are and however long it is.
    @Test(arguments: names.enumerated().map { ($1, $0) })
    func tellsNamesApartByEachByte(_ name: StaticString, _ count: Int) throws {
        let bytes = name.withUTF8Buffer { Array($0) }
        try #require(bytes.count == count)
        #expect(try document("{\"\(name)\":1}").root.anyObject()[name] != nil)
        for index in 0..<count {
            var other = bytes
            other[index] = UInt8(ascii: "x")
            let key = String(decoding: other, as: UTF8.self)
            let object = try document("{\"\(key)\":1}").root.anyObject()
            #expect(object[name] == nil, "byte \(index)")
            #expect(throws: JSONError.self) { try object.value.object([name]) }
        }
    }

    @Test func findsFieldsWithoutTakingTheObject() throws {
        let root = try document(#"{"a":{"run":1},"b":[{"run":1}],"c":"run","run":1,"run":2}"#).root
        #expect(root.hasField("run"))
        #expect(!root.hasField("ran"))
        let values = try document(#"[{"a":{"run":1}},[{"run":1}],"run",null,{}]"#).root.array()
        #expect(values.map { $0.hasField("run") } == [false, false, false, false, false])
        #expect(values.map(\.isObject) == [true, false, false, false, true])
        #expect(values.map(\.isString) == [false, false, true, false, false])
    }

    @Test func refusesDuplicatesBeforeUnknownFields() throws {
        let error = #expect(throws: JSONError.self) {
            try document(#"{"x":1,"b":2,"b":3}"#).root.object(["a", "b"])
        }
        #expect(error?.kind == .duplicateField(name: "b"))
        let unknown = #expect(throws: JSONError.self) {
            try document(#"{"x":1,"x":2}"#).root.object(["a", "b"])
        }
        #expect(unknown?.kind == .duplicateField(name: "x"))
        #expect(unknown?.pointer == "/x")
    }

    @Test func takesAnyOfManyKnownFields() throws {
        let known = Self.names + Self.names + ["last"]
        let object = try document(#"{"last":1,"abc":2}"#).root.object(known)
        #expect(try object["last"]?.int() == 1)
        #expect(try object["abc"]?.int() == 2)
        let error = #expect(throws: JSONError.self) {
            try document(#"{"last":1,"abc":2,"last":1}"#).root.object(known)
        }
        #expect(error?.kind == .duplicateField(name: "last"))
    }

    static let names: [StaticString] = [
        "", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefghi",
        "abcdefghij", "abcdefghijk", "abcdefghijkl", "abcdefghijklm", "abcdefghijklmn",
        "abcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnopq", "abcdefghijklmnopqr",
        "abcdefghijklmnopqrs", "abcdefghijklmnopqrst", "abcdefghijklmnopqrstu",
        "abcdefghijklmnopqrstuv", "abcdefghijklmnopqrstuvw", "abcdefghijklmnopqrstuvwa",
        "abcdefghijklmnopqrstuvwab", "abcdefghijklmnopqrstuvwabc", "abcdefghijklmnopqrstuvwabcd",
        "abcdefghijklmnopqrstuvwabcde", "abcdefghijklmnopqrstuvwabcdef",
        "abcdefghijklmnopqrstuvwabcdefg", "abcdefghijklmnopqrstuvwabcdefgh",
        "abcdefghijklmnopqrstuvwabcdefghi", "abcdefghijklmnopqrstuvwabcdefghij",
    ]
}
