public import NablaHTTP

/// What a server tells its owner, who makes logs and metrics of it.
///
/// Events are sent on a loop's thread; whoever receives them must be quick and must not block.
public enum ServerEvent: Sendable {
    /// A client connected.
    case connectionOpened
    /// A connection ended, after so many requests that were handed on.
    case connectionClosed(requests: Int)
    /// A connection was turned away with 503: there are as many as the configuration allows.
    case connectionRefused
    /// So many bytes were received in one round of a loop, of requests or of what is thrown away.
    case received(bytes: Int)
    /// So many bytes were taken over by the system for sending in one round of a loop.
    case sent(bytes: Int)
    /// A message that never became a request was answered with this error.
    case messageRefused(MessageError)
    /// A connection was closed because this phase took too long.
    case timedOut(ConnectionLife.Phase)
    /// A client went away while it was being answered.
    case clientLeft
    /// An event stream began.
    case streamOpened
    /// An event stream ended; `tooSlow` when its client did not keep up.
    case streamClosed(tooSlow: Bool)
    /// The system refused a connection, mostly for want of descriptors; accepting pauses briefly.
    case acceptFailed(errno: Int32)
}
