import NablaNetworks
import Testing

@testable import NablaAPI

@Suite struct SamplesFileTests {
    /// Gives a text in pieces of a size, as often as it is asked for.
    private func pieces(of text: String, _ size: Int) -> () -> SamplesFile.Pieces {
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
        try written(
            SamplesFile(
                csvWithTargets: targets, weight: weight, rowBytes: rowBytes,
                text: pieces(of: text, size)))
    }

    private func written(_ samples: SamplesFile) throws -> [UInt8] {
        var file = [UInt8](repeating: 0xFF, count: samples.byteCount)
        try samples.write { bytes, offset throws(Problem) in
            file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        return file
    }

    private func file(
        safetensors bytes: [UInt8], headerBytes: Int = .max
    ) throws -> [UInt8] {
        try written(
            SamplesFile(safetensorsOf: bytes.count, headerBytes: headerBytes) {
                offset, most throws(Problem) in
                Array(bytes[min(offset, bytes.count)..<min(offset + most, bytes.count)])
            })
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
        for (long, size) in [
            (text, 10), (text, 10_000), ("\"" + text, 10),
            ("a,t\n" + String(repeating: "1", count: 400), 10),
        ] {
            let problem = #expect(throws: Problem.self) { try file(long, in: size, rowBytes: 102) }
            #expect(problem?.kind == .contentTooLarge)
            #expect(problem?.detail.contains("longer than 102 bytes") == true)
        }
    }

    /// Files of all kinds of numbers, of float32 and of float64 that need it or don't, and of wrong shapes.
    private static func files(samples count: Int) throws -> [Safetensors] {
        let wide = (0..<count).map { Double($0) / 7 }
        let narrow = (0..<count).map { Double($0) / 8 }
        let floats = (0..<count).map { Float($0) / 7 }
        let inputs = try [
            Tensor(wide, shape: [count, 1]), Tensor(narrow + narrow, shape: [count, 2]),
            Tensor(floats, shape: [count, 1]), Tensor([1.0]), Tensor([Double](), shape: [0, 2]),
        ]
        let targets = try [
            Tensor(floats), Tensor(narrow, shape: [count, 1]), Tensor(wide), Tensor([Double]()),
        ]
        let weights: [Tensor?] = [
            nil, Tensor(wide), Tensor(floats), Tensor(narrow.map { $0 * 0 }), Tensor([-1.0]),
            Tensor(floats.map { $0 < 5 ? $0 : -1 }), Tensor(wide.map { 5 - $0 }),
        ]
        var files: [Safetensors] = []
        for input in inputs {
            for target in targets {
                for weight in weights {
                    let last = weight.map { [(name: "weights", tensor: $0)] } ?? []
                    files.append(
                        Safetensors(
                            last + [("targets", target), ("inputs", input)],
                            metadata: ["from": "elsewhere"]))
                }
            }
        }
        files.append(Safetensors([("inputs", inputs[0])]))
        files.append(
            Safetensors([("inputs", inputs[0]), ("targets", targets[0]), ("more", inputs[0])]))
        return files
    }

    @Test func theFileOfAnotherFileIsThatOfItsSamples() throws {
        var (good, bad) = (0, 0)
        // Of many samples, some that are read in several pieces.
        for source in try Self.files(samples: 50) + Self.files(samples: 20_000).prefix(12) {
            let bytes = source.bytes()
            let expected = Result { () throws(Problem) in
                try Samples(Safetensors(parsing: bytes)).safetensors().bytes()
            }
            let found = Result { try file(safetensors: bytes) }
            switch (expected, found) {
            case (.success(let bytes), .success(let others)):
                #expect(bytes == others)
                good += 1
            case (.failure(let problem), .failure(let other)):
                #expect(problem == other as? Problem)
                bad += 1
            default: Issue.record("\(source.tensors.map(\.tensor.shape)): \(found)")
            }
        }
        #expect(good > 20 && bad > 20)
    }

    @Test func whatIsNoNumberIsRefusedAsInMemory() throws {
        // Behind the first piece that is read of a file.
        let (count, place) = (20_000, 17_000)
        for name in ["inputs", "targets", "weights"] {
            for bad in [Double.nan, .infinity, -.infinity] {
                func numbers(_ own: String) -> [Double] {
                    (0..<count).map { name == own && $0 == place ? bad : Double($0 % 8) / 8 }
                }
                for narrow in [false, true] {
                    func tensor(_ own: String, _ shape: Shape) throws -> Tensor {
                        let tensor = try Tensor(numbers(own), shape: shape)
                        return narrow ? tensor.converted(to: .float32) : tensor
                    }
                    let bytes = try Safetensors([
                        ("inputs", tensor("inputs", [count, 1])),
                        ("targets", tensor("targets", [count])),
                        ("weights", tensor("weights", [count])),
                    ]).bytes()
                    let problem = #expect(throws: Problem.self) {
                        try Samples(Safetensors(parsing: bytes))
                    }
                    #expect(problem?.kind == .outOfRange)
                    #expect(
                        problem?.detail
                            == "the tensor \(name) has NaN or infinity as its number \(place + 1)")
                    let other = #expect(throws: Problem.self) { try file(safetensors: bytes) }
                    #expect(other == problem)
                }
            }
        }
    }

    @Test func aFileThatIsCutIsRefusedAsInMemory() throws {
        let bytes = try Samples(
            inputs: Tensor([1.0, 2], shape: [2, 1]), targets: Tensor([3.0, 4])
        )
        .safetensors().bytes()
        for count in 0..<bytes.count {
            let part = Array(bytes[..<count])
            let expected = #expect(throws: Problem.self) { try Safetensors(parsing: part) }
            #expect(throws: expected ?? Problem(.internalError, "")) {
                try file(safetensors: part)
            }
        }
        #expect(try file(safetensors: bytes) == bytes)
        let length = Int(bytes[0])
        #expect(try file(safetensors: bytes, headerBytes: length) == bytes)
        let problem = #expect(throws: Problem.self) {
            try file(safetensors: bytes, headerBytes: length - 1)
        }
        #expect(problem?.kind == .contentTooLarge)
    }

    @Test func whatTheTextsReaderThrowsIsThrown() {
        let gone = Problem(.unavailable, "the text is gone")
        var times = 0
        let text = pieces(of: "a,t\n1,2\n", 100)
        #expect(throws: gone) {
            let samples = try SamplesFile(csvWithTargets: ["t"]) {
                times += 1
                return times == 1 ? text() : { () throws(Problem) in throw gone }
            }
            try samples.write { _, _ throws(Problem) in }
        }
        #expect(times == 2)
    }
}
