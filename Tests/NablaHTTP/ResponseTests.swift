import NablaHTTP
import Testing

@Suite struct ResponseTests {
    private func written(
        _ status: Status, _ framing: ResponseHead.Framing, _ persistence: ResponseHead.Persistence
    ) -> String {
        var bytes: [UInt8] = []
        ResponseHead.write(
            status, ["A": "b"], framing: framing, persistence: persistence,
            common: Array("Date: d\r\n".utf8), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a head has its status line, common lines, fields, framing and persistence")
    func head() {
        #expect(
            written(.ok, .length(120), .implied)
                == "HTTP/1.1 200 OK\r\nDate: d\r\nA: b\r\nContent-Length: 120\r\n\r\n")
        #expect(
            written(.notFound, .length(0), .none)
                == "HTTP/1.1 404 Not Found\r\nDate: d\r\nA: b\r\nContent-Length: 0\r\n"
                + "Connection: close\r\n\r\n")
        #expect(
            written(.created, .chunked, .stated)
                == "HTTP/1.1 201 Created\r\nDate: d\r\nA: b\r\nTransfer-Encoding: chunked\r\n"
                + "Connection: keep-alive\r\n\r\n")
        #expect(
            written(.fieldsTooLarge, .length(0), .implied).hasPrefix(
                "HTTP/1.1 431 Request Header Fields Too Large\r\nDate: d\r\n"))
        // The space stays where there is no phrase (RFC 9112 §4).
        #expect(written(Status(code: 299), .length(0), .implied).hasPrefix("HTTP/1.1 299 \r\n"))
        #expect(
            written(.ok, .length(123_456_789_012), .implied).contains(
                "Content-Length: 123456789012\r\n"))
    }

    @Test(
        "a status that has a name has a phrase",
        arguments: [
            200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 414, 415,
            417, 422, 429, 431, 500, 501, 503, 505,
        ])
    func phrases(code: Int) {
        let line = written(Status(code: code), .untilClose, .implied).prefix { $0 != "\r\n" }
        #expect(line.wholeMatch(of: /HTTP\/1\.1 \d{3} [A-Z][A-Za-z -]+/) != nil, "\(line)")
    }

    @Test("where no body may follow, none is announced")
    func noBody() {
        #expect(
            written(.noContent, .length(0), .implied)
                == "HTTP/1.1 204 No Content\r\nDate: d\r\nA: b\r\n\r\n")
        #expect(!written(.notModified, .chunked, .implied).contains("Transfer-Encoding"))
    }

    @Test("a chunk's size is hexadecimal")
    func chunk() {
        let chunk = ResponseChunk.frame([UInt8](repeating: 0x61, count: 26))
        #expect(
            String(decoding: chunk, as: UTF8.self) == "1a\r\n" + String(repeating: "a", count: 26)
                + "\r\n")
    }

    @Test(
        "dates are those of the calendar",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ])
    func dates(_ seconds: Int, _ text: String) {
        var bytes: [UInt8] = []
        HTTPDate.write(seconds: seconds, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test("the stamp follows the second, and leaves an empty name out")
    func stamp() {
        var stamp = ResponseStamp(server: "nabla")
        stamp.update(seconds: 0)
        #expect(
            String(decoding: stamp.lines, as: UTF8.self)
                == "Server: nabla\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n")
        stamp.update(seconds: 1)
        #expect(String(decoding: stamp.lines, as: UTF8.self).contains("00:00:01"))
        var nameless = ResponseStamp(server: "")
        nameless.update(seconds: 0)
        #expect(nameless.lines.starts(with: "Date: ".utf8))
    }
}
