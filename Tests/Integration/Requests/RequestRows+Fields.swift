extension RequestRow {
    /// Field lines.
    static let fields: [RequestRow] = [
        .served("names in any case", "9110 §5.1", host("hOST: a")),
        .served("no space after the colon", "9112 §5", host("Host:a")),
        .served("tabs and spaces around a value", "9110 §5.6.3", get("X:\t a \t")),
        .served("an empty value", "9110 §5.5", get("X:")),
        .served("bytes above 127 in a value", "9110 §5.5", get("X: \u{E9}\u{FF}\u{80}")),
        .served("a tab in a value", "9110 §5.5", get("X: a\tb")),
        .served(
            "every character that a token may have", "9110 §5.6.2",
            get("!#$%&'*+-.^_`|~09azAZ: a")),
        .served("a colon in a value", "9110 §5.5", get("X: a: b")),
        .refused("a space before the colon", "9112 §5.1", .malformedRequest, get("X : a")),
        .refused("a tab before the colon", "9112 §5.1", .malformedRequest, get("X\t: a")),
        .refused(
            "a space before the colon of a length", "9112 §5.1", .malformedRequest,
            get("Content-Length : 1", body: "a")),
        .refused("no colon", "9112 §5", .malformedRequest, get("X")),
        .refused("no name", "9110 §5.1", .malformedRequest, get(": a"), says: "name"),
        .refused("a name with brackets", "9110 §5.6.2", .malformedRequest, get("X(Y): a")),
        .refused("a name with a space", "9110 §5.6.2", .malformedRequest, get("X Y: a")),
        .refused(
            "a name with a byte above 127", "9110 §5.6.2", .malformedRequest,
            get("X\u{E9}: a")),
        .refused("a name with a NUL", "9110 §5.6.2", .malformedRequest, get("X\u{0}: a")),
        .refused("obs-fold with a space", "9112 §5.2", .malformedRequest, get("X: a", " b")),
        .refused("obs-fold with a tab", "9112 §5.2", .malformedRequest, get("X: a", "\tb")),
        .refused(
            "obs-fold that would hide a coding", "9112 §5.2", .malformedRequest,
            get("Transfer-Encoding:", " chunked", body: "0\r\n\r\n")),
        .refused("obs-fold of nothing", "9112 §5.2", .malformedRequest, get("X: a", " ")),
        .refused(
            "a space before the first field", "9112 §2.2", .malformedRequest,
            host(" X: a", "Host: a")),
        .refused(
            "a line of a space after the request line", "9112 §2.2", .malformedRequest,
            host(" ", "Host: a")),
        .refused("a NUL in a value", "9110 §5.5", .malformedRequest, get("X: a\u{0}b")),
        .refused("an escape in a value", "9110 §5.5", .malformedRequest, get("X: \u{1B}[0m")),
        .refused(
            "a vertical tab in a value", "9110 §5.5", .malformedRequest,
            get("X:\u{B}a")),
        .refused("a delete in a value", "9110 §5.5", .malformedRequest, get("X: \u{7F}")),
        .refused("a CR in a value", "9112 §2.2", .malformedRequest, get("X: a\rb")),
        .refused("a value that ends in CR", "9112 §2.2", .malformedRequest, get("X: a\r")),
        .refused(
            "a field that ends in LF", "9112 §2.2", .malformedRequest,
            get("X: a\nContent-Length: 1", body: "a")),
        .refused(
            "a head that ends in LF", "9112 §2.2", .malformedRequest,
            "GET /healthz HTTP/1.1\r\nHost: a\r\n\n"),
        .refused(
            "a head that ends in CR CR", "9112 §2.2", .malformedRequest,
            "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\r"),
        .refused(
            "too many fields", "6585 §5", .fieldsTooLarge,
            get().dropLast() + String(repeating: "X: a\r\n", count: 16) + "\r\n", says: "16"),
        .refused(
            "a head too long", "6585 §5", .fieldsTooLarge,
            get("X: " + String(repeating: "a", count: 512)), says: "512"),
        .refused(
            "a head without end", "6585 §5", .fieldsTooLarge,
            "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 512)),
    ]

    /// Host.
    static let hosts: [RequestRow] = [
        .served("an empty Host", "9112 §3.2", host("Host:")),
        .served("a Host with a port", "9110 §7.2", host("Host: a.example:8080")),
        .served("a Host with an empty port", "3986 §3.2.3", host("Host: a:")),
        .served("an IPv4 Host", "3986 §3.2.2", host("Host: 127.0.0.1")),
        .served("an IPv6 Host", "3986 §3.2.2", host("Host: [2001:db8::1]:80")),
        .served("an IPv6 Host with an IPv4 part", "3986 §3.2.2", host("Host: [::ffff:127.0.0.1]")),
        .served("a Host of a later IP", "3986 §3.2.2", host("Host: [v1f.a:b+c]:80")),
        .served("a Host with an escape", "3986 §3.2.2", host("Host: a%2Db")),
        .refused(
            "a Host of three colons", "3986 §3.2.2", .malformedRequest, host("Host: [:::]")),
        .refused("a Host of dots", "3986 §3.2.2", .malformedRequest, host("Host: [....]")),
        .refused(
            "an IPv6 Host of nine groups", "3986 §3.2.2", .malformedRequest,
            host("Host: [1:2:3:4:5:6:7:8:9]")),
        .refused(
            "an IPv6 Host with a zone", "3986 §3.2.2", .malformedRequest,
            host("Host: [fe80::1%25a]")),
        .refused(
            "a Host of a later IP without an address", "3986 §3.2.2", .malformedRequest,
            host("Host: [v1.]")),
        .refused(
            "a target of three colons", "9110 §4.2.1", .malformedRequest,
            "GET http://[:::]/healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        .served(
            "no Host in HTTP/1.0", "9112 §3.2", oldGet("Connection: keep-alive"),
            fields: ["connection": "keep-alive"]),
        .refused("no Host", "9112 §3.2", .malformedRequest, host(), says: "Host"),
        .refused(
            "no Host in HTTP/1.2", "9112 §3.2", .malformedRequest,
            "GET /healthz HTTP/1.2\r\n\r\n", says: "Host"),
        .refused(
            "two Hosts", "9112 §3.2", .malformedRequest, host("Host: a", "Host: b"),
            says: "Host"),
        .refused(
            "the same Host twice", "9112 §3.2", .malformedRequest,
            host("Host: a", "Host: a"), says: "Host"),
        .refused(
            "two Hosts in HTTP/1.0", "9112 §3.2", .malformedRequest,
            oldGet("Host: a", "host: a"), says: "Host"),
        .refused("a list of hosts", "9112 §3.2", .malformedRequest, host("Host: a, b")),
        .refused("a Host with a path", "9112 §3.2", .malformedRequest, host("Host: a/b")),
        .refused("a Host with a scheme", "9112 §3.2", .malformedRequest, host("Host: http://a")),
        .refused(
            "a Host with user information", "9110 §4.2.4", .malformedRequest,
            host("Host: u@a")),
        .refused("a Host with a space", "9112 §3.2", .malformedRequest, host("Host: a b")),
        .refused(
            "a Host with a port of letters", "3986 §3.2.3", .malformedRequest,
            host("Host: a:b")),
        .refused(
            "a Host with a port of six digits", "3986 §3.2.3", .malformedRequest,
            host("Host: a:100000")),
        .refused(
            "a Host with two ports", "3986 §3.2.3", .malformedRequest,
            host("Host: a:80:80")),
        .refused(
            "a Host with half an escape", "3986 §2.1", .malformedRequest,
            host("Host: a%2")),
        .refused(
            "a Host with an open bracket", "3986 §3.2.2", .malformedRequest,
            host("Host: [::1")),
        .refused(
            "a Host with empty brackets", "3986 §3.2.2", .malformedRequest,
            host("Host: []")),
        .refused(
            "a Host with letters after its brackets", "3986 §3.2.2", .malformedRequest,
            host("Host: [::1]a")),
        .refused(
            "a Host with a byte above 127", "3986 §3.2.2", .malformedRequest,
            host("Host: \u{E9}")),
    ]
}
