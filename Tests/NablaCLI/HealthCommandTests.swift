import Testing

@Suite struct HealthCommandTests {
    @Test func saysOkWhereAServiceIs() throws {
        let served = try ServedProgram()
        // The ways to name it: with and without the scheme, a slash at its end, the environment.
        for server in [served.address, "http://\(served.address)", "http://\(served.address)/"] {
            let result = try Program.run("health", "--server", server)
            #expect(result.code == 0, "\(server): \(result.errors)")
            #expect(result.output == "ok\n")
        }
        let named = try Program.run("health", environment: ["NABLA_SERVER": served.address])
        #expect(named.code == 0 && named.output == "ok\n")
    }

    @Test func theFlagGoesBeforeTheEnvironment() throws {
        let served = try ServedProgram()
        let result = try Program.run(
            "health", "--server", served.address, environment: ["NABLA_SERVER": "127.0.0.1:1"])
        #expect(result.code == 0)
    }
}
