import Glibc
import Testing

@testable import NablaSockets

/// A plain blocking client, which does exactly what a test tells it.
final class Client {
    /// An answer as it was read.
    struct Answer: Equatable {
        var status: Int
        var head: String
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        func field(_ name: String) -> String? {
            head.split(separator: "\r\n").dropFirst()
                .first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
                .map { String($0.dropFirst(name.count + 2)) }
        }
    }

    struct Failure: Error { let reason: String }

    private let socket: Socket
    private var received: [UInt8] = []

    /// Connects; receiving gives up after ten seconds.
    ///
    /// `receiveBuffer` bounds what the system holds for a client that doesn't read.
    init(_ address: ListenAddress, receiveBuffer: Int32? = nil) throws {
        socket = Socket(Glibc.socket(address.family, Int32(SOCK_STREAM.rawValue), 0))
        let size = socklen_t(MemoryLayout<Int32>.size)
        if var bytes = receiveBuffer {
            setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, size)
        }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, length)
        guard address.withSocketAddress({ connect(socket.descriptor, $0, $1) }) == 0 else {
            throw Failure(reason: "connect: \(errorText(errno))")
        }
        var on: Int32 = 1
        setsockopt(socket.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
    }

    /// Sends everything, or returns false when the server has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var start = 0
        while start < bytes.count {
            let sent = bytes[start...].withUnsafeBytes {
                Glibc.send(socket.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            start += sent
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Says that nothing more will be sent, and goes on listening.
    func finishSending() { socket.shutDownSending() }

    /// Makes closing reset the connection instead of ending it in order.
    func resetWhenClosed() {
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        setsockopt(socket.descriptor, SOL_SOCKET, SO_LINGER, &option, size)
    }

    /// Reads one answer; an interim one (1xx) too.
    func answer(toHead: Bool = false) throws -> Answer {
        let head = try String(decoding: read(upTo: Array("\r\n\r\n".utf8)), as: UTF8.self)
        guard let status = Int(head.dropFirst(9).prefix(3)) else { throw Failure(reason: head) }
        var answer = Answer(status: status, head: head, body: [])
        if toHead || status < 200 || status == 204 { return answer }
        if let length = answer.field("Content-Length").flatMap({ Int($0) }) {
            answer.body = try read(length)
        } else if answer.field("Transfer-Encoding") == "chunked" {
            while let chunk = try chunk() { answer.body += chunk }
        } else {
            answer.body = try rest()
        }
        return answer
    }

    /// Reads one chunk; nil for the last.
    func chunk() throws -> [UInt8]? {
        let line = try read(upTo: Array("\r\n".utf8))
        guard let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) else {
            throw Failure(reason: "no chunk: \(line)")
        }
        let chunk = try read(size)
        _ = try read(2)
        return size == 0 ? nil : chunk
    }

    /// Reads to the connection's end.
    func rest() throws -> [UInt8] {
        while try receive() {}
        defer { received = [] }
        return received
    }

    /// Whether the server ends the connection without sending anything more.
    func isEnded() throws -> Bool { try rest().isEmpty }

    private func read(upTo mark: [UInt8]) throws -> [UInt8] {
        while true {
            if received.count >= mark.count {
                for end in mark.count...received.count
                where received[(end - mark.count)..<end].elementsEqual(mark) {
                    return try read(end)
                }
            }
            guard try receive() else {
                throw Failure(reason: "ended: \(String(decoding: received, as: UTF8.self))")
            }
        }
    }

    private func read(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try receive() else { throw Failure(reason: "ended within a body") }
        }
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    private func receive() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket.descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == ECONNRESET { return false }
        guard count >= 0 else { throw Failure(reason: "recv: \(errorText(errno))") }
        received += buffer.prefix(count)
        return count > 0
    }
}
