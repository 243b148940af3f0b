import Dispatch
import NablaJSON
import Synchronization
import Testing

@Suite struct JSONDocumentTests {
    @Test(arguments: goodTexts)
    func readsWhatTheStandardHas(_ text: String) throws {
        #expect(throws: Never.self) { try document(text) }
        // The same wherever it stands, and with and without room behind it.
        #expect(try document("[\(text)]").root.array().count == 1)
        #expect(throws: Never.self) { try document("{\"a\":[0,\(text) , \"b\"]}") }
        var roomy = Array(text.utf8)
        roomy.reserveCapacity(roomy.count + 64)
        #expect(throws: Never.self) { try JSONDocument(parsing: roomy) }
        // The scanner reads it too, and stops only at what's behind it.
        #expect(syntaxOffset(Array("\(text) x".utf8)) == text.utf8.count + 1)
    }

    @Test(arguments: badTexts)
    func refusesWhatTheStandardDoesNotHaveAndSaysWhere(_ text: String, _ offset: Int) {
        #expect(syntaxOffset(Array(text.utf8)) == offset)
        // The offset moves with the text.
        #expect(syntaxOffset(Array((" \n\t\r" + text).utf8)) == offset + 4)
    }

    @Test(arguments: badBytes)
    func refusesWhatIsNotUTF8AndSaysWhere(_ bytes: [UInt8], _ offset: Int) {
        #expect(syntaxOffset(bytes) == offset)
    }

    @Test func refusesEveryTruncatedPrefixAtItsEnd() throws {
        let text =
            #"{"é\n😀\ud83d\ude00":[1.5e-3,[true,false,null,{"a":-0.25}],"x"],"b":{"c":[],"d":{}}}"#
        let bytes = Array(text.utf8)
        #expect(throws: Never.self) { try JSONDocument(parsing: bytes) }
        for count in 0..<bytes.count {
            let offset = try #require(syntaxOffset(Array(bytes[..<count])), "\(count) bytes")
            // A multibyte character that was cut is wrong from its first byte on.
            let start = bytes[..<count].lastIndex { $0 < 0x80 || $0 >= 0xC0 } ?? 0
            let isCut = count > 0 && bytes[start] >= 0xC0 && bytes[count] & 0xC0 == 0x80
            #expect(offset == (isCut ? start : count), "\(count) bytes")
        }
    }

    @Test func saysWhatShouldStandThere() {
        let expected = [
            ("[1 2]", "at byte 3 there is '2' where a comma or ] should be"),
            ("{\"a\" 1}", "at byte 5 there is '1' where a colon after the key should be"),
            ("[1,", "at byte 3 the text ends where a value should be"),
            ("{a:1}", "at byte 1 there is 'a' where a key in quotes or } should be"),
            (
                "\"\n\"",
                "at byte 1 there is the byte 0xA where a control character's escape should be"
            ),
            (
                "01",
                "at byte 1 there is '1' where the end of the number 0 should be"
            ),
            ("1 x", "at byte 2 there is 'x' where nothing more after the value should be"),
        ]
        for (text, detail) in expected {
            let error = #expect(throws: JSONError.self) { try document(text) }
            #expect(error?.detail == detail)
            #expect(error?.pointer == nil)
        }
    }

    @Test(arguments: [
        "1e400", "-1e309", "1.8e308", "1e99999999999999999999", String(repeating: "9", count: 400),
    ])
    func refusesANumberBeyondFloat64AndSaysWhere(_ text: String) {
        let error = #expect(throws: JSONError.self) { try document("[0, \(text)]") }
        #expect(error?.kind == .numberTooLarge(offset: 4))
    }

    @Test func readsWholeNumbersBeyond64BitsAsFloat64() throws {
        let text =
            "[18446744073709551616,-9223372036854775809,100000000000000000000,5,"
            + "12345678901234567890123456789]"
        let (shape, values) = try document(text).root.shaped(Double.self)
        #expect(shape == [5])
        #expect(values == [0x1p64, -0x1p63, 1e20, 5, 1.2345678901234568e28])
    }

    @Test func readsAsDeepAsTheLimitSays() throws {
        for depth in [1, 2, 3, 64, 500] {
            let limits = JSONLimits(maximumDepth: depth)
            let fits =
                String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
            #expect(throws: Never.self) { try document(fits, limits) }
            let error = #expect(throws: JSONError.self) { try document("[\(fits)]", limits) }
            #expect(error?.kind == .tooDeep(offset: depth))
            let object = #expect(throws: JSONError.self) {
                try document(#"{"a":"# + fits + "}", limits)
            }
            #expect(object?.kind == .tooDeep(offset: depth + 4))
        }
        #expect(JSONLimits().maximumDepth == 64)
        let bomb = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: bomb) }
        #expect(error?.kind == .tooDeep(offset: 64))
    }

    @Test func refusesATextLongerThanTheLimit() {
        let error = #expect(throws: JSONError.self) {
            try document("[1,2,3]", JSONLimits(maximumByteCount: 6))
        }
        #expect(error?.kind == .tooLarge)
        #expect(throws: Never.self) { try document("[1,2,3]", JSONLimits(maximumByteCount: 7)) }
    }

    /// simdjson and the scanner are independent: where one accepts what the other refuses, one is
    /// wrong.
    @Test func agreesWithTheScannerOnMutatedTexts() throws {
        let good = Array(
            #"{"weights":[[0.25,-1.5e-3],[1,0]],"name":"é\u00e9\n","on":true,"off":[false,null]}"#
                .utf8)
        let palette = Array("{}[]\",:\\u0-1.eE+tfn \n\u{1}é".utf8) + [0xFF, 0xED, 0xA0]
        var generator = SplitMix(state: 5)
        var (accepted, refused) = (0, 0)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0...(generator.next() % 3) {
                let place = Int(generator.next() % UInt64(bytes.count))
                let byte = palette[Int(generator.next() % UInt64(palette.count))]
                switch generator.next() % 3 {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                default: bytes.remove(at: place)
                }
            }
            do {
                let document = try JSONDocument(parsing: bytes)
                // With more behind it, the scanner has to come past all that simdjson accepted.
                #expect(syntaxOffset(bytes + Array(" x".utf8)) == bytes.count + 1, "\(bytes)")
                try document.root.readAll()
                accepted += 1
            } catch {
                refused += 1
                guard case .syntax(let offset) = error.kind else {
                    #expect(isValueError(error), "\(error): \(bytes)")
                    continue
                }
                // The scanner refuses it at the same place whatever comes behind.
                #expect(offset == bytes.count || syntaxOffset(bytes + [0x78]) == offset, "\(bytes)")
            }
        }
        #expect(accepted > 1_000 && refused > 1_000, "\(accepted) \(refused)")
    }

    @Test func parsesOnManyThreadsAtOnce() {
        let results = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 64) { thread in
            var sum = 0
            for round in 0..<50 {
                let count = round % 10 == 0 ? 70_000 : 10
                let numbers = (0..<count).map { _ in "\(thread)" }.joined(separator: ",")
                let limits = JSONLimits(maximumDepth: round % 2 == 0 ? 64 : 8)
                let values = try? document("[\(numbers)]", limits).root.numbers(Double.self)
                sum +=
                    values.map { $0.count == count && $0.allSatisfy { $0 == Double(thread) } }
                        == true ? 1 : 0
            }
            results.wrappingAdd(sum, ordering: .relaxed)
        }
        #expect(results.load(ordering: .relaxed) == 64 * 50)
    }

    @Test func readsLongAndShortTextsInTurn() throws {
        let long = "[" + String(repeating: "1,", count: 200_000) + "1]"
        for _ in 0..<2 {
            let both = [try document(long), try document(long)]
            for number in 0..<600 {
                #expect(
                    try document("[\(number)]").root.numbers(Float.self) == [Float(number)])
            }
            for document in both {
                let values = try document.root.numbers(Float.self)
                #expect(values == [Float](repeating: 1, count: 200_001))
            }
        }
    }

    private func isValueError(_ error: JSONError) -> Bool {
        switch error.kind {
        case .duplicateField, .numberTooLarge: true
        default: false
        }
    }
}

func document(_ text: String, _ limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONDocument
{
    try JSONDocument(parsing: Array(text.utf8), limits: limits)
}

extension JSONValue {
    /// Reads every value in it.
    func readAll() throws(JSONError) {
        switch kind {
        case .object: for (_, field) in try anyObject() { try field.readAll() }
        case .array: for element in try array() { try element.readAll() }
        case .string: _ = try string()
        case .number: _ = try double()
        case .boolean: _ = try bool()
        case .null: #expect(isNull)
        }
    }

    /// The lengths and the numbers of a nested array.
    func shaped<N: JSONNumber>(_ type: N.Type) throws -> (shape: [Int], values: [N]) {
        (Array(try lengths), try numbers(type))
    }
}

/// The offset at which the text is refused, or nil when it isn't refused for its syntax.
func syntaxOffset(_ bytes: [UInt8]) -> Int? {
    do {
        _ = try JSONDocument(parsing: bytes)
        return nil
    } catch {
        guard case .syntax(let offset) = error.kind else { return nil }
        return offset
    }
}
