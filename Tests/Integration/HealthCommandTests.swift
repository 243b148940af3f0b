import Foundation
import Testing

/// `nabla health`, which a container's HEALTHCHECK runs: it is judged by its exit code.
@Suite struct HealthCommandTests {
    /// Runs the program that was built with these tests, and gives its exit code.
    private func nabla(_ arguments: String..., environment: [String: String] = [:]) throws -> Int32
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            .deletingLastPathComponent().appendingPathComponent("nabla")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test func aServiceThatAnswersIsHealthy() throws {
        try withServer { server in
            let code = try nabla("health", "--server", "http://127.0.0.1:\(server.port)")
            #expect(code == 0)
        }
    }

    @Test func anAddressWithoutAServiceIsNot() throws {
        let port = try TestServer.portOfAServerThatEnded()
        let code = try nabla("health", "--server", "http://127.0.0.1:\(port)")
        #expect(code == 1)
    }

    @Test func aProxyOfTheEnvironmentIsNotAskedForLoopback() throws {
        let dead = try TestServer.portOfAServerThatEnded()
        try withServer { server in
            let code = try nabla(
                "health", "--server", "http://127.0.0.1:\(server.port)",
                environment: ["http_proxy": "http://127.0.0.1:\(dead)", "no_proxy": ""])
            #expect(code == 0)
        }
    }
}

extension TestServer {
    /// A port where nobody listens, since its server has just ended.
    fileprivate static func portOfAServerThatEnded() throws -> UInt16 {
        var port: UInt16 = 0
        try withServer { port = $0.port }
        return port
    }
}
