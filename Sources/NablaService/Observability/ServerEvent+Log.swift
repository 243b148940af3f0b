import Glibc
import Logging
import NablaHTTP
import NablaSockets

extension ServerEvent {
    /// How much it matters: `trace` where all goes its way, `debug` for what one client did or failed
    /// to do, `warning` where clients are turned away for want of something the operator can give.
    var level: Logger.Level {
        switch self {
        case .connectionOpened, .connectionClosed, .received, .sent, .streamOpened,
            .streamClosed(tooSlow: false):
            .trace
        // `ServiceEvent.refused` says the same, with the id that the client was given.
        case .messageRefused: .trace
        case .timedOut, .clientLeft, .streamClosed(tooSlow: true): .debug
        case .connectionRefused, .acceptFailed: .warning
        }
    }

    /// What happened, as a line of the log.
    var message: String {
        switch self {
        case .connectionOpened: "a client connected"
        case .connectionClosed: "a connection ended"
        case .connectionRefused: "a connection was turned away: http.connections are open already"
        case .received: "bytes were received"
        case .sent: "bytes were sent"
        case .messageRefused(let error): "a message was refused: \(error.detail)"
        case .timedOut: "a connection took too long"
        case .clientLeft: "a client went away before its answer"
        case .streamOpened: "an event stream began"
        case .streamClosed(tooSlow: false): "an event stream ended"
        case .streamClosed(tooSlow: true): "an event stream was cut: its reader was too slow"
        case .acceptFailed: "a connection could not be accepted"
        }
    }

    /// The values that belong to it.
    var metadata: Logger.Metadata {
        switch self {
        case .connectionClosed(let requests): ["requests": "\(requests)"]
        case .received(let bytes), .sent(let bytes): ["bytes": "\(bytes)"]
        case .messageRefused(let error): ["status": "\(error.status.code)"]
        case .timedOut(let phase): ["phase": "\(phase)"]
        case .acceptFailed(let number): ["reason": "\(String(cString: strerror(number)))"]
        case .connectionOpened, .connectionRefused, .clientLeft, .streamOpened,
            .streamClosed:
            [:]
        }
    }
}
