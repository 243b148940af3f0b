/// How long a connection may take for each part of its life.
public struct ConnectionTimeouts: Sendable, Equatable {
    /// From a request's first byte, or from connecting, to the end of its head; 10 s, then 408.
    public var head: Duration
    /// For a body to bring something, and on top of what `minimumBodyRate` grants it; 30 s, then 408.
    public var body: Duration
    /// Bytes a second at which a body must arrive; 1,024.
    public var minimumBodyRate: Int
    /// Between two requests; 75 s, then the connection is closed.
    public var idle: Duration
    /// For the client to take some bytes of an answer; 30 s, then the connection is cut.
    public var write: Duration
    /// For the client to notice that the connection ends; 5 s, then it is cut.
    public var linger: Duration
    /// Between two pieces of a stream; 15 s, then a heartbeat is sent.
    public var heartbeat: Duration

    /// Sets the time-outs; each has the default its property names.
    public init(
        head: Duration = .seconds(10), body: Duration = .seconds(30), minimumBodyRate: Int = 1024,
        idle: Duration = .seconds(75), write: Duration = .seconds(30),
        linger: Duration = .seconds(5), heartbeat: Duration = .seconds(15)
    ) {
        self.head = head
        self.body = body
        self.minimumBodyRate = max(minimumBodyRate, 1)
        self.idle = idle
        self.write = write
        self.linger = linger
        self.heartbeat = heartbeat
    }

    /// The shortest of them, from which the timer takes its step.
    public var shortest: Duration { min(head, body, idle, write, linger, heartbeat) }
}
