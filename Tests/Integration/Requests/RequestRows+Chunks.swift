extension RequestRow {
    /// Chunks, their extensions, and trailers.
    static let chunks: [RequestRow] = [
        .served(
            "one chunk", "9112 §7.1",
            post("Transfer-Encoding: chunked", body: "39\r\n\(body)\r\n0\r\n\r\n"),
            says: prediction),
        .served(
            "several chunks", "9112 §7.1",
            post(
                "Transfer-Encoding: chunked",
                body: "a\r\n\(body.prefix(10))\r\n2F\r\n\(body.dropFirst(10))\r\n0\r\n\r\n"),
            says: prediction),
        .unserved(
            "no chunk but the last", "9112 §7.1", .malformedJSON,
            post("Transfer-Encoding: chunked", body: "0\r\n\r\n"), says: "byte 0"),
        .served("a size with leading zeros", "9112 §7.1", chunked("0001\r\na\r\n000\r\n\r\n")),
        .served(
            "a chunk that looks like the last", "9112 §7.1",
            chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n")),
        .refused(
            "a chunk size of no digits", "9112 §7.1", .malformedRequest,
            chunked("\r\n\r\n"), says: "size"),
        .refused(
            "a chunk size of letters", "9112 §7.1", .malformedRequest,
            chunked("g\r\n\r\n")),
        .refused(
            "a chunk size with a plus", "9112 §7.1", .malformedRequest,
            chunked("+1\r\na\r\n0\r\n\r\n")),
        .refused(
            "a negative chunk size", "9112 §7.1", .malformedRequest,
            chunked("-1\r\na\r\n0\r\n\r\n")),
        .refused(
            "a chunk size with 0x", "9112 §7.1", .malformedRequest,
            chunked("0x1\r\na\r\n0\r\n\r\n")),
        .refused(
            "a space before the chunk size", "9112 §7.1", .malformedRequest,
            chunked(" 1\r\na\r\n0\r\n\r\n")),
        .refused(
            "a space after the chunk size", "9112 §7.1", .malformedRequest,
            chunked("1 \r\na\r\n0\r\n\r\n")),
        .refused(
            "a tab after the chunk size", "9112 §7.1", .malformedRequest,
            chunked("1\t\r\na\r\n0\r\n\r\n")),
        .refused(
            "a space in the chunk size", "9112 §7.1", .malformedRequest,
            chunked("1 0\r\na\r\n0\r\n\r\n")),
        .refused(
            "a comma in the chunk size", "9112 §7.1", .malformedRequest,
            chunked("1,1\r\na\r\n0\r\n\r\n")),
        .refused(
            "a point in the chunk size", "9112 §7.1", .malformedRequest,
            chunked("1.0\r\na\r\n0\r\n\r\n")),
        .refused(
            "a chunk size of 2^64 + 1", "9112 §7.1", .malformedRequest,
            chunked("10000000000000001\r\na\r\n0\r\n\r\n"), says: "digits"),
        .refused(
            "a chunk size of 2^63 - 1", "9112 §7.1", .malformedRequest,
            chunked("7fffffffffffffff\r\na\r\n0\r\n\r\n"), says: "digits"),
        .refused(
            "a chunk size of 2^32 + 1", "9112 §7.1", .contentTooLarge,
            chunked("100000001\r\na\r\n0\r\n\r\n")),
        .refused(
            "a chunk too long", "9110 §15.5.14", .contentTooLarge, chunked("c9\r\n"),
            says: "200"),
        .refused(
            "chunks too long together", "9110 §15.5.14", .contentTooLarge,
            chunked("2\r\nab\r\nc7\r\n")),
        .refused(
            "a chunk size that ends in LF", "9112 §7.1", .malformedRequest,
            chunked("1\na\r\n0\r\n\r\n")),
        .refused(
            "a chunk size that ends in CR", "9112 §7.1", .malformedRequest,
            chunked("1\ra\r\n0\r\n\r\n"), says: "CRLF"),
        .refused(
            "a chunk that ends in LF", "9112 §7.1", .malformedRequest,
            chunked("1\r\na\n0\r\n\r\n"), says: "CRLF"),
        .refused(
            "a chunk that doesn't end", "9112 §7.1", .malformedRequest,
            chunked("1\r\na0\r\n\r\n"), says: "CRLF"),
        .refused(
            "a chunk longer than its size", "9112 §7.1", .malformedRequest,
            chunked("1\r\nab\r\n0\r\n\r\n"), says: "CRLF"),
        .refused(
            "a chunk shorter than its size", "9112 §7.1", .malformedRequest,
            chunked("3\r\na\r\n0\r\n\r\n"), says: "CRLF"),
        .refused(
            "a last chunk that ends in LF", "9112 §7.1", .malformedRequest,
            chunked("0\n\r\n")),
        .refused("a body that ends in LF", "9112 §7.1", .malformedRequest, chunked("0\r\n\n")),

        .served(
            "extensions", "9112 §7.1.1",
            chunked("1;a;b=c;d=\"e f\"\r\na\r\n0;g=\"h;i\"\r\n\r\n")),
        .served(
            "white space around a semicolon", "9112 §7.1.1",
            chunked("1 \t; a = b\r\na\r\n0 ;c\r\n\r\n")),
        .served(
            "an extension with bytes above 127", "9112 §7.1.1",
            chunked("1;a=\"\u{E9}\"\r\na\r\n0\r\n\r\n")),
        .refused(
            "an extension with an LF", "9112 §7.1.1", .malformedRequest,
            chunked("1;a\nb\r\na\r\n0\r\n\r\n"), says: "extension"),
        .refused(
            "an extension with a CR", "9112 §7.1.1", .malformedRequest,
            chunked("1;a\rb\r\na\r\n0\r\n\r\n"), says: "CRLF"),
        .refused(
            "an extension with a NUL", "9112 §7.1.1", .malformedRequest,
            chunked("1;a\u{0}\r\na\r\n0\r\n\r\n"), says: "extension"),
        .refused(
            "an LF in an extension's quotes", "9112 §7.1.1", .malformedRequest,
            chunked("1;a=\"\n\"\r\na\r\n0\r\n\r\n"), says: "extension"),
        .refused(
            "an extension too long", "9112 §7.1.1", .malformedRequest,
            chunked("1;" + String(repeating: "a", count: 70) + "\r\na\r\n0\r\n\r\n"),
            says: "extension"),
        .refused(
            "white space too long", "9112 §7.1.1", .malformedRequest,
            chunked("1" + String(repeating: " ", count: 70) + ";a\r\na\r\n0\r\n\r\n")),
        .refused(
            "extensions too long together", "9112 §7.1.1", .malformedRequest,
            chunked(
                String(
                    repeating: "1;" + String(repeating: "a", count: 50) + "\r\na\r\n", count: 2)
                    + "0\r\n\r\n"), says: "extension"),

        .served("trailers", "9112 §7.1.2", chunked("1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n")),
        .served(
            "a trailer that would be a length", "9110 §6.5.1",
            chunked("0\r\nContent-Length: 50\r\n\r\n")),
        .served(
            "a trailer that would be a coding", "9110 §6.5.1",
            chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n")),
        .served(
            "a trailer that would be a Host", "9110 §6.5.1",
            chunked("0\r\nHost: b\r\n\r\n")),
        .served(
            "a trailer that would close", "9110 §6.5.1",
            chunked("0\r\nConnection: close\r\n\r\n")),
        .served(
            "trailers that were announced", "9110 §6.6.2",
            get("Trailer: X", "Transfer-Encoding: chunked", body: "0\r\nX: y\r\n\r\n")),
        .refused(
            "a trailer without colon", "9112 §7.1.2", .malformedRequest,
            chunked("0\r\nX\r\n\r\n")),
        .refused(
            "a trailer without name", "9112 §7.1.2", .malformedRequest,
            chunked("0\r\n: y\r\n\r\n"), says: "name"),
        .refused(
            "a space before a trailer's colon", "9112 §5.1", .malformedRequest,
            chunked("0\r\nX : y\r\n\r\n")),
        .refused(
            "obs-fold in trailers", "9112 §5.2", .malformedRequest,
            chunked("0\r\nX: y\r\n z\r\n\r\n")),
        .refused(
            "a trailer that ends in LF", "9112 §2.2", .malformedRequest,
            chunked("0\r\nX: y\n\r\n")),
        .refused(
            "a CR in a trailer", "9112 §2.2", .malformedRequest,
            chunked("0\r\nX: y\rz\r\n\r\n")),
        .refused(
            "a NUL in a trailer", "9110 §5.5", .malformedRequest,
            chunked("0\r\nX: \u{0}\r\n\r\n")),
        .refused(
            "a request in place of the trailers", "9112 §7.1.2", .malformedRequest,
            chunked("0\r\nGET /healthz HTTP/1.1\r\n\r\n")),
        .refused(
            "too many trailers", "6585 §5", .fieldsTooLarge,
            chunked("0\r\n" + String(repeating: "X: y\r\n", count: 17) + "\r\n"), says: "16"),
        .refused(
            "trailers too long", "6585 §5", .fieldsTooLarge,
            chunked("0\r\nX: " + String(repeating: "y", count: 130) + "\r\n\r\n"), says: "128"),
    ]
}
