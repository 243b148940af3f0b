import Foundation
import Loopback
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
        (listener, port) = try Loopback.listener(backlog: 16)
        Loopback.serve(listener) { [self] in carry($0) }
    }

    /// Takes no more connections.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func carry(_ caller: Int32) {
        let service = Loopback.socket()
        defer {
            close(caller)
            close(service)
        }
        guard let (head, rest) = readHead(caller),
            (try? Loopback.connect(service, to: target)) != nil
        else { return }
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
        guard Loopback.send(rest, to: service) else { return }
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
            guard let readable = Loopback.readable([first, second]) else { return }
            let ways = [(first, second, readable[0]), (second, first, readable[1])]
            for (from, to, isReadable) in ways where isReadable {
                let count = recv(from, &buffer, buffer.count, 0)
                guard count > 0, Loopback.send(buffer[..<count], to: to) else { return }
            }
        }
    }

    private func send(_ text: String, _ descriptor: Int32) {
        Loopback.send(text.utf8, to: descriptor)
    }
}
