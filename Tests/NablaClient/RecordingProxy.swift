import Glibc
import Loopback
import Synchronization

/// A TCP proxy that keeps what is said on each connection.
final class RecordingProxy: Sendable {
    /// What was said on a connection so far.
    struct Exchange: Sendable {
        var sent: [UInt8] = []
        var received: [UInt8] = []
    }

    let port: UInt16
    private let target: UInt16
    private let listener: Int32
    /// What the first request gets instead of being passed on.
    private let refusal: Mutex<String?>
    private let said = Mutex<[Exchange]>([])
    private let refused = Mutex<[SeenRequest]>([])
    private let begun = Mutex<[ContinuousClock.Instant]>([])

    /// What was said on each connection that was passed on, in the order in which they came.
    var exchanges: [Exchange] { said.withLock(\.self) }
    /// When their first bytes came.
    var beginnings: [ContinuousClock.Instant] { begun.withLock(\.self) }
    /// What was refused.
    var refusals: [SeenRequest] { refused.withLock(\.self) }

    init(to target: UInt16, refusal: String? = nil) throws {
        self.target = target
        self.refusal = Mutex(refusal)
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
        if let refusal = refusal.withLock({ $0.take() }) {
            guard let request = Peer.request(from: caller) else { return }
            refused.withLock { $0.append(request) }
            Loopback.send(refusal.utf8, to: caller)
            return
        }
        guard (try? Loopback.connect(service, to: target)) != nil else { return }
        let place = said.withLock { said in
            said.append(Exchange())
            return said.count - 1
        }
        begun.withLock { $0.append(.now) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while let readable = Loopback.readable([caller, service]) {
            for (isReadable, from, to, side) in [
                (readable[0], caller, service, \Exchange.sent),
                (readable[1], service, caller, \Exchange.received),
            ] where isReadable {
                let count = recv(from, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                let bytes = buffer[..<count]
                said.withLock { $0[place][keyPath: side] += bytes }
                guard Loopback.send(bytes, to: to) else { return }
            }
        }
    }
}

/// Runs a test with a service and a proxy before it.
///
/// - Parameters:
///   - refusal: What the first request gets instead of being passed on.
///   - body: Gets the proxy, and the addresses of both.
/// - Throws: What `body` throws.
func withRecording(
    refusal: String? = nil,
    _ body: (_ proxy: RecordingProxy, _ through: String, _ direct: String) async throws -> Void
) async throws {
    try await withService { server in
        let port = try servicePort(server)
        let proxy = try RecordingProxy(to: port, refusal: refusal)
        defer { proxy.stop() }
        try await body(proxy, "http://127.0.0.1:\(proxy.port)", server)
    }
}
