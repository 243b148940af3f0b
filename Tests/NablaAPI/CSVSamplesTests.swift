import NablaNetworks
import Testing

@testable import NablaAPI

@Suite struct CSVSamplesTests {
    /// Gives a text in pieces of a size, as often as it is asked for.
    private func pieces(of text: String, _ size: Int) -> () -> CSVSamples.Pieces {
        let bytes = Array(text.utf8)
        return {
            var start = 0
            return { () throws(Problem) in
                defer { start += size }
                return Array(bytes[min(start, bytes.count)..<min(start + size, bytes.count)])
            }
        }
    }

    private func file(
        _ text: String, in size: Int, _ targets: [String] = ["t"], weight: String? = nil,
        rowBytes: Int = .max
    ) throws -> [UInt8] {
        let samples = try CSVSamples(
            targets: targets, weight: weight, rowBytes: rowBytes, text: pieces(of: text, size))
        var file = [UInt8](repeating: 0xFF, count: samples.byteCount)
        try samples.write { bytes, offset throws(Problem) in
            file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        return file
    }

    /// What the text in memory gives as a file, or its problem.
    private func whole(
        _ text: String, _ targets: [String] = ["t"], weight: String? = nil
    ) -> Result<[UInt8], Problem> {
        Result { () throws(Problem) in
            try Samples(csv: Array(text.utf8), targets: targets, weight: weight)
                .safetensors().bytes()
        }
    }

    @Test(arguments: [
        "a,t,b\n1,2,3\n4,5,6\n",
        "\u{FEFF}a,\"t\",\"b, \"\"c\"\"\",w\r\n1,2,3e-1,1\r\n\r\n-4,\"5\",.5,2",
        "a,t,w\n0.1,0.5,0\n0.25,1e300,3", "5\" pipe,t,\"w\"\n1,2,3\n\n\n\"\"\n4,5,6\n",
        "\"a\nb\",t,w\n1,2,0.1\n", "a,t,w\n1,2,0\n3,4,-1\n5,6,1\n", "a,t,w\n1,2,0\n", "t,w,a\n",
        "a,t\n1\n", "a,t\n1,2\n3,x\n", "a,t\n1,\"2\n", "a,t\n\"1\"x,2\n", "", "\u{FEFF}", "t\n1\n",
        "a,t\n1,inf\n", "a,t\n1, 2\n", "a,t\n0x1p3,1e999\n", "a,t\n1,2\n3,4\r\n\r\n5,6", "\"",
        "a,\"",
        "a,t,\u{FEFF}\n1,2,3\n",
    ])
    func theFileIsThatOfTheTextInMemoryHoweverItIsCut(_ text: String) throws {
        let weights: [String?] = text.contains("w") ? [nil, "w"] : [nil]
        for weight in weights {
            let expected = whole(text, weight: weight)
            for size in 1...max(text.utf8.count, 1) {
                let found = Result { try file(text, in: size, weight: weight) }
                switch (expected, found) {
                case (.success(let bytes), .success(let others)): #expect(bytes == others)
                case (.failure(let problem), .failure(let other)):
                    #expect(problem == other as? Problem)
                default: Issue.record("\(text) in \(size): \(expected) and \(found)")
                }
            }
        }
    }

    @Test func manyRowsOfManyColumnsAreOneFile() throws {
        let rows = (0..<3000).map { row in
            (0..<12).map { "\(Double(row * 12 + $0) / ($0 == 3 ? 7 : 8))" }.joined(separator: ",")
        }
        let header = (0..<12).map { "c\($0)" }.joined(separator: ",")
        let text = ([header] + rows).joined(separator: "\n")
        for targets in [["c3"], ["c11", "c0"]] {
            let expected = try whole(text, targets, weight: "c5").get()
            #expect(try file(text, in: 10_000, targets, weight: "c5") == expected)
        }
    }

    @Test func aRowHasABound() throws {
        let row = String(repeating: "1", count: 100) + ",2\n"
        let text = "a,t\n" + String(repeating: row, count: 10)
        #expect(try file(text, in: 10, rowBytes: 103) == whole(text).get())
        for long in ["a,t\n" + String(repeating: "1", count: 400), "\"" + text] {
            let problem = #expect(throws: Problem.self) { try file(long, in: 10, rowBytes: 103) }
            #expect(problem?.kind == .contentTooLarge)
            #expect(problem?.detail.contains("longer than 103 bytes") == true)
        }
    }

    @Test func whatTheTextsReaderThrowsIsThrown() {
        let gone = Problem(.unavailable, "the text is gone")
        var times = 0
        let text = pieces(of: "a,t\n1,2\n", 100)
        #expect(throws: gone) {
            let samples = try CSVSamples(targets: ["t"]) {
                times += 1
                return times == 1 ? text() : { () throws(Problem) in throw gone }
            }
            try samples.write { _, _ throws(Problem) in }
        }
        #expect(times == 2)
    }
}
