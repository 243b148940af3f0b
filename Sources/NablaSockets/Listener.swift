import CEpoll
import Glibc

/// A socket that clients connect to.
final class Listener: Sendable {
    let socket: Socket
    /// Where it listens, with the port the system chose.
    let address: ListenAddress

    /// Binds and listens; `mode` has the permission bits of a Unix socket's file.
    init(_ wanted: ListenAddress, mode: UInt32) throws(ServerError) {
        // A case can be made without the checks of ListenAddress.init.
        let wanted = try ListenAddress(wanted.description)
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(wanted.family, flags, 0)
        guard descriptor >= 0 else { throw Self.error("socket", wanted) }
        socket = Socket(descriptor)
        Self.setOptions(descriptor, wanted)
        if case .unix(let path) = wanted { try Self.removeStale(path, wanted) }
        guard wanted.withSocketAddress({ bind(descriptor, $0, $1) }) == 0 else {
            throw Self.error("bind", wanted)
        }
        // Before it listens, so that nobody whom the bits keep out can have connected.
        if case .unix(let path) = wanted, chmod(path, mode_t(mode)) != 0 {
            throw Self.error("chmod", wanted)
        }
        guard listen(descriptor, 1024) == 0 else { throw Self.error("listen", wanted) }
        address = wanted.bound(to: socket)
    }

    deinit {
        if case .unix(let path) = address { unlink(path) }
    }

    /// What accepting led to.
    enum Acceptance {
        case accepted(Socket)
        case nothing
        case failed(Int32)
    }

    /// Takes one waiting connection.
    func accept() -> Acceptance {
        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        while true {
            let descriptor = accept4(socket.descriptor, nil, nil, flags)
            if descriptor >= 0 { return .accepted(Socket(descriptor)) }
            switch errno {
            case EINTR, ECONNABORTED, EPROTO: continue
            case EAGAIN: return .nothing
            default: return .failed(errno)
            }
        }
    }

    /// Sets the options; accepted sockets inherit them on Linux.
    private static func setOptions(_ descriptor: Int32, _ address: ListenAddress) {
        guard case .tcp(_, _, let isIPv6) = address else { return }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        // So that [::]:80 and 0.0.0.0:80 can stand side by side, and mean what they say.
        if isIPv6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, size) }
    }

    /// Removes the socket file of a server that is no more; one that answers is left alone.
    private static func removeStale(
        _ path: String, _ address: ListenAddress
    ) throws(ServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .addressInUse(address) }
        let probe = Socket(Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        let isAlive = address.withSocketAddress { connect(probe.descriptor, $0, $1) } == 0
        guard !isAlive, errno == ECONNREFUSED else { throw .addressInUse(address) }
        unlink(path)
    }

    private static func error(_ call: String, _ address: ListenAddress) -> ServerError {
        switch errno {
        case EADDRINUSE: .addressInUse(address)
        case EACCES, EPERM, EROFS: .permissionDenied(address)
        case EADDRNOTAVAIL, EAFNOSUPPORT, ENOENT, ENOTDIR: .addressNotAvailable(address)
        default: .system(call: call, errno: errno)
        }
    }
}
