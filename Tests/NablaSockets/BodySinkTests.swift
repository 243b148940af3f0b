import Dispatch
import Glibc
import NablaHTTP
import Synchronization
import Testing

@testable import NablaSockets

/// Bodies that a handler takes while they arrive.
@Suite struct BodySinkTests {
    /// Takes a body, and has room only when the test says so.
    private final class Sink: BodySink {
        let byteLimit = 64 << 20
        let whenRoom: @Sendable () -> Void
        private let state = Mutex<(bytes: [UInt8], hasRoom: Bool)>(([], false))
        let taken = Inbox<Int>()

        init(whenRoom: @escaping @Sendable () -> Void) {
            self.whenRoom = whenRoom
        }

        var bytes: [UInt8] { state.withLock { $0.bytes } }

        func makeRoom() {
            state.withLock { $0.hasRoom = true }
            whenRoom()
        }

        func take(_ bytes: Span<UInt8>) -> Bool {
            let hasRoom = state.withLock { state in
                bytes.withUnsafeBufferPointer { state.bytes += $0 }
                return state.hasRoom
            }
            taken.put(bytes.count)
            return hasRoom
        }
    }

    /// Answers with what the sink has.
    private final class Handler: RequestHandler {
        let sinks = Inbox<Sink>()

        func handle(_ request: consuming Request, later: () -> Responder) -> Handling {
            let body = (request.sink as? Sink)?.bytes ?? request.body
            return .answered(Response(status: .ok, body: body))
        }

        func sink(
            for head: RequestHead, whenRoom: @escaping @Sendable () -> Void
        ) -> (any BodySink)? {
            guard head.target.path == "/sink" else { return nil }
            let sink = Sink(whenRoom: whenRoom)
            sinks.put(sink)
            return sink
        }

        func response(to error: MessageError, of head: RequestHead?) -> Response {
            Response(status: error.status)
        }
    }

    private func withServer(_ body: (Client, Handler) throws -> Void) throws {
        let handler = Handler()
        let server = Server(
            configuration: ServerConfiguration(addresses: [try ListenAddress("127.0.0.1:0")]),
            handler: handler)
        let address = try #require(try server.start().first)
        defer { server.shutDown(within: .zero) }
        try body(Client(address), handler)
    }

    @Test("nothing is received while the sink has no room, and all once it has")
    func waitsForRoom() throws {
        let body = (0..<(32 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try withServer { client, handler in
            let counts = Inbox<[Int]>()
            // Sending blocks, because the server takes nothing.
            DispatchQueue.global().async {
                guard let sink = try? handler.sinks.next(), let first = try? sink.taken.next()
                else { return counts.put([]) }
                usleep(100_000)
                counts.put([first, sink.bytes.count])
                sink.makeRoom()
            }
            client.send("PUT /sink HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            #expect(client.send(body))
            let (first, later) = try { ($0.first ?? 0, $0.last ?? 0) }(counts.next())
            #expect(first > 0 && first <= 64 << 10 && later == first)
            #expect(try client.answer().body == body)
            // The connection goes on, with memory and with another sink.
            client.send("PUT /memory HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            #expect(try client.answer().text == "hi")
            client.send(
                "PUT /sink HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "2\r\nhi\r\n0\r\n\r\n")
            #expect(try client.answer().text == "hi")
        }
    }

    @Test("a sink is dropped with a client that leaves, and so is one without room")
    func dropped() throws {
        try withServer { client, handler in
            client.send("PUT /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
            weak let sink = try handler.sinks.next()
            _ = try #require(sink).taken.next()
            client.finishSending()
            // It has no room, so what the client did is found out when it has.
            sink?.makeRoom()
            #expect(try client.answer().status == 400)
            #expect(try client.isEnded())
            for _ in 0..<1000 where sink != nil { usleep(10_000) }
            #expect(sink == nil)
        }
    }
}
