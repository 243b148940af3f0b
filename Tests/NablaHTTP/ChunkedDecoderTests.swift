import NablaHTTP
import Testing

@Suite struct ChunkedDecoderTests {
    /// Decodes a text in pieces of `size` bytes.
    private func decode(
        _ text: String, pieces size: Int, limits: HTTPLimits = HTTPLimits()
    ) throws(MessageError) -> (body: String, used: Int, isComplete: Bool) {
        let bytes = Array(text.utf8)
        var decoder = ChunkedDecoder(limits: limits)
        var body: [UInt8] = []
        var used = 0
        while used < bytes.count {
            let piece = Array(bytes[used..<min(used + size, bytes.count)])
            let (consumed, isComplete) = try decoder.decode(piece.span, into: &body)
            used += consumed
            if isComplete { return (String(decoding: body, as: UTF8.self), used, true) }
        }
        return (String(decoding: body, as: UTF8.self), used, false)
    }

    @Test(
        "chunks, extensions and trailers are taken off, however they arrive",
        arguments: [
            "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
            "00b;a=\"b c\";d\r\nhello world\r\n0;x\r\nA: b\r\nC:\r\n\r\n",
            "1\r\nh\r\nA\r\nello world\r\n000\r\n\r\n",
            "b \t ;a\r\nhello world\r\n0 ;\r\n\r\n",
        ])
    func takesChunksOff(_ text: String) throws {
        for size in 1...text.utf8.count {
            let (body, used, isComplete) = try decode(text + "GET", pieces: size)
            #expect(body == "hello world")
            #expect(used == text.utf8.count)
            #expect(isComplete)
        }
        for end in 0..<text.utf8.count {
            let prefix = String(decoding: Array(text.utf8)[..<end], as: UTF8.self)
            #expect(try !decode(prefix, pieces: 3).isComplete)
        }
    }

    @Test(
        "what is no chunk is refused",
        arguments: [
            "\r\n", "g\r\n", "-1\r\n", " 1\r\n", "1 \r\n", "1 2", "1 \t\r\n", "0x1\r\n", ";a\r\n",
            "1\n", "1\r\r",
            "1;a\nb\r\n", "1;\u{7F}\r\n", "1\r\nab", "1\r\na\n", "1\r\na\r\r",
            "0000000000000000\r\n",
            "0\r\n\n", "0\r\nA b\r\n", "0\r\n: a\r\n", "0\r\nA: b\n", "0\r\nA: \rb",
            "0\r\n A: b\r\n",
            "0\r\nA: \u{1}",
        ])
    func refusesOthers(_ text: String) {
        for size in [1, 100] {
            let error = #expect(throws: MessageError.self) { _ = try decode(text, pieces: size) }
            #expect(error?.status == .badRequest)
        }
    }

    @Test(
        "every size is bounded",
        arguments: [
            ("9\r\n", HTTPLimits(bodyBytes: 8), 413),
            ("5\r\nhello\r\n4\r\n", HTTPLimits(bodyBytes: 8), 413),
            ("7fffffffffffffff\r\n", HTTPLimits(), 400),
            ("7fffffffffffff\r\n", HTTPLimits(), 413),
            ("1;abcdefgh\r\n", HTTPLimits(chunkLineBytes: 8), 400),
            ("1        ;", HTTPLimits(chunkLineBytes: 8), 400),
            ("1;abc\r\na\r\n1;abc\r\n", HTTPLimits(chunkExtensionBytes: 5), 400),
            ("0\r\nA: b\r\n", HTTPLimits(trailerBytes: 5), 431),
            ("0\r\nA: b\r\nC: d\r\n", HTTPLimits(fieldCount: 1), 431),
        ])
    func bounds(_ text: String, _ limits: HTTPLimits, _ code: Int) {
        let error = #expect(throws: MessageError.self) {
            _ = try decode(text, pieces: 1, limits: limits)
        }
        #expect(error?.status.code == code)
    }
}
