extension RequestRow {
    /// Methods.
    static let methods: [RequestRow] = [
        RequestRow(
            name: "HEAD", section: "9110 §9.3.2", raw: line("HEAD /healthz HTTP/1.1"),
            answers: [
                ExpectedAnswer(status: 200, fields: ["content-length": "15"], isHead: true)
            ], ends: false),
        RequestRow(
            name: "HEAD of nothing there", section: "9110 §9.3.2",
            raw: line("HEAD /nothing HTTP/1.1"),
            answers: [
                ExpectedAnswer(
                    status: 404, fields: ["content-type": "application/problem+json"],
                    isHead: true)
            ], ends: false),
        RequestRow(
            name: "HEAD in HTTP/1.0", section: "9110 §9.3.2", raw: "HEAD /healthz HTTP/1.0\r\n\r\n",
            answers: [
                ExpectedAnswer(status: 200, fields: ["content-length": "15"], isHead: true)
            ], ends: true),
        RequestRow(
            name: "HEAD where there is only POST", section: "9110 §9.3.2",
            raw: line("HEAD /predict HTTP/1.1"),
            answers: [
                ExpectedAnswer(
                    status: 405, fields: ["allow": "POST, OPTIONS"], isHead: true)
            ], ends: false),
        RequestRow(
            name: "HEAD with white space before a colon", section: "9110 §9.3.2",
            raw: "HEAD /healthz HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n",
            answers: [ExpectedAnswer(status: 400, isHead: true)], ends: true),
        RequestRow(
            name: "HEAD with too long a body", section: "9110 §9.3.2",
            raw: "HEAD /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 201\r\n\r\n",
            answers: [ExpectedAnswer(status: 413, isHead: true)], ends: true),
        RequestRow(
            name: "HEAD with a chunk too long", section: "9110 §9.3.2",
            raw: "HEAD /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nc9\r\n",
            answers: [ExpectedAnswer(status: 413, isHead: true)], ends: true),
        RequestRow(
            name: "HEAD with another expectation", section: "9110 §9.3.2",
            raw: "HEAD /healthz HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n",
            answers: [ExpectedAnswer(status: 417, isHead: true)], ends: true),
        RequestRow(
            name: "HEAD of another version behind an empty line", section: "9110 §9.3.2",
            raw: "\r\nHEAD /healthz HTTP/2.0\r\nHost: a\r\n\r\n",
            answers: [ExpectedAnswer(status: 505, isHead: true)], ends: true),
        .unserved(
            "a query that is not read, before a body", "9110 §9.3.3", .invalidParameter,
            "POST /predict?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 57\r\n\r\n" + body),
        .served(
            "a body of GET that isn't gzip as it says", "9110 §9.3.1",
            get("Content-Encoding: gzip", "Content-Length: 3", body: "abc"), says: "status"),
        .served(
            "a body of GET that is no JSON", "9110 §9.3.1",
            get("Content-Type: text/plain", "Content-Length: 3", body: "abc"), says: "status"),
        RequestRow(
            name: "HEAD and GET in turn", section: "9112 §9.3.2",
            raw: line("HEAD /healthz HTTP/1.1") + get() + line("HEAD /version HTTP/1.1") + get(),
            answers: [
                ExpectedAnswer(status: 200, isHead: true), .ok,
                ExpectedAnswer(status: 200, isHead: true), .ok,
            ], ends: false),
        .series(
            "OPTIONS of a path", "9110 §9.3.7",
            [ExpectedAnswer(status: 204, fields: ["allow": "GET, HEAD, OPTIONS"])],
            line("OPTIONS /healthz HTTP/1.1")),
        .series(
            "OPTIONS of a path that takes POST", "9110 §9.3.7",
            [ExpectedAnswer(status: 204, fields: ["allow": "POST, OPTIONS"])],
            line("OPTIONS /predict HTTP/1.1")),
        .series(
            "OPTIONS of the server", "9112 §3.2.4",
            [
                ExpectedAnswer(
                    status: 204, fields: ["allow": "DELETE, GET, PATCH, POST, PUT, HEAD, OPTIONS"])
            ],
            line("OPTIONS * HTTP/1.1")),
        .series(
            "OPTIONS of the server in absolute-form", "9112 §3.2.4",
            [
                ExpectedAnswer(
                    status: 204, fields: ["allow": "DELETE, GET, PATCH, POST, PUT, HEAD, OPTIONS"])
            ],
            line("OPTIONS http://a:80 HTTP/1.1")),
        .unserved(
            "OPTIONS of nothing there", "9110 §9.3.7", .notFound,
            line("OPTIONS /nothing HTTP/1.1")),
        .unserved(
            "OPTIONS of / is not that of the server", "9110 §4.2.3", .notFound,
            line("OPTIONS http://a/ HTTP/1.1")),
        .unserved(
            "a method that the path doesn't have", "9110 §15.5.6", .methodNotAllowed,
            line("DELETE /healthz HTTP/1.1"), fields: ["allow": "GET, HEAD, OPTIONS"]),
        .unserved(
            "GET where there is only POST", "9110 §15.5.6", .methodNotAllowed,
            line("GET /predict HTTP/1.1"), fields: ["allow": "POST, OPTIONS"]),
        .unserved(
            "a method in lower case, which is another", "9110 §9.1", .methodNotAllowed,
            line("get /healthz HTTP/1.1"), says: "get"),
        .unserved(
            "a method nobody knows", "9110 §9.1", .methodNotAllowed,
            line("PURGE /healthz HTTP/1.1"), says: "PURGE"),
        .unserved("TRACE", "9110 §9.3.8", .methodNotAllowed, line("TRACE /healthz HTTP/1.1")),
    ]

    /// What a body is, and what is wanted of the answer's.
    static let contents: [RequestRow] = [
        .served(
            "JSON", "9110 §8.3",
            post("Content-Type: application/json", "Content-Length: 57", body: body),
            says: prediction, fields: ["content-type": "application/json"]),
        .served(
            "JSON with a charset", "9110 §8.3.1",
            post(
                "Content-Type: application/json; charset=utf-8", "Content-Length: 57", body: body),
            says: prediction),
        .served(
            "JSON in capitals, a space before its parameter", "9110 §8.3.1",
            post("Content-Type: Application/JSON ;a=\"b\"", "Content-Length: 57", body: body),
            says: prediction),
        .unserved(
            "plain text", "9110 §15.5.16", .unsupportedMediaType,
            post("Content-Type: text/plain", "Content-Length: 57", body: body),
            says: "application/json", fields: ["accept": "application/json"]),
        .unserved(
            "a form", "9110 §15.5.16", .unsupportedMediaType,
            post(
                "Content-Type: application/x-www-form-urlencoded", "Content-Length: 3",
                body: "a=b")),
        .unserved(
            "a type that begins like JSON's", "9110 §8.3.1", .unsupportedMediaType,
            post("Content-Type: application/json5", "Content-Length: 57", body: body)),
        .unserved(
            "spaces within a type", "9110 §8.3.1", .unsupportedMediaType,
            post("Content-Type: application / json", "Content-Length: 57", body: body)),
        .unserved(
            "two types in one", "9110 §8.3", .unsupportedMediaType,
            post("Content-Type: application/json, text/plain", "Content-Length: 57", body: body)),
        .unserved(
            "an empty type", "9110 §8.3", .unsupportedMediaType,
            post("Content-Type:", "Content-Length: 57", body: body)),
        .served("a type without a body", "9110 §8.3", get("Content-Type: text/plain")),
        .unserved(
            "an unknown content coding", "9110 §8.4", .unsupportedMediaType,
            post("Content-Encoding: br", "Content-Length: 57", body: body), says: "br",
            fields: ["accept-encoding": "gzip, identity"]),
        .unserved(
            "gzip and another content coding", "9110 §8.4", .unsupportedMediaType,
            post("Content-Encoding: gzip, br", "Content-Length: 57", body: body), says: "gzip, br"),
        .unserved(
            "gzip twice", "9110 §8.4", .unsupportedMediaType,
            post("Content-Encoding: gzip, gzip", "Content-Length: 57", body: body)),
        .unserved(
            "gzip that isn't", "9110 §8.4.1.3", .malformedRequest,
            post("Content-Encoding: gzip", "Content-Length: 57", body: body), says: "gzip"),
        .unserved(
            "an unknown content coding of chunks", "9110 §8.4", .unsupportedMediaType,
            post(
                "Content-Encoding: zstd", "Transfer-Encoding: chunked",
                body: "39\r\n\(body)\r\n0\r\n\r\n")),
        .unserved(
            "an unknown content coding beside identity", "9110 §8.4",
            .unsupportedMediaType,
            post("Content-Encoding: identity, br", "Content-Length: 57", body: body)),
        .unserved(
            "an unknown content coding in a second line", "9110 §8.4",
            .unsupportedMediaType,
            post(
                "Content-Encoding: identity", "Content-Encoding: br", "Content-Length: 57",
                body: body)),
        .served(
            "identity, which says nothing", "9110 §8.4.1",
            post("Content-Encoding: Identity", "Content-Length: 57", body: body),
            says: prediction),
        .served("a content coding without a body", "9110 §8.4", get("Content-Encoding: br")),
        .served(
            "Accept of another type, which is disregarded", "9110 §12.5.1",
            get("Accept: text/html"), fields: ["content-type": "application/json"]),
        .served(
            "Accept of JSON, but not at all", "9110 §12.5.1",
            get("Accept: application/json;q=0")),
        .served("Accept of anything", "9110 §12.5.1", get("Accept: */*")),
        .served("an Accept that can't be read", "9110 §12.5.1", get("Accept: ;;q==,")),
        .served(
            "Accept-Encoding of an unknown coding", "9110 §12.5.3",
            get("Accept-Encoding: br;q=1, x")),
        .served("Accept-Charset", "9110 §12.5.2", get("Accept-Charset: utf-16")),
    ]
}
