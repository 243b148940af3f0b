import Dispatch
import NablaHTTP
import Testing

@testable import NablaSockets

@Suite struct ShutDownTests {
    private let hold = "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Shuts a server down on another thread and tells how it went.
    private func shutDown(_ fixture: Fixture, within time: Duration) throws -> Inbox<Bool> {
        let server = try fixture.server
        let done = Inbox<Bool>()
        DispatchQueue.global().async { done.put(server.shutDown(within: time)) }
        return done
    }

    @Test(
        "what was begun is answered as the last, the idle are closed, nobody is let in",
        arguments: [1, 2])
    func graceful(_ loops: Int) throws {
        try Fixture { $0.loops = loops }.run { fixture in
            let idle = try fixture.client()
            idle.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try idle.answer()
            let busy = try fixture.client()
            busy.send(hold)
            let responder = try fixture.held.next()
            let done = try shutDown(fixture, within: .seconds(30))
            #expect(try idle.isEnded())
            #expect(done.isEmpty)
            // With two loops the idle connection may end before the listener does.
            let deadline = ContinuousClock.now + .seconds(10)
            while (try? fixture.client()) != nil, ContinuousClock.now < deadline {}
            #expect(throws: Client.Failure.self) { try fixture.client() }
            responder.respond(Response(status: .ok, body: [0x31]))
            let answer = try busy.answer()
            #expect(answer.text == "1")
            // With two loops the busy one may hear of the end after this answer: then it just ends.
            if loops == 1 { #expect(answer.field("Connection") == "close") }
            #expect(try busy.isEnded())
            #expect(try done.next())
        }
    }

    @Test("open streams are ended in order")
    func streams() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            client.send(hold)
            let stream = try #require(try fixture.held.next().beginStream(fields: Fields()))
            stream.write([0x31])
            let head = try client.headOfStream()
            #expect(head.status == 200)
            let done = try shutDown(fixture, within: .seconds(30))
            #expect(try client.chunk() == [0x31])
            #expect(try client.chunk() == nil)
            #expect(try done.next())
            #expect(!stream.write([0x32]))
        }
    }

    @Test("what isn't done in time is cut")
    func cut() throws {
        try Fixture().run { fixture in
            let client = try fixture.client()
            client.send(hold)
            let responder = try fixture.held.next()
            let left = Inbox<Bool>()
            responder.onDisconnect { left.put(true) }
            #expect(try fixture.server.shutDown(within: .milliseconds(50)) == false)
            #expect(try left.next())
            #expect(try client.isEnded())
            #expect(try fixture.server.shutDown(within: .zero) == false)
        }
    }

    @Test("a server starts once")
    func startsOnce() throws {
        try Fixture().run { fixture in
            let error = #expect(throws: ServerError.self) { try fixture.server.start() }
            #expect(error?.description == "a server starts once; make another one")
        }
    }
}
