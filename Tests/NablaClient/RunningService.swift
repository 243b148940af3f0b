import Foundation
import NablaService
import NablaSockets
import Testing

/// A service of a test's own, with a data folder that is gone with it.
///
/// - Parameters:
///   - configure: Changes its settings, which are the defaults but for a free port.
///   - onEvent: Gets what it tells.
///   - body: Gets its base URL.
/// - Throws: What `configure` and `body` throw, and a service that can't start.
func withService(
    _ configure: (inout Settings) throws -> Void = { _ in },
    onEvent: @escaping @Sendable (ServiceEvent) -> Void = { _ in },
    _ body: (String) async throws -> Void
) async throws {
    var settings = Settings()
    settings.server.addresses = [try ListenAddress("127.0.0.1:0")]
    // A machine that stalls for longer is still one connection to the tests that count them.
    settings.server.timeouts.idle = .seconds(3600)
    settings.dataDirectory = NSTemporaryDirectory() + "nabla-client-\(UUID().uuidString)"
    try configure(&settings)
    let service = try Service(settings: settings, onEvent: onEvent)
    let address = try service.start()[0]
    defer {
        service.stop()
        try? FileManager.default.removeItem(atPath: settings.dataDirectory)
    }
    let text = "\(address)"
    try await body(text.hasPrefix("unix:") ? text : "http://\(text)")
}

/// The port in a base URL.
///
/// - Throws: An expectation that failed where it has none.
func servicePort(_ server: String) throws -> UInt16 {
    try #require(server.split(separator: ":").last.flatMap { UInt16($0) })
}
