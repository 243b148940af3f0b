import NablaGzip
import Testing

@Suite struct GzipReaderTests {
    /// Text in which little repeats, and some does.
    private static let text = Array((0..<40_000).map { "\($0 * 7919 % 10_007)," }.joined().utf8)

    private func inflate(
        _ bytes: [UInt8], in size: Int, limit: Int = .max
    ) throws(GzipError) -> [UInt8] {
        var reader = try GzipReader(limit: limit)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let end = min(bytes.count, start + size)
            try reader.inflate(Array(bytes[start..<end])) { result += $0 }
        }
        try reader.finish()
        return result
    }

    @Test func givesWhatWasCompressedHoweverItArrives() throws {
        let compressed = try #require(Gzip.compressed(Self.text))
        for size in [1, 2, 7, 1000, 65_536, compressed.count] {
            #expect(try inflate(compressed, in: size) == Self.text)
        }
        // Several members, one of nothing.
        let empty = try #require(Gzip.compressed([]))
        let short = try #require(Gzip.compressed([1, 2]))
        for size in 1...short.count * 2 {
            #expect(try inflate(short + empty + short, in: size) == [1, 2, 1, 2])
        }
    }

    @Test func nothingBeyondTheLimitIsInflated() throws {
        let zeros = try #require(Gzip.compressed([UInt8](repeating: 0, count: 1_000_000)))
        for size in [1, 100, zeros.count] {
            #expect(try inflate(zeros, in: size, limit: 1_000_000).count == 1_000_000)
            for limit in [0, 1, 65_535, 65_536, 999_999] {
                #expect(throws: GzipError.tooLarge) {
                    try inflate(zeros, in: size, limit: limit)
                }
            }
        }
    }

    @Test func whatIsDamagedOrCutIsRefused() throws {
        let whole = try #require(Gzip.compressed(Array("nabla".utf8)))
        for count in 0..<whole.count {
            #expect(throws: GzipError.truncated) { try inflate(Array(whole[..<count]), in: 3) }
        }
        for index in [0, whole.count - 8] {
            var damaged = whole
            damaged[index] ^= 1
            #expect(throws: GzipError.malformed) { try inflate(damaged, in: 3) }
        }
        #expect(throws: GzipError.malformed) { try inflate(whole + [7, 7], in: 3) }
    }
}
