import NablaHTTP
import Testing

@Suite struct RequestReaderTests {
    private static let length =
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world"
    private static let chunked =
        "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    private static let empty = "GET /c HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("requests behind one another come out one by one, however they arrive")
    func pipelined() throws {
        let bytes = Array((Self.length + Self.chunked + Self.empty + Self.length).utf8)
        for size in 1...bytes.count {
            var reader = RequestReader(limits: HTTPLimits())
            var found: [String] = []
            var start = 0
            while start < bytes.count {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                start += piece.count
                var outcome = reader.read(piece.span)
                while case .request(let head, let body) = outcome {
                    found.append(head.target.path + ":" + String(decoding: body, as: UTF8.self))
                    #expect(body.isEmpty || body.capacity - body.count >= 64)
                    outcome = reader.next()
                }
                if case .invalid(let error) = outcome { throw error }
            }
            #expect(found == ["/a:hello world", "/b:hello world", "/c:", "/a:hello world"])
            #expect(reader.position == .betweenRequests)
        }
    }

    @Test("a body of announced length is received in place and grows with what arrives")
    func receivesInPlace() throws {
        let length = 5_000_000
        var reader = RequestReader(limits: HTTPLimits())
        let head = Array("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n".utf8)
        guard case .needsMore = reader.read(head.span) else { throw UnexpectedResult(text: "head") }
        #expect(reader.position == .inBody(received: 0))
        var received = 0
        var calls = 0
        while true {
            let outcome = reader.receiveBody { buffer in
                if received <= length / 8 {
                    // As much again as has arrived, or one step; the allocator may round up by a
                    // quarter.
                    #expect(buffer.count <= max(received, 64 << 10) * 5 / 4)
                } else {
                    #expect(buffer.count == length - received)
                }
                buffer.initializeMemory(as: UInt8.self, repeating: UInt8(calls & 0xFF))
                return buffer.count
            }
            calls += 1
            if case .request(_, let body) = outcome {
                #expect(body.count == length)
                #expect(body.capacity - body.count >= RequestReader.spareBodyBytes)
                break
            }
            guard case .needsMore = outcome, case .inBody(let count) = reader.position else {
                throw UnexpectedResult(text: "body")
            }
            received = count
        }
        #expect(calls < 8)
    }

    @Test("100 Continue is due once, and only while the client can be waiting for it")
    func continues() {
        let expecting =
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        var waiting = RequestReader(limits: HTTPLimits())
        _ = waiting.read(Array(expecting.utf8).span)
        #expect([waiting.takeContinue(), waiting.takeContinue()] == [true, false])
        var eager = RequestReader(limits: HTTPLimits())
        _ = eager.read(Array((expecting + "x").utf8).span)
        #expect(eager.takeContinue() == false)
    }
}
