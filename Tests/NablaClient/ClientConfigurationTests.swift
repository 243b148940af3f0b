import Testing

@testable import NablaClient

/// What a client makes of its service's address.
@Suite struct ClientConfigurationTests {
    @Test(arguments: [
        "http://127.0.0.1:8080", "https://127.1.2.3", "http://localhost:1", "http://[::1]:8080",
        "http://localhost/prefix",
    ])
    func loopbackIsKnown(_ server: String) {
        #expect(ClientConfiguration(server: server).isLoopback)
    }

    @Test(arguments: [
        "http://10.0.0.7:8080", "http://127.example.org", "http://localhost.example.org",
        "http://[::2]:8080", "http://example.org/localhost", "localhost", "",
    ])
    func othersAreNot(_ server: String) {
        #expect(!ClientConfiguration(server: server).isLoopback)
    }
}
