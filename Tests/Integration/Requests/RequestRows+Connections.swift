extension RequestRow {
    /// Whether a connection stays, and several requests on one.
    static let persistence: [RequestRow] = [
        .served("close", "9112 §9.6", get("Connection: close"), ends: true),
        .served("close in capitals", "9110 §7.6.1", get("Connection: CLOSE"), ends: true),
        .served("close without a space", "9112 §5", get("connection:Close"), ends: true),
        .served(
            "close among other options", "9110 §7.6.1", get("Connection: x, close ,y"),
            ends: true),
        .served(
            "close with empty elements", "9110 §5.6.1", get("Connection: ,,close,"),
            ends: true),
        .served(
            "close in a second line", "9110 §5.3",
            get("Connection: keep-alive", "Connection: close"), ends: true),
        .served(
            "close and keep-alive", "9112 §9.3", get("Connection: close, keep-alive"),
            ends: true),
        .served("a word that begins with close", "9110 §7.6.1", get("Connection: closed")),
        .served(
            "close in quotes, which is another option", "9110 §7.6.1",
            get("Connection: \"close\"")),
        .served("keep-alive, which 1.1 need not say", "9112 §9.3", get("Connection: keep-alive")),
        .served("an empty Connection", "9110 §7.6.1", get("Connection:")),
        .served("an unknown option", "9110 §7.6.1", get("Connection: X", "X: a")),
        .served(
            "Proxy-Connection, which is no field", "9112 §C.2.2",
            get("Proxy-Connection: close")),
        .served("HTTP/1.0", "9112 §9.3", oldGet(), ends: true),
        .served("HTTP/1.0 with a Host", "9112 §9.3", oldGet("Host: a"), ends: true),
        .served(
            "HTTP/1.0 with keep-alive", "9112 §9.3", oldGet("Connection: Keep-Alive"),
            fields: ["connection": "keep-alive"]),
        .served(
            "HTTP/1.0 with keep-alive and close", "9112 §9.3",
            oldGet("Connection: keep-alive, close"), ends: true),
        .served(
            "HTTP/1.0 with a Keep-Alive field alone", "9112 §C.2.2",
            oldGet("Keep-Alive: timeout=5"), ends: true),
        .served(
            "HTTP/1.0 with a body", "9112 §6.3",
            "POST /predict HTTP/1.0\r\nContent-Length: 57\r\n\r\n" + body, says: prediction,
            ends: true),
        .series(
            "an error, after which the connection stays", "9112 §9.3",
            [.problem(.notFound), .ok], line("GET /nothing HTTP/1.1") + get()),
        .series("two requests", "9112 §9.3.2", [.ok, .ok], get() + get()),
        .series(
            "five requests, answered in order", "9112 §9.3.2",
            [
                .ok, .problem(.notFound, says: "/b"),
                ExpectedAnswer(status: 200, says: prediction), .problem(.notFound, says: "/d"),
                ExpectedAnswer(status: 200, says: "nabla"),
            ],
            get() + line("GET /b HTTP/1.1") + post("Content-Length: 57", body: body)
                + line("GET /d HTTP/1.1") + line("GET /version HTTP/1.1")),
        .series(
            "requests behind bodies that are passed over", "9112 §9.3.2",
            [.ok, .ok, .ok],
            get("Content-Length: 3", body: "GET") + chunked("3\r\nGET\r\n0\r\nX: y\r\n\r\n")
                + get()),
        .series(
            "an empty line between requests", "9112 §2.2", [.ok, .ok],
            get() + "\r\n" + get()),
        .series(
            "two empty lines between requests", "9112 §2.2",
            [.ok, .problem(.malformedRequest)], ends: true, get() + "\r\n\r\n" + get()),
        .series(
            "a CRLF after a body", "9112 §2.2", [.ok, .ok],
            get("Content-Length: 1", body: "a\r\n") + get()),
        .series(
            "bytes behind a body", "9112 §6.3", [.ok, .problem(.malformedRequest)],
            ends: true, get("Content-Length: 1", body: "a\u{0}")),
        .series(
            "a request behind close is not served", "9112 §9.6", [.ok], ends: true,
            get("Connection: close") + get()),
        .series(
            "a request behind one of HTTP/1.0 is not served", "9112 §9.3", [.ok],
            ends: true, oldGet() + get()),
        .series(
            "a request behind a bad one is not served", "9112 §9.3",
            [.ok, .problem(.malformedRequest)], ends: true, get() + get("X : a") + get()),
        .series(
            "a bad body behind a request", "9112 §9.3.2",
            [.ok, .problem(.malformedRequest, says: "size")], ends: true,
            get() + chunked("x\r\n") + get()),
        .series(
            "1.0 and 1.1 in turn", "9112 §9.3", [.ok, .ok, .ok],
            oldGet("Connection: keep-alive") + get() + oldGet("Connection: keep-alive")),
        .served(
            "an upgrade to a web socket", "9110 §7.8",
            get("Connection: Upgrade", "Upgrade: websocket")),
        .served(
            "an upgrade to HTTP/2", "9110 §7.8",
            get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA")),
        .served("an upgrade that is no option", "9110 §7.8", get("Upgrade: TLS/1.0")),
        .served(
            "an upgrade in HTTP/1.0", "9110 §7.8",
            oldGet("Connection: Upgrade", "Upgrade: websocket"), ends: true),
    ]

    /// Expect, and other fields about the transfer.
    static let expectations: [RequestRow] = [
        RequestRow(
            name: "100-continue", section: "9110 §10.1.1",
            raw: post("Expect: 100-continue", "Content-Length: 57"),
            answers: [ExpectedAnswer(status: 200, says: prediction)], ends: false,
            continued: body),
        RequestRow(
            name: "100-continue before chunks", section: "9110 §10.1.1",
            raw: post("Expect: 100-Continue", "Transfer-Encoding: chunked"),
            answers: [ExpectedAnswer(status: 200, says: prediction)], ends: false,
            continued: "39\r\n\(body)\r\n0\r\n\r\n"),
        .served(
            "100-continue of a client that doesn't wait", "9110 §10.1.1",
            post("Expect: 100-continue", "Content-Length: 57", body: body), says: prediction),
        .served("100-continue without a body", "9110 §10.1.1", get("Expect: 100-continue")),
        .served(
            "100-continue with a body of nothing", "9110 §10.1.1",
            get("Expect: 100-continue", "Content-Length: 0")),
        .served(
            "100-continue twice", "9110 §10.1.1",
            get("Expect: 100-continue, 100-continue")),
        .served("an empty expectation", "9110 §5.6.1", get("Expect:")),
        .served(
            "100-continue in HTTP/1.0, which is ignored", "9110 §10.1.1",
            "POST /predict HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 57\r\n\r\n" + body,
            says: prediction, ends: true),
        .refused(
            "100-continue before too long a body", "9110 §10.1.1", .contentTooLarge,
            get("Expect: 100-continue", "Content-Length: 201")),
        .refused(
            "100-continue to nothing", "9110 §10.1.1", .notFound,
            "POST /nothing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        ),
        .refused(
            "100-continue to what doesn't take the method", "9110 §10.1.1", .methodNotAllowed,
            "PUT /predict HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
        .refused(
            "100-continue before chunks of another media type", "9110 §10.1.1",
            .unsupportedMediaType,
            post("Expect: 100-continue", "Content-Type: text/plain", "Transfer-Encoding: chunked")),
        .served(
            "100-continue before a body without meaning", "9110 §10.1.1",
            get("Expect: 100-continue", "Content-Length: 5"), says: "status", ends: true),
        .refused(
            "another expectation", "9110 §10.1.1", .expectationFailed, get("Expect: tea"),
            says: "100-continue"),
        .refused(
            "another expectation beside 100-continue", "9110 §10.1.1", .expectationFailed,
            get("Expect: 100-continue, tea")),
        .refused(
            "another expectation in a second line", "9110 §10.1.1", .expectationFailed,
            get("Expect: 100-continue", "Expect: 200-ok")),
        .refused(
            "100-continue with a parameter", "9110 §10.1.1", .expectationFailed,
            get("Expect: 100-continue;a=b")),
        .served("TE", "9110 §10.1.4", get("TE: trailers, gzip;q=0.5", "Connection: TE")),
        .served("TE of nothing", "9110 §10.1.4", get("TE:")),
        .served("Max-Forwards", "9110 §7.6.2", get("Max-Forwards: 0")),
        .served("Range, which is ignored", "9110 §14.2", get("Range: bytes=0-1"), says: "status"),
        .served("If-None-Match, which is ignored", "9110 §13.1.2", get("If-None-Match: \"a\"")),
        .served(
            "If-Modified-Since, which is ignored", "9110 §13.1.3",
            get("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT")),
    ]
}
