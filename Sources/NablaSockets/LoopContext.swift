import Glibc
import NablaHTTP

/// What every loop and every thread that answers shares.
final class LoopServices: Sendable {
    let configuration: ServerConfiguration
    let handler: any RequestHandler
    let onEvent: @Sendable (ServerEvent) -> Void
    let connections: Allowance
    /// Connections that are only told that there are too many.
    let refusals = Allowance(limit: ServerConfiguration.refusals)
    let streams: Allowance

    init(
        configuration: ServerConfiguration, handler: any RequestHandler,
        onEvent: @escaping @Sendable (ServerEvent) -> Void
    ) {
        self.configuration = configuration
        self.handler = handler
        self.onEvent = onEvent
        connections = Allowance(limit: configuration.connections)
        streams = Allowance(limit: configuration.eventStreams)
    }
}

/// What the connections of one loop share; touched on the loop's thread alone.
final class LoopContext {
    let services: LoopServices
    let mailbox: Mailbox
    /// When the current round began: exact enough for deadlines, and read once for many events.
    private(set) var now = LoopClock.now
    // Nothing is called while it is read or changed that could do the other; asking for that each time costs more than
    // reading it.
    @exclusivity(unchecked) private(set) var stamp: ResponseStamp
    /// Where bytes are received before it is known what they are.
    let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 << 10)
    /// What was received and sent since it was told.
    var (bytesReceived, bytesSent) = (0, 0)
    /// Connections whose answers wait for those of the round's other connections.
    ///
    /// Each send wakes a client that sleeps, which costs as much as a small request: sent together,
    /// the first wakes it and the others find it awake.
    // As with `stamp`.
    @exclusivity(unchecked) private var held: [Token] = []
    private var holdsSince = LoopClock.now
    private var holds = false

    /// The most answers that wait for one another, and how long the first waits at most.
    private static let heldLimit = (count: 16, time: Duration.microseconds(100))

    init(_ mailbox: Mailbox) {
        self.mailbox = mailbox
        services = mailbox.services
        stamp = ResponseStamp(server: services.configuration.serverName)
    }

    deinit {
        scratch.deallocate()
    }

    /// Reads both clocks; answers may be held from now on if there are several to come.
    func beginRound(events: Int) {
        now = LoopClock.now
        holds = events > 1
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        stamp.update(seconds: time.tv_sec)
    }

    /// Whether a connection may leave its answer unsent until `takeHeld` gives its token.
    func hold(_ token: Token) -> Bool {
        guard holds else { return false }
        if held.isEmpty { holdsSince = LoopClock.now }
        held.append(token)
        return true
    }

    /// Whether the answers held are to be sent before more is done; the clock is looked at once for four of them.
    var mustSendHeld: Bool {
        guard !held.isEmpty, held.count.isMultiple(of: 4) else { return false }
        return held.count >= Self.heldLimit.count
            || LoopClock.now - holdsSince >= Self.heldLimit.time
    }

    /// The connections whose answers were held.
    func takeHeld() -> [Token] {
        guard !held.isEmpty else { return [] }
        var taken: [Token] = []
        taken.reserveCapacity(Self.heldLimit.count)
        swap(&taken, &held)
        return taken
    }

    /// Has every answer sent at once until the next round.
    func endHolding() { holds = false }

    /// Tells how many bytes a round has received and sent.
    func tellBytes() {
        if bytesReceived > 0 { services.onEvent(.received(bytes: bytesReceived)) }
        if bytesSent > 0 { services.onEvent(.sent(bytes: bytesSent)) }
        (bytesReceived, bytesSent) = (0, 0)
    }
}

/// The clock of deadlines; goes on while the machine sleeps, as its clients do.
enum LoopClock {
    static var now: ConnectionLife.Instant {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
