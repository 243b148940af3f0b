import Dispatch
import Glibc
import NablaHTTP
import Synchronization
import Testing

@testable import NablaSockets

/// Values that one thread waits for and another puts in.
final class Inbox<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    private let count = DispatchSemaphore(value: 0)

    func put(_ value: Value) {
        values.withLock { $0.append(value) }
        count.signal()
    }

    /// Waits ten seconds at most.
    func next() throws -> Value {
        guard count.wait(timeout: .now() + 10) == .success else {
            throw Client.Failure(reason: "nothing came in")
        }
        return values.withLock { $0.removeFirst() }
    }

    var isEmpty: Bool { values.withLock { $0.isEmpty } }
}

/// A server on a free port, with a handler whose answers are easy to foretell.
///
/// `/hold…` hands the responder to the test; `/later` answers on another thread; `/pause` keeps the
/// loop for a while; all else is answered at once with the method, path and body it was sent.
final class Fixture: RequestHandler {
    let held = Inbox<Responder>()
    let events = Inbox<ServerEvent>()
    private let started = Mutex<(server: Server, addresses: [ListenAddress])?>(nil)

    init(_ change: (inout ServerConfiguration) -> Void = { _ in }) throws {
        var configuration = ServerConfiguration(addresses: [try ListenAddress("127.0.0.1:0")])
        change(&configuration)
        let events = self.events
        let server = Server(configuration: configuration, handler: self) { events.put($0) }
        let addresses = try server.start()
        started.withLock { $0 = (server, addresses) }
    }

    var server: Server {
        get throws { try #require(started.withLock { $0 }).server }
    }

    func address(_ index: Int = 0) throws -> ListenAddress {
        try #require(started.withLock { $0 }).addresses[index]
    }

    func client(receiveBuffer: Int32? = nil) throws -> Client {
        try Client(address(), receiveBuffer: receiveBuffer)
    }

    /// Runs a test's body, and then sees to it that the server can be stopped.
    func run(_ body: (Fixture) throws -> Void) throws {
        defer {
            if let server = try? server { server.shutDown(within: .zero) }
        }
        try body(self)
    }

    func handle(_ request: consuming Request, later: () -> Responder) -> Handling {
        let path = request.head.target.path
        if path.hasPrefix("/hold") {
            let responder = later()
            held.put(responder)
            return .later(responder)
        }
        let response = Response(
            status: .ok, fields: ["X-Method": request.head.method.name, "X-Path": path],
            body: request.body)
        if path == "/pause" { usleep(100_000) }
        guard path == "/later" else { return .answered(response) }
        let responder = later()
        DispatchQueue.global().async { responder.respond(response) }
        return .later(responder)
    }

    func response(to error: MessageError, of head: RequestHead?) -> Response {
        Response(status: error.status, body: Array(error.detail.utf8))
    }

    /// Waits for the first event that `matches` accepts.
    func waitFor(_ matches: (ServerEvent) -> Bool) throws {
        while try !matches(events.next()) {}
    }
}
