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
        ] {
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
        let known = ["weights", "bias", "activation"]
        let root = try document(#"{"layers":[{"weights":[],"activaton":"relu"}]}"#).root
        let layer = try root.object(["layers"]).required("layers").array().map { $0 }[0]
        let error = #expect(throws: JSONError.self) { try layer.object(known) }
        #expect(error?.kind == .unknownField(known: known))
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
}
