import Testing

@testable import NablaHTTP

/// Heads that come again on a connection, and what is noted of a head while it is read.
@Suite struct RepeatedHeadTests {
    private static let text = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"

    private func head(
        _ parser: inout RequestParser, _ text: String
    ) throws -> (head: RequestHead, consumed: Int) {
        guard case .complete(let head, let consumed) = parser.parse(Array(text.utf8).span) else {
            throw UnexpectedResult(text: text)
        }
        return (head, consumed)
    }

    @Test func theSameBytesAreTheSameHead() throws {
        var parser = RequestParser(limits: HTTPLimits())
        let first = try head(&parser, Self.text).head
        let again = try head(&parser, Self.text + "{}GET / HTTP/1.1\r\n")
        #expect(again.head === first)
        #expect(again.consumed == Self.text.utf8.count)
        let other = try head(&parser, Self.text.replacing("2", with: "3")).head
        #expect(other.framing == .length(3))
        #expect(first.framing == .length(2))
        let back = try head(&parser, Self.text).head
        #expect(back !== first && back.framing == .length(2))
    }

    /// A head that begins like the one before it is read on its own.
    @Test func aHeadThatGoesOnDifferentlyIsAnother() throws {
        var parser = RequestParser(limits: HTTPLimits())
        let first = try head(&parser, Self.text).head
        let longer = String(Self.text.dropLast()) + "X-A: 1\r\n\r\n"
        let other = try head(&parser, longer)
        #expect(other.head !== first)
        #expect(other.head.fields["x-a"] == "1")
        #expect(other.consumed == longer.utf8.count)
        for bad in ["POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nHost: b\r\n\r\n", "\u{1}"]
        {
            var copy = parser
            guard case .invalid = copy.parse(Array(bad.utf8).span) else {
                throw UnexpectedResult(text: bad)
            }
        }
    }

    @Test func aHeadThatComesInPiecesIsReadAnew() throws {
        var parser = RequestParser(limits: HTTPLimits())
        let first = try head(&parser, Self.text).head
        let bytes = Array(Self.text.utf8)
        for end in 1..<bytes.count {
            guard case .needsMore = parser.parse(Array(bytes[..<end]).span) else {
                throw UnexpectedResult(text: "\(end)")
            }
            let (again, consumed) = try head(&parser, Self.text)
            #expect(again.framing == .length(2) && consumed == bytes.count)
            // What was known before still is.
            #expect(try head(&parser, Self.text).head === first)
        }
    }

    @Test func longHeadsAreNotKept() throws {
        var parser = RequestParser(limits: HTTPLimits())
        let long = Self.text.replacing(
            "Host", with: "X: \(String(repeating: "y", count: 2048))\r\nHost")
        let first = try head(&parser, long).head
        #expect(try head(&parser, long).head !== first)
    }

    @Test(arguments: [
        ("Content-Type: application/json", true), ("content-type:application/json \t", true),
        ("Content-Type: application/json; charset=utf-8", false),
        ("Content-Type: Application/JSON", false), ("Content-Type: application/jsonx", false),
        ("Content-Type: text/csv\r\nContent-Type: application/json", false),
        ("Content-Type: application/json\r\nContent-Type: text/csv", true), ("X: y", false),
    ])
    func theMediaTypeOfJSONIsNoted(_ line: String, _ isJSON: Bool) throws {
        #expect(
            try NablaHTTPTests.head("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n").isJSON == isJSON
        )
    }

    @Test func theFirstRequestIDIsNoted() throws {
        let lines = "X-Request-ID:  a b \r\nx-request-id: c\r\n"
        #expect(
            try NablaHTTPTests.head("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n").requestID == "a b")
        #expect(try NablaHTTPTests.head("GET / HTTP/1.1\r\nHost: a\r\n\r\n").requestID == nil)
    }
}
