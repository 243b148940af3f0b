import NablaService
import Testing

@Suite struct HelpTests {
    static let commands: [(command: String, names: [String])] = [
        (
            "",
            [
                "serve", "gradients", "check", "predict", "train", "runs", "datasets", "networks",
                "token", "backup", "bench", "config", "demo", "health", "--version", "NABLA_SERVER",
            ]
        ),
        (
            "serve",
            [
                "--listen", "--data", "--workers", "--log-level", "--log-format", "--insecure",
                "--config", "NABLA_",
            ]
        ),
        (
            "gradients",
            ["<file>", "--data", "--target", "--json", "--server", "--embedded", "NABLA_SERVER"]
        ),
        (
            "check",
            ["<file>", "--data", "--target", "--weight", "--json", "--server", "--embedded"]
        ),
        ("predict", ["<file>", "--data", "--target", "--json", "--server", "--embedded"]),
        (
            "train",
            [
                "<file>", "--data", "--target", "--output", "--json", "--server", "--embedded",
                "NABLA_SERVER",
            ]
        ),
        (
            "runs",
            [
                "list", "show", "watch", "metrics", "compare", "export", "network", "edit",
                "cancel",
                "resume", "delete",
            ]
        ),
        (
            "runs list",
            [
                "--status", "--name", "--tag", "--filter", "--order-by", "--limit", "--cursor",
                "--json", "--csv", "--server",
            ]
        ),
        ("runs show", ["<id>", "--json", "--server"]),
        ("runs edit", ["<id>", "--name", "--tag", "--untag", "--notes", "--json", "--server"]),
        ("datasets", ["list", "add", "show", "delete"]),
        ("datasets add", ["<name>", "<file>", "--target", "--weight", "--json", "--server"]),
        ("networks", ["list", "add", "show", "get", "delete"]),
        ("networks add", ["<name>", "<file>", "--run", "--json", "--server"]),
        ("networks get", ["<name>", "--output", "--server"]),
        ("bench", ["--request", "--connections", "--seconds", "--json", "--server", "--embedded"]),
        ("config", ["show", "check", "default"]),
        ("config show", ["--listen", "--data", "--config", "--json", "--yaml"]),
        ("token", ["create", "list", "revoke"]),
        ("token create", ["--name", "--scope", "--expires", "--json", "--data", "--config"]),
        ("token list", ["--json", "--data", "--config"]), ("token revoke", ["<name>", "--data"]),
        ("demo", ["--data", "--server"]),
        ("health", ["--server"]),
    ]

    @Test("the help of each command names its options", arguments: commands)
    func help(_ command: String, _ names: [String]) throws {
        let arguments = command.split(separator: " ").map(String.init) + ["--help"]
        let result = try Program(arguments).wait()
        #expect(result.code == 0)
        #expect(result.errors.isEmpty)
        let lines = result.output.split(separator: "\n").map { $0.drop { $0 == " " } }
        for name in names {
            // Options and arguments have a line of their own, beside any other mention; a short name
            // stands before the long one.
            let isTold =
                name.hasPrefix("NABLA_")
                ? result.output.contains(name)
                : lines.contains { $0.hasPrefix(name + " ") || $0.hasPrefix("-o, \(name) ") }
            #expect(isTold, "\(name): \(result.output)")
        }
    }

    @Test func theProgramTellsItsVersion() throws {
        let result = try Program.run("--version")
        #expect(result.code == 0)
        #expect(result.output == Service.version + "\n")
    }

    @Test(
        "what there isn't is refused by its name",
        arguments: [
            ["trian"], ["serve", "--prot", "80"], ["health", "--sevrer", "x"], ["runs", "forget"],
            ["serve", "--workers", "many"], ["runs", "list", "--status", "done"],
        ])
    func wrong(_ arguments: [String]) throws {
        let result = try Program(arguments).wait()
        #expect(result.code == 64)
        #expect(result.output.isEmpty)
        let name = arguments.last { $0.contains("-") } ?? arguments[arguments.count - 1]
        #expect(result.errors.contains(name), "\(result.errors)")
    }
}
