public import NablaHTTP

/// The way back to the client of one request, usable from any thread, once.
public struct Responder: Sendable {
    let exchange: Exchange

    /// Answers the request; a second answer is ignored.
    public func respond(_ response: consuming Response) {
        exchange.respond(response)
    }

    /// Begins an answer that is sent piece by piece, such as Server-Sent Events.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - fields: The fields, without `Transfer-Encoding` and those a connection adds.
    ///   - heartbeat: What is sent when there was nothing else to send for
    ///     `ConnectionTimeouts.heartbeat`, so that nobody on the way takes the connection for dead; nothing
    ///     by default.
    /// - Returns: Nil when the client is gone, was answered, or there are too many streams; in the
    ///   last case it is answered with 503. Nothing remains to be done then.
    public func beginStream(
        status: Status = .ok, fields: Fields, heartbeat: [UInt8] = []
    ) -> ResponseStream? {
        let begins = exchange.beginStream(status, fields, heartbeat: heartbeat)
        return begins ? ResponseStream(exchange: exchange) : nil
    }

    /// Whether the client has closed its side, so that nobody may be waiting for the answer.
    public var isDisconnected: Bool { exchange.isDisconnected }

    /// Sets what is done, once, when the client closes its side before it has its answer.
    ///
    /// A client that only half-closes looks the same, so an answer is still sent if one is given.
    /// One that did so with its request is taken to be waiting. The action runs on the loop's
    /// thread, or at once when the client is gone already; it is dropped when the answer is
    /// complete.
    public func onDisconnect(_ action: @escaping @Sendable () -> Void) {
        exchange.onDisconnect(action)
    }
}

/// An answer that is sent piece by piece, usable from any thread.
public struct ResponseStream: Sendable {
    let exchange: Exchange

    /// Sends a piece; an empty one is nothing.
    ///
    /// - Returns: False when the stream is over: finished, its client gone, or so slow that more
    ///   than `ServerConfiguration.streamBufferBytes` would wait for it.
    @discardableResult
    public func write(_ piece: [UInt8]) -> Bool {
        exchange.write(piece)
    }

    /// Whether at least half of `ServerConfiguration.streamBufferBytes` is free, and there is any use in
    /// waiting for it.
    public var hasRoom: Bool { exchange.hasRoom }

    /// Calls `action` once when there is room: at once, or on the loop's thread, which it must not keep.
    ///
    /// It is dropped when the stream is over before. There may be one at a time.
    public func whenRoom(_ action: @escaping @Sendable () -> Void) {
        exchange.whenRoom(action)
    }

    /// Ends the answer; what was written is still sent.
    public func finish() {
        exchange.finish()
    }

    /// Ends the answer as one that isn't whole: the client sees its connection close too early.
    ///
    /// - Parameter isTooSlow: Whether because it reads too slowly, which is told as such.
    public func cut(asTooSlow isTooSlow: Bool = false) {
        exchange.cut(asTooSlow: isTooSlow)
    }
}
