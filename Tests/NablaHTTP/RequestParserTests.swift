import Testing

@testable import NablaHTTP

/// Parses a text that is shown as a whole.
func parse(_ text: String, limits: HTTPLimits = HTTPLimits()) -> ParseResult<RequestHead> {
    parse(Array(text.utf8), limits: limits)
}

func parse(_ bytes: [UInt8], limits: HTTPLimits = HTTPLimits()) -> ParseResult<RequestHead> {
    var parser = RequestParser(limits: limits)
    return parser.parse(bytes.span)
}

/// The head of a text that is a good one.
func head(_ text: String) throws -> RequestHead {
    let result = parse(text)
    guard case .complete(let head, let consumed) = result, consumed == text.utf8.count else {
        throw UnexpectedResult(text: "\(result)")
    }
    return head
}

struct UnexpectedResult: Error { let text: String }

/// The status a text is refused with, or nil.
func refusal(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Int? {
    if case .invalid(let error) = parse(text, limits: limits) { error.status.code } else { nil }
}

@Suite struct RequestParserTests {
    static let good = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /gradients?x=1 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 3\r\n\r\n",
        "PUT /a%20b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost:\r\nX:\t y z \t\r\n\r\n",
        "\r\nGET http://[::1]:8080/p?q HTTP/1.1\r\nHost: b\r\nAccept: */*\r\n\r\n",
    ]

    @Test("every prefix of a good head needs more, and no byte more is taken", arguments: good)
    func prefixesNeedMore(_ text: String) throws {
        let bytes = Array(text.utf8)
        var parser = RequestParser(limits: HTTPLimits())
        for end in 0..<bytes.count {
            let prefix = Array(bytes[..<end])
            guard case .needsMore = parse(prefix), case .needsMore = parser.parse(prefix.span)
            else {
                throw UnexpectedResult(text: String(decoding: prefix, as: UTF8.self))
            }
        }
        let longer = bytes + Array("GET".utf8)
        guard case .complete(_, bytes.count) = parser.parse(longer.span) else {
            throw UnexpectedResult(text: text)
        }
    }

    @Test("each byte that may not stand in a place is refused there")
    func refusesIllegalBytes() {
        let places: [(before: String, after: String, isLegal: (UInt8) -> Bool)] = [
            ("G", "T / HTTP/1.1\r\nHost: a\r\n\r\n", { ByteSet.token.contains($0) || $0 == 0x20 }),
            (
                "GET /", "b HTTP/1.1\r\nHost: a\r\n\r\n",
                { ByteSet.path.contains($0) && $0 != 0x25 || $0 == 0x3F }
            ),
            (
                "GET /?", "b HTTP/1.1\r\nHost: a\r\n\r\n",
                { ByteSet.query.contains($0) && $0 != 0x25 }
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX", "Y: a\r\n\r\n",
                { ByteSet.token.contains($0) || $0 == 0x3A }
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX: a", "b\r\n\r\n",
                { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
            ),
        ]
        for place in places {
            for byte in UInt8.min...UInt8.max {
                let result = parse(Array(place.before.utf8) + [byte] + Array(place.after.utf8))
                // "G T /" is a method and a target that is no path.
                let isLegal = place.isLegal(byte) && !(place.before == "G" && byte == 0x20)
                if case .complete = result {
                    #expect(isLegal, "byte \(byte) after \(place.before)")
                } else {
                    #expect(!isLegal, "byte \(byte) after \(place.before): \(result)")
                }
            }
        }
    }

    @Test("a wrong head is refused at its first wrong byte, not at its end")
    func refusesEarly() {
        #expect(refusal("\u{16}\u{3}\u{1}") == 400)
        #expect(refusal("GET / HTTP/1.1\n") == 400)
        #expect(refusal("GET / HTTP/1.1\r\nHost: a\r\n folded") == nil)
        #expect(refusal("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n") == 400)
    }

    @Test("a target is taken apart and decoded once")
    func decodesTarget() throws {
        let target = try head(
            "GET /a%2Fb%25/c?x=1%202&y+z&&=3&x=4 HTTP/1.1\r\nHost: a\r\n\r\n"
        ).target
        #expect(target.rawPath == "/a%2Fb%25/c")
        #expect(target.path == "/a/b%/c")
        #expect(target.query.map(\.name) == ["x", "y z", "", "x"])
        #expect(target.query.map(\.value) == ["1 2", "", "3", "4"])
        #expect(target[query: "x"] == "1 2")
        #expect(target[query: "z"] == nil)
    }

    @Test("an absolute target's host replaces the Host field")
    func absoluteTarget() throws {
        let request = try head("GET HTTP://b:81?q=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(request.host == "b:81")
        #expect(request.target.path == "/")
        #expect(request.target[query: "q"] == "1")
        #expect(try head("GET / HTTP/1.1\r\nHost: a\r\n\r\n").host == "a")
    }

    @Test(
        "what stands for no path depends on the method and on there being a host",
        arguments: [
            ("GET http://a", "/"), ("GET http://a?b", "/"), ("OPTIONS http://a", "*"),
            ("OPTIONS http://a/", "/"), ("OPTIONS http://a?b", "/"), ("OPTIONS *", "*"),
            ("GET ", nil), ("GET ?b", nil), ("OPTIONS ", nil), ("GET http://", nil),
            ("GET http://:80/", nil),
        ] as [(String, String?)])
    func emptyPath(_ start: String, _ path: String?) {
        let result = parse("\(start) HTTP/1.1\r\nHost: a\r\n\r\n")
        if case .complete(let head, _) = result {
            #expect(head.target.path == path)
        } else {
            #expect(path == nil, "\(result)")
        }
    }

    @Test(
        "a Host's escapes are of two digits",
        arguments: [
            ("a%41", true), ("%41:80", true), ("%", false), ("a%4", false), ("a%4:80", false),
            ("%zz", false), ("a%4g", false),
        ])
    func hostEscapes(_ host: String, _ isGood: Bool) {
        #expect(refusal("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == (isGood ? nil : 400))
    }

    @Test(
        "a content coding is noted, and identity is none",
        arguments: [
            ("", false), ("Content-Encoding:", false), ("content-encoding: Identity", false),
            ("Content-Encoding: br", true), ("Content-Encoding: identity, gzip", true),
        ])
    func contentCoding(_ field: String, _ expected: Bool) throws {
        let line = field.isEmpty ? "" : field + "\r\n"
        #expect(
            try head("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n").hasContentCoding == expected)
    }

    @Test(
        "methods are told apart by case, and unknown ones kept",
        arguments: [
            ("GET", Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("PATCH", .patch),
            ("DELETE", .delete), ("OPTIONS", .options), ("get", .other("get")),
            ("PURGE", .other("PURGE")),
        ])
    func methods(_ text: String, _ method: Method) throws {
        let request = try head("\(text) / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(request.method == method)
        #expect(request.method.name == text)
    }

    @Test(
        "who wants to keep the connection",
        arguments: [
            ("1.1", "", true), ("1.1", "close", false), ("1.1", "Upgrade, CLOSE", false),
            ("1.0", "", false), ("1.0", "Keep-Alive", true), ("1.0", "keep-alive, close", false),
            ("1.7", "", true),
        ])
    func keepAlive(_ version: String, _ connection: String, _ expected: Bool) throws {
        let field = connection.isEmpty ? "" : "Connection: \(connection)\r\n"
        let request = try head("GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n")
        #expect(request.keepAlive == expected)
    }

    @Test("each limit is exact, and is reached however the bytes arrive")
    func limits() {
        let line = "GET /aaaa HTTP/1.1\r\nHost: a\r\n"
        let whole = line + "B: c\r\n\r\n"
        func code(_ limits: HTTPLimits) -> Int? { refusal(whole, limits: limits) }
        #expect(code(HTTPLimits(headBytes: whole.utf8.count)) == nil)
        #expect(code(HTTPLimits(headBytes: whole.utf8.count - 1)) == 431)
        #expect(code(HTTPLimits(targetBytes: 5)) == nil)
        #expect(code(HTTPLimits(targetBytes: 4)) == 414)
        #expect(code(HTTPLimits(fieldCount: 2)) == nil)
        #expect(code(HTTPLimits(fieldCount: 1)) == 431)
        let endless = "GET /" + String(repeating: "a", count: 9000)
        #expect(refusal(endless) == 414)
    }
}
