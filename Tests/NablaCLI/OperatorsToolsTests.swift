import Testing

/// The files of config/ for those who run the service, given to the programs that read them.
@Suite struct OperatorsToolsTests {
    private static func isThere(_ words: String...) -> Bool {
        (try? Tool.run(words).status) == 0
    }

    private static func file(_ name: String) -> String { example("../config/\(name)") }

    @Test(
        "Prometheus takes the files, and its alerts are raised when they must be",
        .enabled(if: isThere("promtool", "--version"), "promtool is missing"),
        arguments: [
            ["check", "config", "prometheus/prometheus.yml"],
            ["check", "rules", "prometheus/nabla.rules.yml"],
            ["test", "rules", "prometheus/nabla.rules.test.yml"],
        ])
    func prometheus(_ words: [String]) throws {
        let result = try Tool.run(
            ["promtool"] + words.dropLast() + words.suffix(1).map(Self.file))
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    @Test(
        "Caddy takes its file",
        .enabled(if: isThere("caddy", "version"), "Caddy is missing"))
    func caddy() throws {
        let folder = try TemporaryFolder()
        // Where it may keep what it keeps.
        let result = try Tool.run(
            [
                "caddy", "validate", "--adapter", "caddyfile", "--config",
                Self.file("caddy/Caddyfile"),
            ],
            environment: ["XDG_DATA_HOME": folder.file("data"), "HOME": folder.file("home")])
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test(
        "systemd knows every line of the unit, and finds it well shut in",
        .enabled(
            if: isThere("systemd-analyze", "security", "--help"), "systemd-analyze is missing"))
    func systemd() throws {
        // The exposure in tenths, of which more than 20 fails; it is 12.
        let result = try Tool.run([
            "systemd-analyze", "security", "--offline=true", "--threshold=20",
            Self.file("systemd/nabla.service"),
        ])
        #expect(result.status == 0, "\(result.output.suffix(300))\(result.errors)")
        #expect(!result.errors.contains("Unknown"), "\(result.errors)")
    }
}
