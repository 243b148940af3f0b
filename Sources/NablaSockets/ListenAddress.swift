/// Where a server listens.
public enum ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A TCP port at an IPv4 or IPv6 address; port 0 lets the system choose.
    case tcp(host: String, port: UInt16, isIPv6: Bool)
    /// A Unix socket at a path of at most 107 bytes.
    case unix(path: String)

    /// Reads `127.0.0.1:8080`, `[::1]:0`, `localhost:8080` or `unix:/path`.
    ///
    /// - Throws: `ServerError.invalidAddress` for anything else; names other than `localhost` are
    ///   not looked up.
    public init(_ text: String) throws(ServerError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count <= 107 else {
                throw .invalidAddress(text)
            }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { throw .invalidAddress(text) }
        var host = String(text[..<colon])
        let isIPv6 = host.hasPrefix("[") && host.hasSuffix("]")
        if isIPv6 { host = String(host.dropFirst().dropLast()) }
        if host == "localhost" { host = "127.0.0.1" }
        guard isNumericHost(host, isIPv6: isIPv6) else { throw .invalidAddress(text) }
        self = .tcp(host: host, port: port, isIPv6: isIPv6)
    }

    /// Whether only this machine can reach the address.
    public var isLoopback: Bool {
        switch self {
        case .tcp(let host, _, false): host.hasPrefix("127.")
        case .tcp(let host, _, true): isLoopbackIPv6(host)
        case .unix: true
        }
    }

    /// The text `init(_:)` reads.
    public var description: String {
        switch self {
        case .tcp(let host, let port, let isIPv6): isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
