import Foundation
import Glibc

/// TCP over the loopback interface with the system's own calls, for the peers that tests play themselves.
public enum Loopback {
    /// Why there is no socket, as the system says it.
    public struct Failure: Error, CustomStringConvertible {
        /// What was tried, and what the system says.
        public let description: String

        fileprivate init(_ what: String) {
            description = "\(what): \(String(cString: strerror(errno)))"
        }
    }

    /// A socket that isn't connected yet; programs that tests start don't hold it open.
    public static func socket() -> Int32 {
        Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }

    /// Connects a socket to a port of `127.0.0.1`.
    ///
    /// - Throws: `Failure` where nobody listens there.
    public static func connect(_ descriptor: Int32, to port: UInt16) throws(Failure) {
        let result = withAddress(port) { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 else { throw Failure("no connection to port \(port)") }
    }

    /// A socket that listens at a port of `127.0.0.1` that was free.
    ///
    /// - Parameter backlog: How many connections may wait to be taken.
    /// - Returns: The socket and its port.
    /// - Throws: `Failure` where the system has no socket or port left.
    public static func listener(
        backlog: Int32
    ) throws(Failure) -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket()
        let (isBound, port) = withAddress(0) { address, size in
            var length = size
            let isBound =
                bind(descriptor, address, size) == 0
                && getsockname(descriptor, address, &length) == 0
            return (
                isBound,
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    UInt16(bigEndian: $0.pointee.sin_port)
                }
            )
        }
        guard isBound, listen(descriptor, backlog) == 0 else { throw Failure("cannot listen") }
        return (descriptor, port)
    }

    /// Takes connections of a listener on a thread of their own each, until the listener is shut down.
    public static func serve(
        _ listener: Int32, _ carry: @escaping @Sendable (Int32) -> Void
    ) {
        Thread.detachNewThread {
            while case let caller = accept(listener, nil, nil), caller >= 0 {
                Thread.detachNewThread { carry(caller) }
            }
            close(listener)
        }
    }

    /// Sends all bytes.
    ///
    /// - Returns: Whether the peer took them.
    @discardableResult
    public static func send(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Waits until something can be read from one of some sockets, or its end.
    ///
    /// - Returns: Whether it can, of each; nil where the system refuses to wait.
    public static func readable(_ descriptors: [Int32]) -> [Bool]? {
        var waits = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&waits, nfds_t(waits.count), -1) > 0 else { return nil }
        return waits.map { $0.revents != 0 }
    }

    /// Has the system give up receiving after so many seconds.
    public static func setPatience(_ seconds: Int, of descriptor: Int32) {
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Has closing a socket reset its connection, as a process that dies does.
    public static func resetWhenClosed(_ descriptor: Int32) {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
    }

    private static func withAddress<Result>(
        _ port: UInt16, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        // An address is read as its own kind behind the pointer to any kind, as the calls have it.
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
