import NablaAPI
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_795_564_800_000, "2026-11-25T00:00:00.000Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String)]) func textAndBack(_ milliseconds: Int64, _ text: String) throws
    {
        #expect(Timestamp(milliseconds: milliseconds).text == text)
        #expect(try #require(Timestamp(text)).milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-01-02", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05.678Z",
        "2026-13-02T03:04:05.678Z", "2026-02-30T03:04:05.678Z", "2026-01-02T24:04:05.678Z",
        "2026-01-02T03:60:05.678Z", "2026-01-02T03:04:60.678Z", "2026-01-02T03:04:05.678+",
        "２026-01-02T03:04:05.678Z",
    ]) func otherTextsAreNone(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func everyDayOfFourCenturiesReadsBack() {
        for day in stride(from: Int64(0), to: 146_097, by: 1) {
            let time = Timestamp(milliseconds: day * 86_400_000 + 12_345)
            #expect(Timestamp(time.text) == time)
        }
    }
}
