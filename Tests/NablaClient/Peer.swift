import Foundation
import Glibc
import Loopback
import NablaClient
import Synchronization

/// A request as a peer of the client saw it.
struct SeenRequest: Sendable {
    /// All of its bytes.
    let bytes: [UInt8]
    /// When it began.
    let time: ContinuousClock.Instant

    /// The request line and the fields.
    var head: String { HTTPText(bytes).head }

    /// The target of the request line.
    var target: String {
        let words = head.split(separator: " ", maxSplits: 2)
        return words.count > 1 ? String(words[1]) : ""
    }

    /// The value of a field; nil where the request has none.
    func field(_ name: String) -> String? { HTTPText(bytes).field(name) }
}

/// The bytes of one message, as far as tests look at it.
struct HTTPText {
    let head: String
    let body: [UInt8]
    /// Whether the head has come to its end.
    let hasHead: Bool

    init(_ bytes: [UInt8]) {
        let end = Data(bytes).firstRange(of: Data("\r\n\r\n".utf8))
        hasHead = end != nil
        head = String(decoding: bytes[..<(end?.lowerBound ?? bytes.count)], as: UTF8.self)
        body = Array(bytes[(end?.upperBound ?? bytes.count)...])
    }

    /// The value of a field; nil where there is none.
    func field(_ name: String) -> String? {
        for line in head.components(separatedBy: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { continue }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    /// Whether the body is as long as the head says.
    var isWhole: Bool { hasHead && body.count >= Int(field("Content-Length") ?? "0") ?? 0 }
}

/// A server that a test plays itself: one request a connection, each answered as the test has it.
final class Peer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[SeenRequest]>([])

    /// The requests that came, in their order.
    var requests: [SeenRequest] { seen.withLock(\.self) }

    /// Listens.
    ///
    /// - Parameter answer: Gives what is sent for a request, before the connection is closed; gets also how
    ///   many came before it to the same target.
    /// - Throws: `Loopback.Failure` where the system has no socket left.
    init(_ answer: @escaping @Sendable (SeenRequest, Int) -> String) throws {
        (listener, port) = try Loopback.listener(backlog: 16)
        Loopback.serve(listener) { [self] caller in
            defer { close(caller) }
            guard let request = Peer.request(from: caller) else { return }
            let earlier = seen.withLock { seen in
                seen.append(request)
                return seen.count { $0.target == request.target } - 1
            }
            Loopback.send(answer(request, earlier).utf8, to: caller)
        }
    }

    /// Takes no more connections.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// How a client reaches it.
    func configuration(
        retries: Retries = Retries(), streamRetrySeconds: Int = 60
    ) -> ClientConfiguration {
        ClientConfiguration(
            server: "http://127.0.0.1:\(port)", retries: retries,
            streamRetrySeconds: streamRetrySeconds)
    }

    /// Reads a request; nil where the caller leaves before it is whole.
    static func request(from caller: Int32) -> SeenRequest? {
        var bytes: [UInt8] = []
        var time: ContinuousClock.Instant?
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while !HTTPText(bytes).isWhole {
            let count = recv(caller, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            time = time ?? .now
            bytes += buffer[..<count]
        }
        return time.map { SeenRequest(bytes: bytes, time: $0) }
    }
}
