/// How a client reaches the service.
public struct ClientConfiguration: Sendable, Equatable {
    /// Where the service is: scheme, host and port, or `unix:` and the path of its socket.
    public var server: String
    /// The token that every call shows; nil, the default, for none.
    public var token: String?
    /// How long a connection may take to come about, in milliseconds; 5,000 by default.
    public var connectMilliseconds: Int
    /// How long a call may take as a whole, in milliseconds; 300,000 by default, 0 for as long as it takes.
    ///
    /// Event streams have no such bound.
    public var totalMilliseconds: Int
    /// How long nothing may arrive while a call is under way, in seconds; 120 by default, 0 for any time.
    ///
    /// Of event streams it bounds the silence between two signs of life.
    public var stallSeconds: Int
    /// When a call that failed on its way is made again.
    public var retries: Retries
    /// For how long an event stream that broke off is opened again before its reader gets the error, in
    /// seconds; 60 by default, 0 for not at all.
    ///
    /// It counts from the moment at which the reader finds the stream broken, and anew whenever something has
    /// come; the waits in between are those of `retries`. The time is there for a service to start again in.
    public var streamRetrySeconds: Int
    /// Whether answers may come compressed with gzip; false by default, since on a fast network it costs
    /// more time than it saves.
    public var acceptsGzip: Bool
    /// Whether bodies of 1,024 bytes and more are sent compressed with gzip, where that makes them smaller;
    /// false by default.
    ///
    /// It is off because within a machine or a data centre a body arrives sooner as it is: numbers travel
    /// packed in base64, of which gzip leaves some three quarters. Over a slow line, or for samples that
    /// repeat themselves, it pays.
    public var compressesRequests: Bool

    /// Makes a configuration.
    public init(
        server: String = "http://127.0.0.1:8080", token: String? = nil,
        connectMilliseconds: Int = 5_000, totalMilliseconds: Int = 300_000, stallSeconds: Int = 120,
        retries: Retries = Retries(), streamRetrySeconds: Int = 60, acceptsGzip: Bool = false,
        compressesRequests: Bool = false
    ) {
        self.server = server
        self.token = token
        self.connectMilliseconds = connectMilliseconds
        self.totalMilliseconds = totalMilliseconds
        self.stallSeconds = stallSeconds
        self.retries = retries
        self.streamRetrySeconds = streamRetrySeconds
        self.acceptsGzip = acceptsGzip
        self.compressesRequests = compressesRequests
    }
}

extension ClientConfiguration: CustomStringConvertible, CustomReflectable {
    /// The service's address: what may stand in a log, where the token may not.
    public var description: String { server }

    /// What dumps show, for the same reason.
    public var customMirror: Mirror { Mirror(self, children: ["server": server]) }
}

extension ClientConfiguration {
    /// The field that shows the token.
    ///
    /// Only what can be part of a token is kept, so that no other text can begin a field of its own.
    var authorization: String? {
        token.map { token in
            let bytes = token.utf8.filter { (0x21...0x7E).contains($0) }
            return "Authorization: Bearer " + String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The path of the service's unix socket; nil where it is reached over TCP.
    var socketPath: String? {
        server.hasPrefix("unix:") ? String(server.dropFirst("unix:".count)) : nil
    }

    /// What every path is appended to.
    var origin: String { socketPath == nil ? server : "http://localhost" }

    /// Whether the service is at an address that only this machine can reach.
    var isLoopback: Bool {
        let address = server.split(separator: "/").dropFirst().first ?? ""
        if address.hasPrefix("[::1]") { return true }
        let host = address.prefix { $0 != ":" }
        return host == "localhost" || host.hasPrefix("127.") && host.allSatisfy(\.isIPv4Character)
    }
}

extension Character {
    /// Whether it may stand in an IPv4 address: `127.example.org` is a name.
    fileprivate var isIPv4Character: Bool { self == "." || ("0"..."9").contains(self) }
}
