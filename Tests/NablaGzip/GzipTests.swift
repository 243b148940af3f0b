import Testing

import NablaGzip

@Suite struct GzipTests {
    /// Bytes in which little repeats.
    private static func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    /// `gzip -9n` of "nabla", as GNU gzip writes it.
    private static let nabla: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xCB, 0x4B, 0x4C, 0xCA, 0x49,
        0x04, 0x00, 0x7C, 0xC4, 0x14, 0xDB, 0x05, 0x00, 0x00, 0x00,
    ]

    @Test func readsWhatAnotherProgramWrote() throws {
        #expect(try Gzip.inflated(Self.nabla, limit: 5) == Array("nabla".utf8))
    }

    @Test(arguments: [0, 1, 100, 16_383, 16_384, 16_385, 1_000_000])
    func givesBackWhatItCompressed(_ count: Int) throws {
        for bytes in [Self.noise(count), [UInt8](repeating: 7, count: count)] {
            let compressed = try #require(Gzip.compressed(bytes))
            let inflated = try Gzip.inflated(compressed, limit: count, spareBytes: 64)
            #expect(inflated == bytes)
            #expect(inflated.capacity >= count + 64)
            if count > 0 {
                #expect(throws: GzipError.tooLarge) {
                    try Gzip.inflated(compressed, limit: count - 1)
                }
            }
        }
    }

    @Test func makesRepetitionsShorter() throws {
        let compressed = try #require(Gzip.compressed([UInt8](repeating: 7, count: 1 << 20)))
        #expect(compressed.count < 10_000)
    }

    @Test func readsSeveralMembersAsOne() throws {
        #expect(
            try Gzip.inflated(Self.nabla + Self.nabla, limit: 10) == Array("nablanabla".utf8))
        #expect(throws: GzipError.tooLarge) {
            try Gzip.inflated(Self.nabla + Self.nabla, limit: 9)
        }
    }

    @Test func refusesEveryPartOfAStream() {
        for count in 0..<Self.nabla.count {
            #expect(throws: GzipError.truncated, "\(count)") {
                try Gzip.inflated(Array(Self.nabla[..<count]), limit: 100)
            }
        }
    }

    @Test func refusesADamagedStream() {
        // All but the flags' free bits, time, hints and system, which mean nothing for the content.
        for index in Self.nabla.indices where !(3..<10).contains(index) {
            var damaged = Self.nabla
            damaged[index] ^= 0x01
            #expect(throws: GzipError.self, "\(index)") {
                try Gzip.inflated(damaged, limit: 100)
            }
        }
        #expect(throws: GzipError.self) { try Gzip.inflated(Self.nabla + [0], limit: 100) }
        #expect(throws: GzipError.malformed) {
            try Gzip.inflated(Array("no gzip at all".utf8), limit: 100)
        }
    }

    /// What is wrong behind the limit isn't found, because nothing there is inflated.
    @Test func stopsAtTheLimit() throws {
        let part = try #require(Gzip.compressed([UInt8](repeating: 0, count: 1 << 20)))
        let damaged = part + Array("no gzip".utf8)
        #expect(throws: GzipError.tooLarge) { try Gzip.inflated(damaged, limit: 1000) }
        #expect(throws: GzipError.malformed) { try Gzip.inflated(damaged, limit: 1 << 20) }
    }
}
