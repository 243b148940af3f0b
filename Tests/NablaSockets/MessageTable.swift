import Testing

/// A message, what becomes of it, and the rule that says so.
struct MessageCase: Sendable, CustomTestStringConvertible {
    let rule: String
    let raw: String
    /// The status of the answer.
    let status: Int
    /// The body that the handler was given, where it was asked.
    var body = ""
    /// Whether the connection can be used again.
    var persists = false

    var testDescription: String { "\(rule): \(raw.debugDescription)" }

    static func accepted(
        _ rule: String, _ raw: String, body: String = "", persists: Bool = true
    ) -> MessageCase {
        MessageCase(rule: rule, raw: raw, status: 200, body: body, persists: persists)
    }

    static func refused(_ rule: String, _ status: Int, _ raw: String) -> MessageCase {
        MessageCase(rule: rule, raw: raw, status: status)
    }
}

private let host = "Host: a\r\n"
private let get = "GET / HTTP/1.1\r\n" + host
private let post = "POST / HTTP/1.1\r\n" + host
private let chunkedPost = post + "Transfer-Encoding: chunked\r\n\r\n"

extension MessageCase {
    static let all = requestLines + fields + hosts + lengths + chunked + persistence

    private static let requestLines: [MessageCase] = [
        .accepted("9112 §3 the plainest request", get + "\r\n"),
        .accepted("9112 §2.2 one empty line before", "\r\n" + get + "\r\n"),
        .refused("9112 §2.2 more than one empty line", 400, "\r\n\r\n" + get + "\r\n"),
        .refused("9112 §2.2 bare LF", 400, "GET / HTTP/1.1\nHost: a\n\n"),
        .refused("9112 §2.2 bare CR", 400, "GET / HTTP/1.1\rHost: a\r\n\r\n"),
        .refused("9112 §3 two spaces", 400, "GET  / HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9112 §3 tab for space", 400, "GET\t/ HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9112 §3 space before method", 400, " GET / HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9112 §3 space after version", 400, "GET / HTTP/1.1 \r\n" + host + "\r\n"),
        .refused("9112 §3 HTTP/0.9", 400, "GET /\r\n\r\n"),
        .accepted("9110 §9.1 another method", "PURGE / HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9110 §5.6.2 method no token", 400, "G(T / HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9112 §3 no method", 400, "/ HTTP/1.1\r\n" + host + "\r\n"),
        .refused(
            "9112 §3.1 overlong method", 501,
            String(repeating: "A", count: 33) + " / HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9110 §9.3.6 CONNECT", 501, "CONNECT a:80 HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9110 §2.5 HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        .refused("9110 §2.5 HTTP/0.9 spelt out", 505, "GET / HTTP/0.9\r\n\r\n"),
        .accepted("9110 §2.5 later minor version", "GET / HTTP/1.9\r\n" + host + "\r\n"),
        .refused("9112 §2.3 version in lower case", 400, "GET / http/1.1\r\n" + host + "\r\n"),
        .refused("9112 §2.3 two minor digits", 400, "GET / HTTP/1.10\r\n" + host + "\r\n"),
        .refused("9112 §2.3 no minor digit", 400, "GET / HTTP/1\r\n" + host + "\r\n"),
        .accepted("9112 §3.2.2 absolute-form", "GET http://b/ HTTP/1.1\r\n" + host + "\r\n"),
        .accepted("9112 §3.2.2 without path", "GET http://b:8 HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9110 §4.2.1 empty host", 400, "GET http:/// HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9110 §4.2.4 userinfo", 400, "GET http://u@b/ HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9112 §3.2.2 other scheme", 400, "GET ftp://b/ HTTP/1.1\r\n" + host + "\r\n"),
        .accepted("9112 §3.2.4 asterisk-form", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9112 §3.2.4 asterisk with GET", 400, "GET * HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9112 §3.2.1 no slash", 400, "GET a HTTP/1.1\r\n" + host + "\r\n"),
        .refused("9112 §3.2 fragment", 400, "GET /#a HTTP/1.1\r\n" + host + "\r\n"),
        .refused("3986 §2.1 half an escape", 400, "GET /%4 HTTP/1.1\r\n" + host + "\r\n"),
        .refused("3986 §2.1 no hex digits", 400, "GET /%zz HTTP/1.1\r\n" + host + "\r\n"),
        .refused("3986 §3.3 raw bracket in path", 400, "GET /[ HTTP/1.1\r\n" + host + "\r\n"),
        .accepted("URL query set: brackets", "GET /?a[0]=b|c HTTP/1.1\r\n" + host + "\r\n"),
        .refused("3629 §3 path not UTF-8", 400, "GET /%ff HTTP/1.1\r\n" + host + "\r\n"),
        .refused("3986 §7.3 NUL in path", 400, "GET /%00 HTTP/1.1\r\n" + host + "\r\n"),
        .refused("3986 §2 raw UTF-8", 400, "GET /é HTTP/1.1\r\n" + host + "\r\n"),
        .refused(
            "9110 §15.5.15 target too long", 414,
            "GET /" + String(repeating: "a", count: 300) + " HTTP/1.1\r\n" + host + "\r\n"),
    ]

    private static let fields: [MessageCase] = [
        .accepted("9110 §5.5 obs-text in a value", get + "X: é\r\n\r\n"),
        .accepted("9110 §5.5 empty value", get + "X:\r\n\r\n"),
        .accepted("9110 §5.6.3 tab around a value", get + "X:\t a \t\r\n\r\n"),
        .refused("9112 §5.1 space before colon", 400, get + "X : a\r\n\r\n"),
        .refused("9112 §5.1 tab before colon", 400, get + "X\t: a\r\n\r\n"),
        .refused("9110 §5.1 no colon", 400, get + "X\r\n\r\n"),
        .refused("9110 §5.1 no name", 400, get + ": a\r\n\r\n"),
        .refused("9110 §5.6.2 name no token", 400, get + "X(Y): a\r\n\r\n"),
        .refused("9112 §5.2 obs-fold", 400, get + "X: a\r\n b\r\n\r\n"),
        .refused("9112 §2.2 space before first field", 400, "GET / HTTP/1.1\r\n X: a\r\n\r\n"),
        .refused("9110 §5.5 NUL", 400, get + "X: a\u{0}b\r\n\r\n"),
        .refused("9110 §5.5 escape", 400, get + "X: \u{1B}[0m\r\n\r\n"),
        .refused("9110 §5.5 delete", 400, get + "X: \u{7F}\r\n\r\n"),
        .refused("9112 §2.2 CR in a value", 400, get + "X: a\rb\r\n\r\n"),
        .refused("9112 §2.2 field ends in LF", 400, get + "X: a\n\r\n"),
        .refused(
            "6585 §5 too many fields", 431,
            get + String(repeating: "X: a\r\n", count: 20) + "\r\n"),
        .refused(
            "6585 §5 head too long", 431, get + "X: " + String(repeating: "a", count: 1000) + "\r\n"
        ),
        .refused("9110 §10.1.1 other expectation", 417, get + "Expect: tea\r\n\r\n"),
    ]

    private static let hosts: [MessageCase] = [
        .refused("9112 §3.2 no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
        .refused("9112 §3.2 two Hosts", 400, get + host + "\r\n"),
        .refused("9112 §3.2 list of hosts", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        .refused("9112 §3.2 no host", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        .refused("9110 §7.2 port no number", 400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        .refused("3986 §3.2.2 open bracket", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        .accepted("3986 §3.2.2 IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
        .accepted("9112 §3.2 empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    ]

    private static let lengths: [MessageCase] = [
        .accepted("9112 §6.2 a length", post + "Content-Length: 5\r\n\r\nhello", body: "hello"),
        .accepted("9112 §6.2 no bytes", post + "Content-Length: 0\r\n\r\n"),
        .accepted(
            "9110 §8.6 leading zeros", post + "Content-Length: 005\r\n\r\nhello", body: "hello"),
        .accepted("9112 §6.3 neither length nor chunks", post + "\r\n"),
        .refused(
            "9110 §8.6 twice", 400, post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        .refused("9110 §8.6 a list", 400, post + "Content-Length: 5, 5\r\n\r\nhello"),
        .refused("9110 §8.6 signed", 400, post + "Content-Length: +5\r\n\r\nhello"),
        .refused("9110 §8.6 negative", 400, post + "Content-Length: -1\r\n\r\n"),
        .refused("9110 §8.6 hexadecimal", 400, post + "Content-Length: 0x5\r\n\r\nhello"),
        .refused("9110 §8.6 empty", 400, post + "Content-Length:\r\n\r\n"),
        .refused("9110 §15.5.14 too long", 413, post + "Content-Length: 101\r\n\r\n"),
        .refused(
            "9110 §8.6 beyond all integers", 413,
            post + "Content-Length: 99999999999999999999999\r\n\r\n"),
    ]

    private static let chunked: [MessageCase] = [
        .accepted("9112 §7.1 chunks", chunkedPost + "5\r\nhello\r\n0\r\n\r\n", body: "hello"),
        .accepted(
            "9112 §7.1 codings know no case",
            post + "transfer-encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n", body: "a"),
        .accepted(
            "9112 §7.1.1 extensions", chunkedPost + "1;a=b;c=\"d\"\r\na\r\n0;e\r\n\r\n", body: "a"),
        .accepted(
            "9112 §7.1.2 trailers",
            chunkedPost + "1\r\na\r\n0\r\nX: y\r\nContent-Length: 9\r\n\r\n",
            body: "a"),
        .refused(
            "9112 §6.3 chunks and a length", 400,
            post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        .refused(
            "9112 §6.1 chunks in HTTP/1.0", 400,
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        .refused(
            "9112 §6.1 chunked not last", 400, post + "Transfer-Encoding: chunked, gzip\r\n\r\n"),
        .refused(
            "9112 §6.1 chunked twice", 400, post + "Transfer-Encoding: chunked, chunked\r\n\r\n"),
        .refused(
            "9112 §6.1 chunked twice, in lines", 400,
            post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
        .refused("9112 §6.3 not chunked", 400, post + "Transfer-Encoding: identity\r\n\r\n"),
        .refused("9112 §6.1 empty coding", 400, post + "Transfer-Encoding:\r\n\r\n"),
        .refused(
            "9112 §6.1 unknown coding", 501, post + "Transfer-Encoding: gzip, chunked\r\n\r\n"),
        .refused("9112 §7.1 chunk size no number", 400, chunkedPost + "x\r\n"),
        .refused("9112 §7.1 chunk longer than its size", 400, chunkedPost + "1\r\nab\r\n0\r\n\r\n"),
        .refused("9112 §7.1 chunk line ends in LF", 400, chunkedPost + "1\na\r\n0\r\n\r\n"),
        .refused("9112 §7.1.2 trailer no field", 400, chunkedPost + "0\r\nX\r\n\r\n"),
        .refused("9110 §15.5.14 chunks too long", 413, chunkedPost + "65\r\n"),
    ]

    private static let persistence: [MessageCase] = [
        .accepted("9112 §9.6 close", get + "Connection: close\r\n\r\n", persists: false),
        .accepted("9112 §9.3 HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", persists: false),
        .accepted("9112 §9.3 HTTP/1.0 kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
    ]
}
