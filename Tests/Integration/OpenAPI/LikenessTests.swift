import Testing

/// What the examples are held against answers with: it tells what differs and passes over what may.
@Suite struct LikenessTests {
    private static let one = "0190a0a0-0000-7000-8000-000000000001"
    private static let other = "0190a0a0-0000-7000-8000-000000000002"

    private func differences(
        _ shown: String, _ said: String, _ change: (inout Likeness) -> Void = { _ in }
    ) throws -> [String] {
        var likeness = Likeness()
        change(&likeness)
        return try likeness.differences(JSON(shown), JSON(said))
    }

    @Test(arguments: [
        (#"{"a": [1, null, true, "x"]}"#, #"{"a": [1, null, true, "x"]}"#),
        (#"{"id": "\#(one)"}"#, #"{"id": "\#(other)"}"#),
        (#"["2026-01-02T03:04:05.678Z"]"#, #"["2027-01-02T03:04:05.000Z"]"#),
        (#"{"samples_per_second": 10, "bytes": 7}"#, #"{"samples_per_second": 12.5, "bytes": 8}"#),
        (#"{"eta_seconds": 1}"#, "{}"), ("{}", #"{"eta_seconds": 1}"#),
        (#"{"version": "0.1.0"}"#, #"{"version": "0.2.0"}"#),
        (#"["\#(one)", "/runs/\#(one)"]"#, #"["\#(other)", "/runs/\#(other)"]"#),
    ])
    func areAlike(_ shown: String, _ said: String) throws {
        #expect(try differences(shown, said).isEmpty)
    }

    @Test(arguments: [
        (#"{"a": 1}"#, #"{"a": 2}"#), (#"{"a": 1}"#, "{}"), ("{}", #"{"a": 1}"#),
        (#"{"a": 1}"#, #"{"a": "1"}"#), ("[1]", "[1, 1]"), ("[true]", "[false]"),
        ("[null]", "[0]"), (#"["a"]"#, #"["b"]"#), (#"{"bytes": 7}"#, #"{"bytes": "7"}"#),
        (#"{"eta_seconds": 1}"#, #"{"eta_seconds": null}"#),
        (#"["2026-01-02T03:04:05.678Z"]"#, #"["soon"]"#), (#"["\#(one)"]"#, #"["x"]"#),
        // One run of the document is one of the server.
        (#"["\#(one)", "\#(one)"]"#, #"["\#(one)", "\#(other)"]"#),
    ])
    func differ(_ shown: String, _ said: String) throws {
        #expect(try differences(shown, said).count == 1)
    }

    @Test func numbersMayBeAsFarApartAsIsSaid() throws {
        #expect(try differences("[1000]", "[1001]") { $0.relative = 1e-3 }.isEmpty)
        #expect(try !differences("[1000]", "[1002]") { $0.relative = 1e-3 }.isEmpty)
        #expect(try differences("[0]", "[0.5]") { $0.absolute = 0.5 }.isEmpty)
        #expect(try !differences("[0]", "[0.6]") { $0.absolute = 0.5 }.isEmpty)
    }

    @Test func anExcerptMayLeaveOutButNotAdd() throws {
        #expect(try differences("{}", #"{"a": 1}"#) { $0.isExcerpt = true }.isEmpty)
        #expect(try !differences(#"{"a": 1}"#, "{}") { $0.isExcerpt = true }.isEmpty)
    }
}
