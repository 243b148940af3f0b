public import NablaHTTP

/// How a server listens, and how much it lets its clients have.
public struct ServerConfiguration: Sendable {
    /// Where to listen; 127.0.0.1:8080.
    public var addresses: [ListenAddress]
    /// Permission bits of a Unix socket's file; 0o660, so that its user and group may connect.
    public var socketMode: UInt32 = 0o660
    /// Threads that read and write; 1, and more only where cores outnumber the workers.
    public var loops: Int
    /// The sizes of messages.
    public var limits: HTTPLimits
    /// How long a connection may take for each part of its life.
    public var timeouts: ConnectionTimeouts
    /// Connections at a time; 1,024, beyond which a client gets 503.
    public var connections: Int
    /// Requests that one connection may make; 100,000, after which it is closed.
    public var requestsPerConnection: Int
    /// Event streams at a time; 256, beyond which a client gets 503.
    public var eventStreams: Int
    /// Bytes that may wait for the client of a stream; 256 KiB, beyond which it is cut.
    public var streamBufferBytes: Int
    /// Bytes of a refused message that are received and thrown away before cutting; 16 MiB.
    public var lingerBytes: Int
    /// Connections beyond `connections` that may be open at a time, only to be told so.
    public static let refusals = 64
    /// What the `Server` field says; "nabla", and nothing is sent when it is empty.
    public var serverName: String

    /// Sets the configuration; each has the default its property names.
    public init(
        addresses: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 8080, isIPv6: false)],
        loops: Int = 1, limits: HTTPLimits = HTTPLimits(),
        timeouts: ConnectionTimeouts = ConnectionTimeouts(), connections: Int = 1024,
        requestsPerConnection: Int = 100_000, eventStreams: Int = 256,
        streamBufferBytes: Int = 256 << 10, lingerBytes: Int = 16 << 20,
        serverName: String = "nabla"
    ) {
        self.addresses = addresses
        self.loops = max(loops, 1)
        self.limits = limits
        self.timeouts = timeouts
        self.connections = max(connections, 1)
        self.requestsPerConnection = max(requestsPerConnection, 1)
        self.eventStreams = eventStreams
        self.streamBufferBytes = streamBufferBytes
        self.lingerBytes = lingerBytes
        self.serverName = serverName
    }
}
