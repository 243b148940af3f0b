import NablaHTTP
import Testing

@testable import NablaSockets

@Suite struct LimitTests {
    private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("one connection too many is told so, and its seat is free when another leaves")
    func connections() throws {
        try Fixture { $0.connections = 2 }.run { fixture in
            let first = try fixture.client()
            var second: Client? = try fixture.client()
            for client in [first, second] {
                client?.send(get)
                #expect(try client?.answer().status == 200)
            }
            let third = try fixture.client()
            #expect(try third.answer().status == 503)
            #expect(try third.isEnded())
            second = nil
            try fixture.waitFor { if case .connectionClosed = $0 { true } else { false } }
            let fourth = try fixture.client()
            fourth.send(get)
            #expect(try fourth.answer().status == 200)
            first.send(get)
            #expect(try first.answer().status == 200)
        }
    }

    @Test("a connection ends after as many requests as it may make")
    func requests() throws {
        try Fixture { $0.requestsPerConnection = 2 }.run { fixture in
            let client = try fixture.client()
            client.send(get + get + get)
            #expect(try client.answer().field("Connection") == nil)
            #expect(try client.answer().field("Connection") == "close")
            #expect(try client.isEnded())
        }
    }

    @Test("a silent client is closed without a word", arguments: [false, true])
    func idle(_ after: Bool) throws {
        try Fixture {
            $0.timeouts.head = .milliseconds(after ? 60_000 : 100)
            $0.timeouts.idle = .milliseconds(after ? 100 : 60_000)
        }.run { fixture in
            let client = try fixture.client()
            if after {
                client.send(get)
                _ = try client.answer()
            }
            #expect(try client.isEnded())
            try fixture.waitFor { if case .timedOut(.idle) = $0 { true } else { false } }
        }
    }

    @Test(
        "a slow head and a slow body are answered with 408",
        arguments: [
            "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhel",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhel",
        ])
    func slowRequest(_ start: String) throws {
        try Fixture {
            $0.timeouts.head = .milliseconds(100)
            $0.timeouts.body = .milliseconds(100)
        }.run { fixture in
            let client = try fixture.client()
            client.send(start)
            #expect(try client.answer().status == 408)
            #expect(try client.isEnded())
        }
    }

    @Test("a client that doesn't take its answer is cut")
    func slowReader() throws {
        try Fixture { $0.timeouts.write = .milliseconds(200) }.run { fixture in
            let client = try fixture.client(receiveBuffer: 4096)
            client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            try fixture.held.next().respond(
                Response(status: .ok, body: [UInt8](repeating: 0, count: 16 << 20)))
            try fixture.waitFor { if case .timedOut(.sending) = $0 { true } else { false } }
            #expect(throws: Client.Failure.self) { try client.answer() }
        }
    }

    @Test("two hundred clients at once are all served, by one loop and by two", arguments: [1, 2])
    func manyConnections(_ loops: Int) throws {
        try Fixture { $0.loops = loops }.run { fixture in
            let clients = try (0..<200).map { _ in try fixture.client() }
            for round in 0..<3 {
                for (index, client) in clients.enumerated() {
                    let path = index % 2 == 0 ? "/later" : "/\(index)"
                    let body = "\(round) \(index)"
                    let length = "Content-Length: \(body.utf8.count)"
                    client.send(
                        "POST \(path) HTTP/1.1\r\nHost: a\r\n\(length)\r\n\r\n"
                            + body)
                }
                for (index, client) in clients.enumerated() {
                    #expect(try client.answer().text == "\(round) \(index)")
                }
            }
        }
    }
}
