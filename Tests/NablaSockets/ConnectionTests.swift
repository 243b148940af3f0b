import Glibc
import NablaHTTP
import Testing

@testable import NablaSockets

@Suite struct ConnectionTests {
    private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("pipelined requests are answered in order, one at a time, on whatever thread")
    func pipelining() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            let paths = (0..<100).map { $0 % 3 == 0 ? "/later" : "/\($0)" }
            client.send(
                paths.map { "POST \($0) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" }
                    .joined())
            for path in paths {
                let answer = try client.answer()
                #expect(answer.field("X-Path") == path)
                #expect(answer.text == "hi")
            }
        }
    }

    @Test("connections that are served in one round each get their own answers, in order")
    func oneRound() throws {
        try Fixture().run { fixture in
            let pausing = try fixture.client()
            let clients = try (0..<40).map { _ in try fixture.client() }
            pausing.send("GET /pause HTTP/1.1\r\nHost: a\r\n\r\n")
            // While the loop is kept, so that it finds them all at once.
            for (index, client) in clients.enumerated() {
                client.send(
                    "GET /\(index) HTTP/1.1\r\nHost: a\r\n\r\n"
                        + "GET /\(index)/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            }
            #expect(try pausing.answer().field("X-Path") == "/pause")
            for (index, client) in clients.enumerated() {
                #expect(try client.answer().field("X-Path") == "/\(index)")
                let last = try client.answer()
                #expect(last.field("X-Path") == "/\(index)/last")
                #expect(last.field("Connection") == "close")
                #expect(try client.isEnded())
            }
        }
    }

    @Test("a request is handed on only when the one before it is answered")
    func oneAtATime() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            client.send(
                "GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = try fixture.held.next()
            // The other connection's answer shows that the loop has gone round since.
            let other = try fixture.client()
            other.send(get)
            _ = try other.answer()
            #expect(fixture.held.isEmpty)
            first.respond(Response(status: .ok, body: [0x31]))
            #expect(try client.answer().text == "1")
            try fixture.held.next().respond(Response(status: .ok, body: [0x32]))
            #expect(try client.answer().text == "2")
        }
    }

    @Test("HEAD is answered with the length of the body it doesn't get")
    func head() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            client.send("HEAD /hold HTTP/1.1\r\nHost: a\r\n\r\n" + get)
            try fixture.held.next().respond(Response(status: .ok, body: [1, 2, 3]))
            #expect(try client.answer(toHead: true).field("Content-Length") == "3")
            #expect(try client.answer().field("X-Path") == "/a")
        }
    }

    @Test("every answer has Date, Server and Content-Length")
    func commonFields() throws {
        try Fixture { $0.serverName = "test" }.run { fixture in
            let client = try fixture.client()
            client.send(get)
            let answer = try client.answer()
            #expect(answer.field("Server") == "test")
            #expect(answer.field("Date")?.hasSuffix(" GMT") == true)
            #expect(answer.field("Content-Length") == "0")
            #expect(answer.field("Connection") == nil)
        }
    }

    @Test("a client that expects 100 Continue gets it before it sends its body")
    func continues() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            client.send(
                "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try client.answer().status == 100)
            client.send("hello")
            #expect(try client.answer().text == "hello")
        }
    }

    @Test("a client that expects 100 Continue with too long a body gets 413 instead")
    func refusesToContinue() throws {
        try Fixture { $0.limits.bodyBytes = 4 }.run { fixture in
            let client = try fixture.client()
            client.send(
                "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try client.answer().status == 413)
            #expect(try client.isEnded())
        }
    }

    @Test("eight megabytes come back as they were, with a length and in chunks")
    func largeBody() throws {
        try Fixture().run { fixture in
            let body = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            let client = try fixture.client()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
            #expect(try client.answer().body == body)
            client.send("POST /later HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for start in stride(from: 0, to: body.count, by: 1 << 20) {
                client.send(ResponseChunk.frame(Array(body[start..<start + (1 << 20)])))
            }
            client.send(ResponseChunk.last)
            #expect(try client.answer().body == body)
        }
    }

    @Test("a client that sends a refused body to its end still reads the answer")
    func lingers() throws {
        try Fixture { $0.limits.bodyBytes = 1000 }.run { fixture in
            let client = try fixture.client()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
            #expect(client.send([UInt8](repeating: 0, count: 4_000_000)))
            #expect(try client.answer().status == 413)
            #expect(try client.isEnded())
        }
    }

    @Test("a refused client that never stops sending is cut")
    func stopsLingering() throws {
        try Fixture {
            $0.limits.bodyBytes = 1000
            $0.lingerBytes = 1 << 20
        }.run { fixture in
            let client = try fixture.client()
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
            #expect(!client.send([UInt8](repeating: 0, count: 100_000_000)))
        }
    }

    @Test(
        "a client that half-closes after its request gets its answer", arguments: ["/a", "/later"])
    func halfClose(_ path: String) throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            client.finishSending()
            #expect(try client.answer().field("X-Path") == path)
            #expect(try client.isEnded())
        }
    }

    @Test("a client that half-closes while its request is under way gets its answer")
    func halfCloseUnderWay() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            let responder = try fixture.held.next()
            client.finishSending()
            try fixture.waitFor { if case .clientLeft = $0 { true } else { false } }
            responder.respond(Response(status: .ok, body: [0x31]))
            #expect(try client.answer().text == "1")
            #expect(try client.isEnded())
        }
    }

    @Test(
        "a client that half-closes within a message is told so",
        arguments: [
            "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel",
        ])
    func cutShort(_ text: String) throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            client.send(text)
            client.finishSending()
            #expect(try client.answer().status == 400)
            #expect(try client.isEnded())
        }
    }

    @Test(
        "who waits for an answer and leaves is noticed, in order or by a reset",
        arguments: [
            false, true,
        ])
    func disconnect(_ resets: Bool) throws {
        try Fixture().run { fixture in
            let left = Inbox<Bool>()
            var client: Client? = try fixture.client()
            client?.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            let responder = try fixture.held.next()
            responder.onDisconnect { left.put(true) }
            #expect(!responder.isDisconnected)
            if resets { client?.resetWhenClosed() }
            client = nil
            #expect(try left.next())
            #expect(responder.isDisconnected)
            let late = Inbox<Bool>()
            responder.onDisconnect { late.put(true) }
            #expect(try late.next())
            // Answering one who has gone does nothing, and the server goes on.
            responder.respond(Response(status: .ok))
            let other = try fixture.client()
            other.send(get)
            #expect(try other.answer().status == 200)
            try fixture.waitFor { if case .connectionClosed = $0 { true } else { false } }
        }
    }

    @Test("a client that leaves in the middle of a body leaves nothing behind")
    func leavesWithinBody() throws {
        try Fixture { $0.connections = 1 }.run { fixture in
            for _ in 0..<20 {
                var client: Client? = try fixture.client()
                client?.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nhel")
                try fixture.waitFor { if case .received = $0 { true } else { false } }
                client?.resetWhenClosed()
                client = nil
                try fixture.waitFor { if case .connectionClosed = $0 { true } else { false } }
            }
            // Only one seat: had any been kept, this would be refused.
            let client = try fixture.client()
            client.send(get)
            #expect(try client.answer().status == 200)
        }
    }

    @Test("only the first answer counts")
    func answersOnce() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            let responder = try fixture.held.next()
            responder.respond(Response(status: .ok, body: [0x31]))
            responder.respond(Response(status: .ok, body: [0x32]))
            #expect(responder.beginStream(fields: Fields()) == nil)
            #expect(try client.answer().text == "1")
            client.send(get)
            #expect(try client.answer().field("X-Path") == "/a")
        }
    }

    @Test("events tell what was received, sent, refused and handed on")
    func events() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            client.send(get + "bad\r\n")
            let answers = try client.rest()
            var totals = (received: 0, sent: 0, requests: 0, refused: 0)
            try fixture.waitFor { event in
                switch event {
                case .received(let bytes): totals.received += bytes
                case .sent(let bytes): totals.sent += bytes
                case .connectionClosed(let requests): totals.requests += requests
                case .messageRefused: totals.refused += 1
                default: break
                }
                return totals.sent == answers.count && totals.requests == 1
            }
            #expect(totals.received == get.utf8.count + 5)
            #expect(totals.refused == 1)
        }
    }
}
