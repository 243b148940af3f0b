extension RequestRow {
    /// The request line and the bytes before it.
    static let requestLines: [RequestRow] = [
        .served("the plainest request", "9112 §3", get()),
        .served("an empty line before", "9112 §2.2", "\r\n" + get()),
        .refused("two empty lines before", "9112 §2.2", .malformedRequest, "\r\n\r\n" + get()),
        .refused("an LF before", "9112 §2.2", .malformedRequest, "\n" + get()),
        .refused("a space before", "9112 §3", .malformedRequest, " " + get()),
        .refused(
            "lines that end in LF", "9112 §2.2", .malformedRequest,
            "GET /healthz HTTP/1.1\nHost: a\n\n", says: "LF"),
        .refused(
            "a request line that ends in LF", "9112 §2.2", .malformedRequest,
            "GET /healthz HTTP/1.1\nHost: a\r\n\r\n", says: "LF"),
        .refused(
            "a request line that ends in CR", "9112 §2.2", .malformedRequest,
            "GET /healthz HTTP/1.1\rHost: a\r\n\r\n", says: "CR"),
        .refused(
            "a request line that ends in CR CR LF", "9112 §2.2", .malformedRequest,
            "GET /healthz HTTP/1.1\r\r\nHost: a\r\n\r\n", says: "CR"),
        .refused(
            "a CR between words", "9112 §2.2", .malformedRequest, line("GET\r/healthz HTTP/1.1")),
        .refused(
            "two spaces after the method", "9112 §3", .malformedRequest,
            line("GET  /healthz HTTP/1.1")),
        .refused(
            "two spaces before the version", "9112 §3", .malformedRequest,
            line("GET /healthz  HTTP/1.1")),
        .refused("a tab for a space", "9112 §3", .malformedRequest, line("GET\t/healthz HTTP/1.1")),
        .refused(
            "a no-break space", "9112 §3", .malformedRequest,
            line("GET\u{A0}/healthz HTTP/1.1")),
        .refused(
            "a space after the version", "9112 §3", .malformedRequest,
            line("GET /healthz HTTP/1.1 ")),
        .refused(
            "a space in the target", "9112 §3.2", .malformedRequest,
            line("GET /health z HTTP/1.1")),
        .refused("a method alone", "9112 §3", .malformedRequest, line("GET")),
        .refused("no target", "9112 §3.2", .malformedRequest, line("GET  HTTP/1.1")),
        .refused("no method", "9112 §3.1", .malformedRequest, line("/healthz HTTP/1.1")),
        .refused("a field for a request line", "9112 §3", .malformedRequest, line("Host: b")),
        .refused("a response", "9112 §2.1", .malformedRequest, line("HTTP/1.1 200 OK")),
        .refused("TLS", "9112 §2.2", .malformedRequest, "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n"),
        .refused(
            "a method that is no token", "9110 §5.6.2", .malformedRequest,
            line("G(T /healthz HTTP/1.1")),
        .refused(
            "a method with a byte above 127", "9110 §5.6.2", .malformedRequest,
            line("G\u{C9}T /healthz HTTP/1.1")),
        .refused(
            "a method longer than any", "9112 §3.1", .notImplemented,
            line(String(repeating: "A", count: 33) + " /healthz HTTP/1.1")),
        .refused(
            "HTTP/0.9", "9110 §2.5", .malformedRequest, "GET /healthz\r\n\r\n",
            says: "version"),
        .refused(
            "HTTP/0.9, spelt out", "9110 §2.5", .versionNotSupported,
            line("GET /healthz HTTP/0.9")),
        .refused(
            "the preface of HTTP/2", "9113 §3.4", .versionNotSupported,
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        .refused(
            "HTTP/2 in the manner of HTTP/1", "9110 §15.6.6", .versionNotSupported,
            line("GET /healthz HTTP/2.0"), says: "HTTP/1.1"),
        .served("HTTP/1.2, which counts as 1.1", "9110 §2.5", line("GET /healthz HTTP/1.2")),
        .served("HTTP/1.9, which counts as 1.1", "9110 §2.5", line("GET /healthz HTTP/1.9")),
        .refused(
            "HTTP in lower case", "9112 §2.3", .malformedRequest,
            line("GET /healthz http/1.1")),
        .refused(
            "two digits of minor version", "9112 §2.3", .malformedRequest,
            line("GET /healthz HTTP/1.10")),
        .refused(
            "a version with a leading zero", "9112 §2.3", .malformedRequest,
            line("GET /healthz HTTP/01.1")),
        .refused("no minor version", "9112 §2.3", .malformedRequest, line("GET /healthz HTTP/1")),
        .refused(
            "a comma in the version", "9112 §2.3", .malformedRequest,
            line("GET /healthz HTTP/1,1")),
        .refused(
            "another protocol", "9112 §2.3", .malformedRequest,
            line("GET /healthz ICY/1.1")),
        .refused(
            "a space in the version", "9112 §2.3", .malformedRequest,
            line("GET /healthz HTTP /1.1")),
    ]

    /// The request target in its four forms.
    static let targets: [RequestRow] = [
        .served("a query", "9112 §3.2.1", line("GET /healthz?a=b&c HTTP/1.1")),
        .served("an empty query", "9112 §3.2.1", line("GET /healthz? HTTP/1.1")),
        .served("an escaped letter", "9110 §4.2.3", line("GET /%68ealth%7a HTTP/1.1")),
        .served(
            "brackets in a query, as browsers send them", "9112 §3.2",
            line("GET /healthz?a[0]=b|c HTTP/1.1")),
        .unserved(
            "nothing at the path", "9110 §15.5.5", .notFound,
            line("GET /nothing HTTP/1.1"), says: "/nothing"),
        .unserved("a slash twice", "9112 §3.2.1", .notFound, line("GET //healthz HTTP/1.1")),
        .unserved("a slash behind", "9112 §3.2.1", .notFound, line("GET /healthz/ HTTP/1.1")),
        .unserved(
            "dots, which nobody resolves", "9112 §3.2.1", .notFound,
            line("GET /a/../healthz HTTP/1.1")),
        .unserved("capitals", "9110 §4.2.3", .notFound, line("GET /HEALTHZ HTTP/1.1")),
        .refused(
            "a path without slash", "9112 §3.2.1", .malformedRequest,
            line("GET healthz HTTP/1.1")),
        .refused("a fragment", "9112 §3.2", .malformedRequest, line("GET /healthz#a HTTP/1.1")),
        .refused(
            "half an escape", "3986 §2.1", .malformedRequest,
            line("GET /healthz%4 HTTP/1.1")),
        .refused(
            "an escape of no digits", "3986 §2.1", .malformedRequest,
            line("GET /healthz%zz HTTP/1.1")),
        .refused(
            "an escape of no digits in a query", "3986 §2.1", .malformedRequest,
            line("GET /healthz?%zz HTTP/1.1")),
        .refused(
            "a bracket in the path", "3986 §3.3", .malformedRequest,
            line("GET /healthz[ HTTP/1.1")),
        .refused(
            "a backslash in the path", "3986 §3.3", .malformedRequest,
            line("GET /\\healthz HTTP/1.1")),
        .refused(
            "a quote in the query", "3986 §3.4", .malformedRequest,
            line("GET /healthz?\" HTTP/1.1")),
        .refused(
            "a byte above 127", "3986 §2", .malformedRequest,
            line("GET /h\u{E9}althz HTTP/1.1")),
        .refused(
            "an escaped path that is not UTF-8", "3629 §3", .malformedRequest,
            line("GET /%ff HTTP/1.1")),
        .refused(
            "an escaped NUL in the path", "3986 §7.3", .malformedRequest,
            line("GET /healthz%00 HTTP/1.1")),
        .refused(
            "a target too long", "9110 §15.5.15", .targetTooLong,
            line("GET /" + String(repeating: "a", count: 200) + " HTTP/1.1"), says: "200"),
        .refused(
            "a target without end", "9112 §3", .targetTooLong,
            "GET /" + String(repeating: "a", count: 300), says: "200"),
        .served("absolute-form", "9112 §3.2.2", line("GET http://a/healthz HTTP/1.1")),
        .served(
            "absolute-form, where Host is another", "9112 §3.2.2",
            line("GET http://b:81/healthz?c HTTP/1.1")),
        .served("a scheme in capitals", "9110 §4.2.3", line("GET HTTP://A/healthz HTTP/1.1")),
        .served(
            "https, whoever took off its TLS", "9112 §3.2.2",
            line("GET https://a/healthz HTTP/1.1")),
        .served(
            "absolute-form of an IPv6 address", "3986 §3.2.2",
            line("GET http://[::1]:80/healthz HTTP/1.1")),
        .unserved(
            "absolute-form without path, which is /", "9110 §4.2.3", .notFound,
            line("GET http://a HTTP/1.1"), says: "at /"),
        .refused(
            "absolute-form without Host", "9112 §3.2", .malformedRequest,
            "GET http://a/healthz HTTP/1.1\r\n\r\n", says: "Host"),
        .refused(
            "an empty host", "9110 §4.2.1", .malformedRequest,
            line("GET http:///healthz HTTP/1.1")),
        .refused(
            "a host that is only a port", "9110 §4.2.1", .malformedRequest,
            line("GET http://:80/healthz HTTP/1.1")),
        .refused(
            "user information", "9110 §4.2.4", .malformedRequest,
            line("GET http://u:p@a/healthz HTTP/1.1")),
        .refused(
            "a port of letters", "3986 §3.2.3", .malformedRequest,
            line("GET http://a:b/healthz HTTP/1.1")),
        .refused(
            "another scheme", "9110 §7.4", .malformedRequest,
            line("GET ftp://a/healthz HTTP/1.1")),
        .refused(
            "one slash after the scheme", "9112 §3.2.2", .malformedRequest,
            line("GET http:/a/healthz HTTP/1.1")),
        .refused(
            "authority-form without CONNECT", "9112 §3.2.3", .malformedRequest,
            line("GET a:80 HTTP/1.1")),
        .refused("CONNECT", "9110 §9.3.6", .notImplemented, line("CONNECT a:80 HTTP/1.1")),
        .refused(
            "CONNECT with a path", "9112 §3.2.3", .notImplemented,
            line("CONNECT /healthz HTTP/1.1")),
        .refused(
            "asterisk-form without OPTIONS", "9112 §3.2.4", .malformedRequest,
            line("GET * HTTP/1.1")),
        .refused(
            "more than an asterisk", "9112 §3.2.4", .malformedRequest,
            line("OPTIONS *a HTTP/1.1")),
    ]
}
