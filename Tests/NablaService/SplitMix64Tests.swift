import Testing

@testable import NablaService

@Suite struct SplitMix64Tests {
    /// - Source: Rosetta Code, "Pseudo-random numbers/Splitmix64", whose values come from
    ///   Sebastiano Vigna's splitmix64.c (2015, public domain).
    @Test func givesThePublishedNumbers() {
        var generator = SplitMix64(seed: 1_234_567)
        let published: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        for expected in published { #expect(generator.next() == expected) }
    }

    /// - Source: the same page: how often ⌊5·x⌋ is 0 … 4 among 100,000 numbers x from 0 to 1.
    @Test func fillsTheRangeAsPublished() {
        var generator = SplitMix64(seed: 987_654_321)
        var counts = [0, 0, 0, 0, 0]
        for _ in 0..<100_000 {
            // The high word of 5·x·2⁶⁴ is ⌊5·x⌋ exactly.
            counts[Int(generator.next().multipliedFullWidth(by: 5).high)] += 1
        }
        #expect(counts == [20_027, 19_892, 20_073, 19_978, 20_030])
    }
}
