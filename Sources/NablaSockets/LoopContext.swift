import Glibc
import NablaHTTP

/// What every loop and every thread that answers shares.
final class LoopServices: Sendable {
    let configuration: ServerConfiguration
    let handler: any RequestHandler
    let onEvent: @Sendable (ServerEvent) -> Void
    let connections: Allowance
    /// Connections that are only told that there are too many.
    let refusals = Allowance(limit: 64)
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
    private(set) var now = ContinuousClock.now
    private(set) var stamp: ResponseStamp
    /// Where bytes are received before it is known what they are.
    var scratch = [UInt8](repeating: 0, count: 64 << 10)

    init(services: LoopServices, mailbox: Mailbox) {
        self.services = services
        self.mailbox = mailbox
        stamp = ResponseStamp(server: services.configuration.serverName)
    }

    /// Reads both clocks.
    func beginRound() {
        now = ContinuousClock.now
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        stamp.update(seconds: time.tv_sec)
    }
}
