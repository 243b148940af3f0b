import Dispatch
import NablaJSON
import Synchronization
import Testing

/// Large arrays that are read straight from the text, against the same read by way of a document.
@Suite struct NumberRegionTests {
    /// Each part on whichever thread takes it.
    private static let threads = PartRunner(threads: 4) { count, part in
        DispatchQueue.concurrentPerform(iterations: count, execute: part)
    }
    /// The last part first.
    private static let backwards = PartRunner(threads: 2) { count, part in
        for index in (0..<count).reversed() { part(index) }
    }

    /// What a reader gets of a text with an array under `a` and a name under `b`.
    private func outcome(_ text: [UInt8], limits: JSONLimits, apart runner: PartRunner?) throws
        -> [String]
    {
        func read(_ root: JSONValue) throws -> [String] {
            let object = try root.object(["a", "b", "c"])
            let wide = try object.required("a").shaped(Double.self)
            let narrow = Result { try object.required("a").numbers(Float.self) }
            let more = try object["c"].map { try $0.array().map { try $0.double() } }
            return try [
                object.required("b").string(), "\(wide.shape)",
                "\(wide.values.map(\.bitPattern))", "\(narrow.get().map(\.bitPattern))",
                "\(more ?? [])",
            ]
        }
        guard let runner else {
            return try read(JSONDocument(parsing: text, limits: limits).root)
        }
        return try JSONDocument.read(text, limits: limits, sharing: runner, read)
    }

    private func expectSame(
        _ text: String, limits: JSONLimits = JSONLimits(),
        _ location: SourceLocation = #_sourceLocation
    ) {
        let bytes = Array(text.utf8)
        expectSame(location) { try outcome(bytes, limits: limits, apart: $0) }
    }

    /// Expects the outcome of reading by way of a document, which is that without a runner, of all runners.
    private func expectSame(
        _ location: SourceLocation, _ outcome: (PartRunner?) throws -> [String]
    ) {
        let whole = Result { try outcome(nil) }
        for runner in [PartRunner.serial, Self.threads, Self.backwards] {
            let apart = Result { try outcome(runner) }
            switch (whole, apart) {
            case (.success(let whole), .success(let apart)):
                #expect(whole == apart, sourceLocation: location)
            case (.failure(let whole as JSONError), .failure(let apart as JSONError)):
                #expect(whole == apart, sourceLocation: location)
            default: Issue.record("\(whole) and \(apart) differ", sourceLocation: location)
            }
        }
    }

    /// Many numbers, in texts of all the forms that a float64 is written in.
    private func texts(_ count: Int, seed: UInt64) -> [String] {
        var generator = SplitMix(state: seed)
        return (0..<count).map { index in
            let bits = generator.next()
            let value = Double(bitPattern: bits >> 2 | 0x2F00_0000_0000_0000)
            let unit = Double(bits >> 11) / 0x1p53
            return switch index % 9 {
            case 0: "\(unit)"
            case 1: "\(-unit / 1000)"
            case 2: "\(Int64(bitPattern: bits) >> 8)"
            case 3: "\(value < 1e38 ? value : unit)"
            case 4: "\(Float(unit))E+0\(index % 3)"
            case 5: "\(unit)123456789"
            case 6: "-0"
            case 7: "-0.0"
            default: "\(index).5e-1"
            }
        }
    }

    private func nested(_ texts: [String], _ shape: [Int], space: String = "") -> String {
        var rows = texts
        for length in shape.reversed() {
            rows = stride(from: 0, to: rows.count, by: length).map {
                "[" + space + rows[$0..<$0 + length].joined(separator: space + "," + space) + space
                    + "]"
            }
        }
        return rows[0]
    }

    @Test(arguments: [
        [30_000], [3, 10_000], [10_000, 3], [30_000, 1], [1, 30_000], [50, 20, 30],
        [5, 6, 1, 10, 100], [1, 1, 1, 1, 1, 1, 1, 30_000], [1, 1, 1, 1, 1, 1, 1, 1, 30_000],
    ])
    func readsWhatADocumentReads(_ shape: [Int]) {
        let numbers = nested(texts(30_000, seed: 5), shape)
        expectSame("{\"a\":\(numbers),\"b\":\"x\"}")
        expectSame("{\"b\":\"[[1,\\\"\\\\\",\"a\":\(numbers),\"c\":[1,[2]]}")
        expectSame("{\"c\":[1,2],\"b\":\"]\",\"a\":\(numbers)}")
    }

    @Test func readsSpaceWhereverItMayBe() {
        let numbers = nested(texts(12_000, seed: 6), [40, 300], space: " \n\t\r ")
        expectSame(" {\"a\" : \(numbers) , \"b\":\"x\" } ")
    }

    @Test func refusesWhatADocumentRefuses() {
        let count = 12_000
        let texts = texts(count, seed: 7)
        for wrong in [
            "", "01", "-", "+1", "1.", ".5", "1e", "1e+", "--1", "1.5.5", "NaN", "null", "true",
            "\"a\"", "{}", "[]", "[1]", "1 2", "1,", "]", "[", "1e999", "1e400", "-1e309", "1e-400",
            "0e999999", "1e39", "3.4028235677973366e38", "1e00001",
            "123456789012345678901234567890",
            "18446744073709551615", "9223372036854775807", "16777217.0", "7.038531e-26", "é",
            "\u{0}",
            "0x10", "0.00000000000000000000000000000012345678901234567890123456789", "1f",
            "0.12345678.", "0.12345678-", "0.12345678e", "0.12345678e+", "0.12345678x",
            "-0.12345678e999",
            "0.12345678e39", "00.12345678", "0.12345678 1", "0.12345678e00001",
            "0.123456789012345678901e-400",
            "1\u{0C}",
        ] {
            for place in [0, 1, 299, 300, 7_654, count - 1] {
                var changed = texts
                changed[place] = wrong
                expectSame("{\"a\":\(nested(changed, [40, 300])),\"b\":\"x\"}")
            }
        }
    }

    @Test func refusesRowsThatDiffer() {
        let texts = texts(24_000, seed: 8)
        let row = nested(Array(texts[..<300]), [300])
        for other in [
            nested(Array(texts[..<299]), [299]), nested(Array(texts[..<301]), [301]), "1", "[]",
            "[" + row + "]", nested(Array(texts[..<300]), [2, 150]),
        ] {
            for place in [0, 1, 40, 79] {
                var rows = [String](repeating: row, count: 80)
                rows[place] = other
                expectSame("{\"a\":[\(rows.joined(separator: ","))],\"b\":\"x\"}")
            }
        }
    }

    @Test func refusesTheRestAsADocumentDoes() {
        let numbers = nested(texts(9000, seed: 9), [30, 300])
        for text in [
            "{\"a\":\(numbers),\"b\":1}", "{\"a\":\(numbers)}", "{\"a\":\(numbers),\"b\":\"x\"",
            "{\"a\":\(numbers),\"a\":\(numbers),\"b\":\"x\"}", "{\"a\":\(numbers),\"b\":\"x}",
            "{\"a\":\(numbers)],\"b\":\"x\"}", "{\"a\":\(numbers) 1,\"b\":\"x\"}",
            "{\"d\":\(numbers),\"a\":[1],\"b\":\"x\"}", "{\"c\":\(numbers),\"a\":[1],\"b\":\"x\"}",
            "{\"a\":[\"x\",\(numbers)],\"b\":\"x\"}", "{\"a\":[{},\(numbers)],\"b\":\"x\"}",
            "[\(numbers),\(numbers)]", numbers, "\(numbers)\(numbers)",
            "{\"a\":\(numbers.dropLast()),\"b\":\"x\"}", "{\"a\":[\(numbers),\"b\":\"x\"}",
        ] { expectSame(text) }
    }

    @Test(arguments: 1...4)
    func countsTheDepthOfWhatItReadsApart(_ depth: Int) {
        let numbers = nested(texts(9000, seed: 10), [30, 300])
        expectSame("{\"a\":\(numbers),\"b\":\"x\"}", limits: JSONLimits(maximumDepth: depth))
    }

    @Test func checksWhatNobodyReads() throws {
        let numbers = nested(texts(9000, seed: 11), [30, 300])
        for (inner, isFine) in [(numbers, true), ("[01," + numbers.dropFirst(), false)] {
            let text = Array("{\"a\":\(inner)}".utf8)
            let read = Result {
                try JSONDocument.read(text) { try $0.anyObject().count }
            }
            #expect((try? read.get()) == (isFine ? 1 : nil))
        }
    }

    /// What a reader gets of a text with packed numbers under `a`, `b` and `c`, the last a name as well.
    private func packed(_ text: [UInt8], apart runner: PartRunner?) throws -> [String] {
        func read(_ root: JSONValue) throws -> [String] {
            let object = try root.object(["a", "b", "c", "d"])
            let wide = try object.required("a").base64(Double.self)
            let narrow = try object["b"].map { try $0.base64(Float.self) }
            let name = try object["c"].map { try $0.string() }
            let rows = try object["d"].map { try $0.numbers(Double.self) }
            return [
                "\(wide.map(\.bitPattern))", "\(narrow?.map(\.bitPattern) ?? [])", name ?? "none",
                "\(rows ?? [])",
            ]
        }
        guard let runner else { return try read(JSONDocument(parsing: text).root) }
        return try JSONDocument.read(text, sharing: runner, read)
    }

    private func expectSamePacked(
        _ text: String, isFine: Bool, _ location: SourceLocation = #_sourceLocation
    ) {
        let bytes = Array(text.utf8)
        #expect(((try? packed(bytes, apart: nil)) != nil) == isFine, sourceLocation: location)
        expectSame(location) { try packed(bytes, apart: $0) }
    }

    private func base64<N: JSONNumber>(_ values: [N]) -> String {
        var writer = JSONWriter()
        writer.base64(values)
        return String(decoding: writer.finish(), as: UTF8.self)
    }

    @Test("reads packed numbers as a document does", arguments: [4_000, 12_288, 24_577, 60_000])
    func packedNumbers(_ count: Int) {
        var generator = SplitMix(state: 14)
        let wide = (0..<count).map { _ in
            Double(bitPattern: generator.next() & 0xBFFF_FFFF_FFFF_FFFF)
        }
        let narrow = wide.map { Float(bitPattern: UInt32($0.bitPattern >> 33) & 0x3FFF_FFFF) }
        let (a, b) = (base64(wide), base64(narrow))
        let rows = nested(texts(9000, seed: 15), [30, 300])
        expectSamePacked("{\"a\":\(a),\"b\":\(b)}", isFine: true)
        expectSamePacked("{\"c\":\"x\\\"\", \"b\":\(b) ,\"d\":\(rows),\"a\":\(a)}", isFine: true)
        // Long strings that are something else, a name, a number, a key, or said twice.
        expectSamePacked("{\"a\":\(a),\"c\":\(b)}", isFine: true)
        expectSamePacked("{\"a\":\(a),\"d\":\(b)}", isFine: false)
        expectSamePacked("{\"a\":\(a),\(b):1}", isFine: false)
        expectSamePacked("{\"a\":\(a),\"a\":\(a)}", isFine: false)
        expectSamePacked("{\"b\":\(b),\"c\":\(b)}", isFine: false)
        expectSamePacked("{\"a\":\(a),\"b\":\(b)", isFine: false)
        expectSamePacked("[\(a),\(b)]", isFine: false)
    }

    @Test func readsPackedNumbersInParts() throws {
        let parts = Mutex<[Int]>([])
        let runner = PartRunner(threads: 2) { count, part in
            parts.withLock { $0.append(count) }
            (0..<count).forEach(part)
        }
        let text = base64((0..<40_000).map { Double($0) / 7 })
        // Something of all that a request has around it.
        let request =
            "{\"a\":[{\"t\":\"x\",\"w\":{\"s\":[2,3],\"b\":\(text)}},{\"b\":\(text)}],\"c\":[1]}"
        let sums = try JSONDocument.read(Array(request.utf8), sharing: runner) { root in
            try root.object(["a", "c"]).required("a").array().map { layer in
                let layer = try layer.object(["t", "w", "b"])
                let packed = try layer["w"].map { try $0.object(["s", "b"]).required("b") }
                return try (packed ?? layer.required("b")).base64(Double.self).reduce(0, +)
            }
        }
        #expect(sums.count == 2 && sums[0] == sums[1] && sums[0] > 1e8)
        #expect(parts.withLock { $0 } == [4, 4])
    }

    @Test func refusesPackedNumbersAsADocumentDoes() {
        let values = (0..<40_000).map { Double($0) / 7 }
        let text = base64(values)
        for wrong in [
            "=", "-", "\\n", "\\u0041", "\n", "é", "\u{0}", " ", "AA", "\\\"", "", "//////////8/",
        ] {
            for place in [
                1, 40, 131_072, 131_073, 131_074, 200_000, text.count - 9, text.count - 1,
            ] {
                let start = text.index(text.startIndex, offsetBy: place)
                let end = text.index(start, offsetBy: 1, limitedBy: text.endIndex) ?? start
                var changed = text
                changed.replaceSubrange(start..<end, with: wrong)
                let isFine = wrong == "\\u0041" && place < text.count - 1
                if place == text.count - 1, wrong.isEmpty || wrong == " " { continue }
                expectSamePacked("{\"a\":\(changed),\"c\":\"x\"}", isFine: isFine)
            }
        }
        for (place, value) in [
            (0, Double.nan), (12_287, .infinity), (12_288, -.infinity), (39_999, .nan),
        ] {
            var changed = values
            changed[place] = value
            expectSamePacked("{\"a\":\(base64(changed))}", isFine: false)
        }
        expectSamePacked("{\"a\":\(base64(values.map { Float($0) }.dropLast()))}", isFine: false)
    }

    @Test func isReadWithoutSpareCapacity() throws {
        let numbers = nested(texts(9000, seed: 12), [9000])
        let values = try JSONDocument.read(Array(numbers.utf8)) { try $0.numbers(Double.self) }
        #expect(values.count == 9000)
    }
}

/// Many numbers, written in parts, against the same written one after the other.
@Suite struct NumberPartsTests {
    @Test(arguments: [
        [40_000], [1, 40_000], [40_000, 1], [5, 8000], [8192, 5], [100, 20, 20], [16_384],
        [3, 1, 50_000], [16_383],
    ])
    func areWrittenAsTheWhole(_ shape: [Int]) {
        var generator = SplitMix(state: 13)
        let values = (0..<shape.reduce(1, *)).map { _ in Double(bitPattern: generator.next()) }
        func text<N: JSONNumber>(_ values: [N], _ runner: PartRunner) -> [UInt8] {
            var writer = JSONWriter(sharing: runner)
            writer.beginArray()
            writer.numbers(values, shape: shape)
            writer.numbers(values.prefix(2), shape: [2])
            writer.endArray()
            return writer.finish()
        }
        let threads = PartRunner(threads: 4) { count, part in
            DispatchQueue.concurrentPerform(iterations: count, execute: part)
        }
        #expect(text(values, threads) == text(values, .serial))
        #expect(text(values.map { Float($0) }, threads) == text(values.map { Float($0) }, .serial))
    }
}
