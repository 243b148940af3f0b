import Foundation
import NablaClient
import NablaService
import NablaSockets

/// A real service on a free port, with a database of its own in a temporary folder.
final class TestServer: Sendable {
    let port: UInt16
    let directory: String
    private let service: Service

    init(
        in directory: String? = nil, onEvent: @escaping @Sendable (ServiceEvent) -> Void = { _ in },
        _ configure: (inout Settings) -> Void = { _ in }
    ) throws {
        self.directory = directory ?? TestServer.temporaryDirectory()
        var settings = Settings()
        settings.server.addresses = [try ListenAddress("127.0.0.1:0")]
        settings.dataDirectory = self.directory
        configure(&settings)
        service = try Service(settings: settings, onEvent: onEvent)
        let address = try service.start()[0]
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw TestFailure("no port in \(address)")
        }
        self.port = port
    }

    /// A client of this service.
    var client: Client {
        Client(ClientConfiguration(server: "http://127.0.0.1:\(port)", totalMilliseconds: 60_000))
    }

    func stop() {
        service.stop()
    }

    static func temporaryDirectory() -> String {
        let path = NSTemporaryDirectory() + "nabla-\(UUID().uuidString)"
        return path
    }
}

/// Runs a test against a service of its own, which is stopped and cleared away afterwards.
func withServer(
    _ configure: (inout Settings) -> Void = { _ in }, _ body: (TestServer) throws -> Void
) throws {
    let server = try TestServer(configure)
    defer {
        server.stop()
        try? FileManager.default.removeItem(atPath: server.directory)
    }
    try body(server)
}

/// Runs an async test against a service of its own.
func withServer(
    _ configure: (inout Settings) -> Void = { _ in }, _ body: (TestServer) async throws -> Void
) async throws {
    let server = try TestServer(configure)
    defer {
        server.stop()
        try? FileManager.default.removeItem(atPath: server.directory)
    }
    try await body(server)
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
