import Foundation
import Synchronization

/// A forward proxy for HTTP: requests with absolute targets, and tunnels.
///
/// Whatever name it is asked for, it goes to its one target, so that names can be used that nobody resolves.
final class ForwardProxy: Sendable {
    /// What it wants before it does anything.
    enum Gate {
        case open
        /// The credentials as `Proxy-Authorization: Basic` has them.
        case credentials(String)
        /// Refuses everything with this status.
        case closed(Int)
    }

    let port: UInt16
    private let target: UInt16
    private let gate: Gate
    private let listener: Int32
    private let lines = Mutex<[String]>([])

    /// The first line of every request so far.
    var requests: [String] { lines.withLock(\.self) }

    /// Its address as the variables have it.
    func address(user: String? = nil) -> String {
        "http://\(user.map { $0 + "@" } ?? "")127.0.0.1:\(port)"
    }

    init(to target: UInt16, gate: Gate = .open) throws {
        self.target = target
        self.gate = gate
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) != 0 || getsockname(listener, $0, &length) != 0
            }
        }
        guard !failed, listen(listener, 16) == 0 else { throw TestFailure("no proxy can listen") }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while case let caller = accept(listener, nil, nil), caller >= 0 {
                Thread.detachNewThread { [self] in carry(caller) }
            }
            close(listener)
        }
    }

    /// Takes no more connections.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func carry(_ caller: Int32) {
        let service = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            close(caller)
            close(service)
        }
        guard let (head, rest) = readHead(caller), connectToTarget(service) else { return }
        let line = String(head.prefix { $0 != "\r\n" })
        lines.withLock { $0.append(line) }
        if let refusal = refusal(of: head) {
            send(
                "HTTP/1.1 \(refusal) Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                caller)
            return
        }
        if line.hasPrefix("CONNECT ") {
            send("HTTP/1.1 200 OK\r\n\r\n", caller)
        } else {
            // The service takes absolute targets, as RFC 9112 section 3.2.2 wants it.
            send(head, service)
        }
        guard sendAll(rest[...], to: service) else { return }
        relay(caller, service)
    }

    private func refusal(of head: String) -> Int? {
        switch gate {
        case .open: return nil
        case .closed(let status): return status
        case .credentials(let wanted):
            let field = "Proxy-Authorization: Basic \(Data(wanted.utf8).base64EncodedString())\r\n"
            return head.contains(field) ? nil : 407
        }
    }

    /// The head of the first request with the empty line behind it, and what came with it.
    private func readHead(_ descriptor: Int32) -> (String, [UInt8])? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound {
                return (String(decoding: bytes[..<end], as: UTF8.self), Array(bytes[end...]))
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    private func relay(_ first: Int32, _ second: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            var waits = [first, second].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&waits, 2, -1) > 0 else { return }
            for (index, other) in [second, first].enumerated() where waits[index].revents != 0 {
                let count = recv(waits[index].fd, &buffer, buffer.count, 0)
                guard count > 0, sendAll(buffer[..<count], to: other) else { return }
            }
        }
    }

    private func connectToTarget(_ descriptor: Int32) -> Bool {
        var address = loopback(port: target)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private func send(_ text: String, _ descriptor: Int32) {
        _ = sendAll(Array(text.utf8)[...], to: descriptor)
    }

    private func sendAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

private func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
}
