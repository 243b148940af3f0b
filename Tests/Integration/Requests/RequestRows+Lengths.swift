extension RequestRow {
    /// Content-Length.
    static let lengths: [RequestRow] = [
        .served(
            "a length", "9112 §6.2", post("Content-Length: 57", body: body),
            says: prediction),
        .served("a length of nothing", "9112 §6.2", get("Content-Length: 0")),
        .served(
            "a length with leading zeros", "9110 §8.6",
            post("Content-Length: 0000057", body: body), says: prediction),
        .served(
            "a length between white space", "9110 §5.5",
            post("Content-Length: \t57 \t", body: body), says: prediction),
        .served(
            "a length in capitals", "9110 §5.1", post("CONTENT-LENGTH: 57", body: body),
            says: prediction),
        .served(
            "a body of GET, which is passed over", "9110 §9.3.1",
            get("Content-Length: 3", body: "abc")),
        .served(
            "a body of GET that looks like a request", "9112 §6.3",
            get("Content-Length: 18", body: "GET / HTTP/1.1\r\n\r\n")),
        .unserved("neither length nor chunks", "9112 §6.3", .malformedJSON, post(), says: "byte 0"),
        .unserved(
            "a body shorter than its JSON", "9112 §6.2", .malformedJSON,
            post("Content-Length: 3", body: "[1,"), says: "byte 3"),
        .refused(
            "two lengths that differ", "9112 §6.3", .malformedRequest,
            get("Content-Length: 1", "Content-Length: 2", body: "ab"), says: "twice"),
        .refused(
            "two lengths that agree", "9112 §6.3", .malformedRequest,
            get("Content-Length: 1", "Content-Length: 1", body: "a"), says: "twice"),
        .refused(
            "a list of lengths that agree", "9112 §6.3", .malformedRequest,
            get("Content-Length: 5, 5", body: "hello")),
        .refused(
            "a list of lengths that differ", "9112 §6.3", .malformedRequest,
            get("Content-Length: 5,6", body: "hello")),
        .refused(
            "a list of one length", "9110 §8.6", .malformedRequest,
            get("Content-Length: 5,", body: "hello")),
        .refused(
            "a length with a plus", "9110 §8.6", .malformedRequest,
            get("Content-Length: +5", body: "hello")),
        .refused(
            "a negative length", "9110 §8.6", .malformedRequest,
            get("Content-Length: -5", body: "hello")),
        .refused(
            "a length of minus zero", "9110 §8.6", .malformedRequest,
            get("Content-Length: -0")),
        .refused(
            "a hexadecimal length", "9110 §8.6", .malformedRequest,
            get("Content-Length: 0x5", body: "hello")),
        .refused(
            "a length with a point", "9110 §8.6", .malformedRequest,
            get("Content-Length: 5.0", body: "hello")),
        .refused(
            "a length with an exponent", "9110 §8.6", .malformedRequest,
            get("Content-Length: 5e0", body: "hello")),
        .refused(
            "a length in quotes", "9110 §8.6", .malformedRequest,
            get("Content-Length: \"5\"", body: "hello")),
        .refused(
            "a length with a space in it", "9110 §8.6", .malformedRequest,
            get("Content-Length: 1 0", body: "hello")),
        .refused(
            "a length with a semicolon", "9110 §8.6", .malformedRequest,
            get("Content-Length: 5;a", body: "hello")),
        .refused(
            "a length in other digits", "9110 §8.6", .malformedRequest,
            get("Content-Length: \u{D9}\u{A5}", body: "hello")),
        .refused("an empty length", "9110 §8.6", .malformedRequest, get("Content-Length:")),
        .refused(
            "a length in letters", "9110 §8.6", .malformedRequest,
            get("Content-Length: five", body: "hello")),
        .refused(
            "a bad length after a good one", "9112 §6.3", .malformedRequest,
            get("Content-Length: 5", "Content-Length: x", body: "hello")),
        .refused(
            "a bad length of HTTP/1.0", "9112 §6.3", .malformedRequest,
            oldGet("Content-Length: x")),
        .refused(
            "a body too long", "9110 §15.5.14", .contentTooLarge,
            get("Content-Length: 201"), says: "200"),
        .refused(
            "a length of 2^32 + 5", "9110 §8.6", .contentTooLarge,
            get("Content-Length: 4294967301", body: "hello")),
        .refused(
            "a length of 2^64 + 5", "9110 §8.6", .contentTooLarge,
            get("Content-Length: 18446744073709551621", body: "hello")),
        .refused(
            "a length of fifty nines", "9110 §8.6", .contentTooLarge,
            get("Content-Length: " + String(repeating: "9", count: 50))),
    ]

    /// Transfer-Encoding.
    static let codings: [RequestRow] = [
        .served(
            "codings know no case", "9112 §7",
            get("transfer-encoding: ChunKED", body: "0\r\n\r\n")),
        .served(
            "an empty element of the list", "9110 §5.6.1",
            get("Transfer-Encoding: , chunked ,", body: "0\r\n\r\n")),
        .refused(
            "chunks and a length", "9112 §6.3", .malformedRequest,
            get("Transfer-Encoding: chunked", "Content-Length: 5", body: "0\r\n\r\n"),
            says: "Content-Length"),
        .refused(
            "a length and chunks", "9112 §6.3", .malformedRequest,
            get("Content-Length: 5", "Transfer-Encoding: chunked", body: "0\r\n\r\n"),
            says: "Content-Length"),
        .refused(
            "a length of nothing and chunks", "9112 §6.3", .malformedRequest,
            get("Content-Length: 0", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
        .refused(
            "a bad length and chunks", "9112 §6.3", .malformedRequest,
            get("Content-Length: x", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
        .refused(
            "a length and an unknown coding", "9112 §6.3", .malformedRequest,
            get("Content-Length: 5", "Transfer-Encoding: xchunked", body: "hello")),
        .refused(
            "chunks in HTTP/1.0", "9112 §6.1", .malformedRequest,
            "POST /predict HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            says: "HTTP/1.0"),
        .refused(
            "chunked before another coding", "9112 §6.3", .malformedRequest,
            get("Transfer-Encoding: chunked, gzip", body: "0\r\n\r\n"), says: "last"),
        .refused(
            "chunked twice", "9112 §6.1", .malformedRequest,
            get("Transfer-Encoding: chunked, chunked", body: "0\r\n\r\n")),
        .refused(
            "chunked twice, in two lines", "9112 §6.1", .malformedRequest,
            get("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
        .refused(
            "chunked, then identity", "9112 §6.3", .malformedRequest,
            get("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body: "0\r\n\r\n")),
        .refused(
            "identity", "9112 §6.3", .malformedRequest,
            get("Transfer-Encoding: identity"), says: "chunked"),
        .refused(
            "gzip without chunked", "9112 §6.3", .malformedRequest,
            get("Transfer-Encoding: gzip"), says: "chunked"),
        .refused(
            "a coding that only ends in chunked", "9112 §6.3", .malformedRequest,
            get("Transfer-Encoding: xchunked", body: "0\r\n\r\n")),
        .refused(
            "chunked with a parameter", "9112 §7.1", .malformedRequest,
            get("Transfer-Encoding: chunked;a=b", body: "0\r\n\r\n")),
        .refused(
            "chunked in quotes", "9112 §7", .malformedRequest,
            get("Transfer-Encoding: \"chunked\"", body: "0\r\n\r\n")),
        .refused(
            "chunked and a word", "9112 §6.3", .malformedRequest,
            get("Transfer-Encoding: chunked x", body: "0\r\n\r\n")),
        .refused(
            "chunked after a vertical tab", "9110 §5.5", .malformedRequest,
            get("Transfer-Encoding: \u{B}chunked", body: "0\r\n\r\n")),
        .refused("no coding", "9112 §6.1", .malformedRequest, get("Transfer-Encoding:")),
        .refused(
            "gzip, then chunked", "9112 §6.1", .notImplemented,
            get("Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n"), says: "chunked"),
        .refused(
            "an unknown coding, then chunked", "9112 §6.1", .notImplemented,
            get("Transfer-Encoding: tea", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
        .refused(
            "identity, then chunked", "9112 §6.1", .notImplemented,
            get("Transfer-Encoding: identity, chunked", body: "0\r\n\r\n")),
        .series(
            "a name that only looks like Transfer-Encoding", "9110 §5.1",
            [.ok, .problem(.malformedRequest)], ends: true,
            get("Transfer_Encoding: chunked", body: "0\r\n\r\n")),
    ]
}
