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

    @Test func theTokenIsInNoDescription() {
        let configuration = ClientConfiguration(server: "http://[::1]:80", token: "nabla_secret")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(text.contains("[::1]") && !text.contains("secret"), "\(text)")
        }
    }

    @Test func aTokenCantBeginAnotherField() {
        let lines = [
            "nabla_x": "nabla_x", "a b\r\nX-Other: c\n": "abX-Other:c", "\u{0}é": "", "": "",
        ]
        for (token, sent) in lines {
            #expect(
                ClientConfiguration(token: token).authorization == "Authorization: Bearer \(sent)")
        }
        #expect(ClientConfiguration().authorization == nil)
    }

    @Test(arguments: [
        "http://10.0.0.7:8080", "http://127.example.org", "http://localhost.example.org",
        "http://[::2]:8080", "http://example.org/localhost", "localhost", "",
    ])
    func othersAreNot(_ server: String) {
        #expect(!ClientConfiguration(server: server).isLoopback)
    }
}
