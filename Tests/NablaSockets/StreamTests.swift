import NablaHTTP
import Testing

@testable import NablaSockets

@Suite struct StreamTests {
    private let fields: Fields = ["Content-Type": "text/event-stream"]
    private let hold = "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"

    private func begin(_ fixture: Fixture, _ client: Client, _ request: String) throws
        -> ResponseStream
    {
        client.send(request)
        return try #require(try fixture.held.next().beginStream(fields: fields))
    }

    @Test("pieces arrive as they are written, and the connection goes on after the last")
    func pieces() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            let stream = try begin(fixture, client, hold)
            #expect(stream.write(Array("data: 1\n\n".utf8)))
            let head = try client.headOfStream()
            #expect(head.field("Transfer-Encoding") == "chunked")
            #expect(head.field("Content-Type") == "text/event-stream")
            #expect(try client.chunk() == Array("data: 1\n\n".utf8))
            #expect(stream.write([]))
            #expect(stream.write(Array("data: 2\n\n".utf8)))
            #expect(try client.chunk() == Array("data: 2\n\n".utf8))
            stream.finish()
            #expect(try client.chunk() == nil)
            #expect(!stream.write([1]))
            client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.answer().field("X-Path") == "/a")
        }
    }

    @Test("a 1.0 client gets plain bytes and the connection's end")
    func untilClose() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            let stream = try begin(
                fixture, client, "GET /hold HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            stream.write([0x31])
            stream.write([0x32])
            stream.finish()
            let answer = try client.answer()
            #expect(answer.field("Connection") == "close")
            #expect(answer.text == "12")
        }
    }

    @Test("a stream asked for with HEAD has a head alone")
    func head() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            let stream = try begin(fixture, client, "HEAD /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(stream.write([0x31]))
            stream.finish()
            #expect(try client.answer(toHead: true).status == 200)
            client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.answer().field("X-Path") == "/a")
        }
    }

    @Test("a client that reads too slowly is cut once the buffer is full")
    func slowReader() throws {
        try Fixture { $0.streamBufferBytes = 64 << 10 }.run { fixture in
            let client = try fixture.client(receiveBuffer: 4096)
            client.send(hold)
            let responder = try fixture.held.next()
            let left = Inbox<Bool>()
            responder.onDisconnect { left.put(true) }
            let stream = try #require(responder.beginStream(fields: fields))
            let piece = [UInt8](repeating: 0x61, count: 32 << 10)
            // The system's own buffers take some megabytes first.
            var written = 0
            while stream.write(piece), written < 100_000 { written += 1 }
            #expect(written < 100_000)
            #expect(!stream.write([1]))
            #expect(try left.next())
            try fixture.waitFor {
                if case .streamClosed(tooSlow: true) = $0 { true } else { false }
            }
        }
    }

    @Test("a client that keeps up gets megabytes through a small buffer")
    func fastReader() throws {
        try Fixture { $0.streamBufferBytes = 64 << 10 }.run { fixture in
            let client = try fixture.client()
            let stream = try begin(fixture, client, hold)
            _ = try client.headOfStream()
            let piece = [UInt8](repeating: 0x61, count: 8 << 10)
            for _ in 0..<500 {
                #expect(stream.write(piece))
                #expect(try client.chunk() == piece)
            }
        }
    }

    @Test("a client that leaves ends its stream")
    func leaves() throws {
        try Fixture().run { fixture in
            var client: Client? = try fixture.client()
            client?.send(hold)
            let responder = try fixture.held.next()
            let left = Inbox<Bool>()
            responder.onDisconnect { left.put(true) }
            let stream = try #require(responder.beginStream(fields: fields))
            _ = try client?.headOfStream()
            client = nil
            #expect(try left.next())
            // The first write may still be taken: it is what tells that nobody is there.
            while stream.write([1]) {}
            try fixture.waitFor {
                if case .streamClosed(tooSlow: false) = $0 { true } else { false }
            }
        }
    }

    @Test("no stream begins for a client that has left, and its seat and stream are free again")
    func beginsTooLate() throws {
        try Fixture {
            $0.eventStreams = 1
            $0.connections = 1
        }.run { fixture in
            var client: Client? = try fixture.client()
            client?.send(hold)
            let responder = try fixture.held.next()
            client = nil
            try fixture.waitFor { if case .clientLeft = $0 { true } else { false } }
            #expect(responder.beginStream(fields: fields) == nil)
            try fixture.waitFor { if case .connectionClosed = $0 { true } else { false } }
            let other = try fixture.client()
            try begin(fixture, other, hold).finish()
            #expect(try other.answer().status == 200)
        }
    }

    @Test("one stream too many is answered with 503, and may begin when another has ended")
    func count() throws {
        try Fixture { $0.eventStreams = 1 }.run { fixture in
            let first = try fixture.client()
            let stream = try begin(fixture, first, hold)
            let second = try fixture.client()
            second.send(hold)
            #expect(try fixture.held.next().beginStream(fields: fields) == nil)
            #expect(try second.answer().status == 503)
            stream.finish()
            try fixture.waitFor { if case .streamClosed = $0 { true } else { false } }
            try begin(fixture, second, hold).finish()
            #expect(try second.answer().status == 200)
        }
    }
}

extension Client {
    /// Reads a head and leaves what follows it.
    func headOfStream() throws -> Answer { try answer(toHead: true) }
}
