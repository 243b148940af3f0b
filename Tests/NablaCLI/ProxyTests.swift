import Foundation
import NablaAPI
import Testing

/// The proxies that curl's variables name, asked by the program as a client of a real service.
///
/// Of the name `nabla.test` nobody but the proxy knows where it leads.
@Suite struct ProxyTests {
    private let served: ServedProgram
    private let port: UInt16

    init() throws {
        served = try ServedProgram()
        port = try #require(served.address.split(separator: ":").last.flatMap { UInt16($0) })
    }

    private func withProxy(
        _ gate: ForwardProxy.Gate = .open, to port: UInt16? = nil,
        _ body: (ForwardProxy) throws -> Void
    ) throws {
        let proxy = try ForwardProxy(to: port ?? self.port, gate: gate)
        defer { proxy.stop() }
        try body(proxy)
    }

    private func gradients(_ server: String, _ variables: [String: String]) throws -> Program.Result
    {
        try Environment.run(
            ["gradients", example("xor.json"), "--json", "--server", server], variables)
    }

    @Test(arguments: ["http_proxy", "all_proxy", "ALL_PROXY"])
    func theProxyIsAskedWithTheWholeAddress(_ variable: String) throws {
        try withProxy { proxy in
            let result = try gradients("http://nabla.test", [variable: proxy.address()])
            #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
            #expect(throws: Never.self) {
                try GradientsResponse(parsing: Array(result.output.utf8))
            }
            #expect(proxy.requests == ["POST http://nabla.test/gradients HTTP/1.1"])
        }
    }

    /// 0.0.0.0 is this machine, but no address that the client knows as its own.
    @Test(arguments: ["no_proxy", "NO_PROXY"])
    func whatNeedsNoneIsReachedPastTheProxy(_ variable: String) throws {
        try withProxy { proxy in
            let server = "http://0.0.0.0:\(port)"
            let past = try gradients(
                server, ["http_proxy": proxy.address(), variable: "a.test,0.0.0.0"])
            #expect(past.code == 0 && proxy.requests.isEmpty, "\(past.errors)")
            let through = try gradients(
                server, ["http_proxy": proxy.address(), variable: "a.test"])
            #expect(through.code == 0 && proxy.requests.count == 1, "\(through.errors)")
        }
    }

    @Test func thisMachinesOwnAddressesNeedNone() throws {
        // Nobody listens at port 1.
        let result = try gradients(
            "http://\(served.address)",
            ["http_proxy": "http://127.0.0.1:1", "all_proxy": "http://127.0.0.1:1"])
        #expect(result.code == 0, "\(result.errors)")
    }

    @Test func aTunnelIsAskedForWhereTheServiceSpeaksTLS() throws {
        try withProxy(.closed(403)) { proxy in
            let result = try gradients("https://nabla.test", ["https_proxy": proxy.address()])
            #expect(result.code == 78)
            #expect(
                result.errorLines.count == 1 && result.errors.contains("403"), "\(result.errors)")
            // Not tried again.
            #expect(proxy.requests == ["CONNECT nabla.test:443 HTTP/1.1"])
        }
    }

    @Test func aProxyThatIsShortOfSomethingIsAskedAgain() throws {
        try withProxy(.closed(503)) { proxy in
            let result = try gradients("https://nabla.test", ["https_proxy": proxy.address()])
            #expect(result.code == 69, "\(result.errors)")
            #expect(proxy.requests.count == 3)
        }
    }

    @Test(arguments: ["http", "https"]) func credentialsAreAskedForOnce(_ scheme: String) throws {
        try withProxy(.credentials("ada:lovelace")) { proxy in
            let result = try gradients(
                "\(scheme)://nabla.test", ["\(scheme)_proxy": proxy.address()])
            #expect(result.code == 78)
            #expect(result.errors.contains("user:password"), "\(result.errors)")
            #expect(proxy.requests.count == 1)
        }
    }

    @Test func credentialsOfTheVariableAreShown() throws {
        try withProxy(.credentials("ada:lovelace")) { proxy in
            let result = try gradients(
                "http://nabla.test", ["http_proxy": proxy.address(user: "ada:lovelace")])
            #expect(result.code == 0, "\(result.errors)")
        }
    }

    @Test func nobodyAtTheProxyIsNobodyThere() throws {
        let result = try gradients("http://nabla.test", ["http_proxy": "http://127.0.0.1:1"])
        #expect(result.code == 69)
        #expect(result.errors.contains("port 1"), "\(result.errors)")
    }
}

/// The variables that say how a program reaches others.
enum Environment {
    private static let names = [
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
        "NO_PROXY",
        "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]

    /// Runs the program with these variables alone, whatever these tests run with.
    static func run(_ arguments: [String], _ variables: [String: String]) throws -> Program.Result {
        let cleared = names.flatMap { ["-u", $0] }
        let set = variables.map { "\($0)=\($1)" }
        return try Program(arguments, launcher: ["/usr/bin/env"] + cleared + set).wait()
    }
}
