import Testing

@testable import NablaHTTP

@Suite struct ConnectionLifeTests {
    private let start = ConnectionLife.Instant.seconds(1_000)
    private let timeouts = ConnectionTimeouts(
        head: .seconds(10), body: .seconds(20), minimumBodyRate: 100, idle: .seconds(75),
        write: .seconds(30), linger: .seconds(5), heartbeat: .seconds(15))

    private func life(requestLimit: Int = 100) -> ConnectionLife {
        ConnectionLife(timeouts: timeouts, requestLimit: requestLimit, now: start)
    }

    private func after(_ seconds: Double) -> ConnectionLife.Instant { start + .seconds(seconds) }

    private static func request(_ version: String = "1.1", _ field: String = "") throws
        -> RequestHead
    {
        try head("GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n")
    }

    @Test("a connection that sends nothing is closed without a word when a head was due")
    func silentConnection() {
        var life = life()
        #expect(life.tick(now: after(9.9)) == .wait)
        #expect(life.tick(now: after(10)) == .close)
        #expect(life.phase == .closed)
    }

    @Test("a head's time runs from its first byte, whatever trickles in")
    func slowHead() {
        var life = life()
        life.received(.inHead, now: after(1))
        life.received(.inHead, now: after(10))
        #expect(life.tick(now: after(10.9)) == .wait)
        guard case .refuse(let error) = life.tick(now: after(11)) else {
            Issue.record("not refused")
            return
        }
        #expect(error.status == .requestTimeout)
        #expect(life.phase == .sending)
        #expect(life.sentAll(unread: false, now: after(11)) == .linger)
    }

    @Test("a body's time grows with what arrives, at the minimum rate")
    func slowBody() {
        var life = life()
        life.received(.inBody(received: 0), now: after(0))
        #expect(life.deadline == after(20))
        life.received(.inBody(received: 1000), now: after(15))
        #expect(life.deadline == after(30))
        #expect(life.tick(now: after(30)) != .wait)
    }

    @Test("what came at once grants no time to a client that sends nothing more")
    func stalledBody() {
        var life = life()
        life.received(.inBody(received: 0), now: after(0))
        life.received(.inBody(received: 1_000_000), now: after(1))
        #expect(life.deadline == after(21))
        #expect(life.tick(now: after(20.9)) == .wait)
        guard case .refuse(let error) = life.tick(now: after(21)) else {
            Issue.record("not refused")
            return
        }
        #expect(error.status == .requestTimeout)
    }

    @Test("a client does not pay for the time in which there is no room for its body")
    func bodyWithoutRoom() {
        var life = life()
        life.received(.inBody(received: 0), now: after(0))
        life.received(.inBody(received: 1000), now: after(5))
        life.waitsForRoom(now: after(5))
        #expect(life.deadline == nil)
        #expect(life.tick(now: after(1e6)) == .wait)
        life.received(.inBody(received: 1000), now: after(105))
        // Of the thirty seconds that were granted by then, five have been used.
        #expect(life.deadline == after(125))
        life.received(.inBody(received: 1000), now: after(120))
        #expect(life.deadline == after(130))
    }

    @Test("an answer before the body ends the connection, which lingers")
    func leftBody() throws {
        var life = life()
        life.handedOn(try Self.request(), leavingBody: true)
        #expect(life.answered(now: start) == .none)
        #expect(life.sentAll(unread: false, now: start) == .linger)
    }

    @Test("a handler has all the time it wants; the client has the write time-out")
    func answering() throws {
        var life = life()
        life.handedOn(try Self.request())
        #expect(life.deadline == nil)
        #expect(life.tick(now: after(1e6)) == .wait)
        #expect(life.answered(now: after(100)) == .implied)
        life.sentPart(true, now: after(120))
        life.sentPart(false, now: after(149))
        #expect(life.tick(now: after(149.9)) == .wait)
        #expect(life.tick(now: after(150)) == .close)
    }

    @Test("an answered connection is read again and then may idle")
    func keptAlive() throws {
        var life = life()
        life.handedOn(try Self.request())
        _ = life.answered(now: after(1))
        #expect(life.sentAll(unread: true, now: after(2)) == .read)
        #expect(life.phase == .idle)
        #expect(life.tick(now: after(76.9)) == .wait)
        #expect(life.tick(now: after(77)) == .close)
    }

    @Test(
        "the last answer says so, and the connection ends after it",
        arguments: [
            ("1.1", "Connection: close\r\n", 100), ("1.0", "", 100), ("1.1", "", 1),
        ])
    func lastAnswer(_ version: String, _ field: String, _ limit: Int) throws {
        for unread in [false, true] {
            var life = life(requestLimit: limit)
            life.handedOn(try Self.request(version, field))
            #expect(life.answered(now: start) == .none)
            #expect(life.sentAll(unread: unread, now: start) == (unread ? .linger : .close))
        }
    }

    @Test("a 1.0 client hears that its connection is kept")
    func keptAlive10() throws {
        var life = life()
        life.handedOn(try Self.request("1.0", "Connection: keep-alive\r\n"))
        #expect(life.answered(now: start) == .stated)
    }

    @Test("a client that half-closes between messages, within one, and while it waits")
    func halfClose() throws {
        var idle = life()
        #expect(idle.peerFinished(now: start) == .close)
        var reading = life()
        reading.received(.inHead, now: start)
        guard case .refuse(let error) = reading.peerFinished(now: start) else {
            Issue.record("not refused")
            return
        }
        #expect(error.status == .badRequest)
        #expect(reading.sentAll(unread: false, now: start) == .close)
        var waiting = life()
        waiting.handedOn(try Self.request())
        #expect(waiting.peerFinished(now: start) == .wait)
        _ = waiting.answered(now: start)
        #expect(waiting.sentAll(unread: false, now: start) == .read)
    }

    @Test("lingering ends with the client's end, or with its time")
    func lingering() {
        var life = life()
        life.refused(now: start)
        #expect(life.sentAll(unread: false, now: start) == .linger)
        var other = life
        #expect(life.peerFinished(now: after(1)) == .close)
        #expect(other.tick(now: after(4.9)) == .wait)
        #expect(other.tick(now: after(5)) == .close)
    }

    @Test("draining closes the idle, and lets the others finish as their last")
    func draining() throws {
        var idle = life()
        #expect(idle.drain() == .close)
        var busy = life()
        busy.handedOn(try Self.request())
        #expect(busy.drain() == .wait)
        #expect(busy.answered(now: start) == .none)
        #expect(busy.sentAll(unread: false, now: start) == .close)
        var streaming = life()
        streaming.handedOn(try Self.request())
        #expect(streaming.streamBegan(untilClose: false, now: start) == .implied)
        #expect(streaming.drain() == .wait)
        streaming.streamEnded(now: start)
        #expect(streaming.sentAll(unread: false, now: start) == .close)
    }

    @Test("a stream waits and beats while its client keeps up, and ends in order")
    func streaming() throws {
        var life = life()
        life.handedOn(try Self.request())
        #expect(life.streamBegan(untilClose: false, now: start) == .implied)
        life.sentPart(true, now: after(1))
        #expect(life.deadline == after(31))
        #expect(life.sentAll(unread: false, now: after(2)) == .wait)
        #expect(life.tick(now: after(16.9)) == .wait)
        #expect(life.tick(now: after(17)) == .beat)
        #expect(life.deadline == after(32))
        #expect(life.sentAll(unread: false, now: after(18)) == .wait)
        #expect(life.tick(now: after(33)) == .beat)
        life.streamEnded(now: after(1000))
        #expect(life.sentAll(unread: false, now: after(1000)) == .read)
    }

    @Test("a client that takes nothing of a stream is not kept by heartbeats")
    func streamThatIsNotRead() throws {
        var life = life()
        life.handedOn(try Self.request())
        #expect(life.streamBegan(untilClose: false, now: start) == .implied)
        #expect(life.tick(now: after(15)) == .beat)
        life.sentPart(false, now: after(16))
        life.sentPart(false, now: after(40))
        #expect(life.tick(now: after(45.9)) == .wait)
        #expect(life.tick(now: after(46)) == .close)
    }

    @Test("a stream without chunks ends with its connection")
    func streamUntilClose() throws {
        var life = life()
        life.handedOn(try Self.request("1.0", "Connection: keep-alive\r\n"))
        #expect(life.streamBegan(untilClose: true, now: start) == .none)
        life.streamEnded(now: start)
        #expect(life.sentAll(unread: false, now: start) == .close)
    }
}
