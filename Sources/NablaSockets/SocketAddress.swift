import Glibc

/// Whether a text is an address in numbers of its family.
func isNumericHost(_ host: String, isIPv6: Bool) -> Bool {
    if isIPv6 {
        var address = in6_addr()
        return inet_pton(AF_INET6, host, &address) == 1
    }
    var address = in_addr()
    return inet_pton(AF_INET, host, &address) == 1
}

/// Whether an IPv6 address is ::1, however it is written.
func isLoopbackIPv6(_ host: String) -> Bool {
    var address = in6_addr()
    guard inet_pton(AF_INET6, host, &address) == 1 else { return false }
    return withUnsafeBytes(of: &address) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
}

extension ListenAddress {
    /// The address family.
    var family: Int32 {
        switch self {
        case .tcp(_, _, let isIPv6): isIPv6 ? AF_INET6 : AF_INET
        case .unix: AF_UNIX
        }
    }

    /// Shows `body` the address as the system's calls take it.
    func withSocketAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        switch self {
        case .tcp(let host, let port, false):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            inet_pton(AF_INET, host, &address.sin_addr)
            return pass(&address, body)
        case .tcp(let host, let port, true):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            inet_pton(AF_INET6, host, &address.sin6_addr)
            return pass(&address, body)
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            // init(_:) has seen to it that the path and a NUL fit.
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return pass(&address, body)
        }
    }

    /// The same address with the port that the system chose.
    func bound(to socket: Socket) -> ListenAddress {
        guard case .tcp(let host, _, let isIPv6) = self else { return self }
        // Both families keep the port at the same place.
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(socket.descriptor, $0, &length)
            }
        }
        return .tcp(host: host, port: UInt16(bigEndian: address.sin6_port), isIPv6: isIPv6)
    }
}

/// Shows `body` any of the system's address structures under their common type.
private func pass<Address>(
    _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<Address>.size))
        }
    }
}
