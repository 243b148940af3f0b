import NablaService
import Testing

@Suite struct HelpTests {
    static let commands: [(command: String, names: [String])] = [
        ("", ["serve", "gradients", "train", "runs", "token", "demo", "health", "--version"]),
        (
            "serve",
            [
                "--listen", "--data", "--workers", "--log-level", "--log-format", "--insecure",
                "--config", "NABLA_",
            ]
        ),
        ("gradients", ["<file>", "--json", "--server", "NABLA_SERVER"]),
        ("train", ["<file>", "--json", "--server", "NABLA_SERVER"]),
        ("runs", ["list", "show"]),
        ("runs list", ["--status", "--name", "--limit", "--json", "--server"]),
        ("runs show", ["<id>", "--json", "--server"]),
        ("token", ["create", "list", "revoke"]),
        ("token create", ["--name", "--scope", "--expires", "--data", "--config"]),
        ("token list", ["--data", "--config"]), ("token revoke", ["<name>", "--data"]),
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
            // Options and arguments have a line of their own, beside any other mention.
            let isTold =
                name.hasPrefix("NABLA_")
                ? result.output.contains(name) : lines.contains { $0.hasPrefix(name + " ") }
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
            ["trian"], ["serve", "--prot", "80"], ["health", "--sevrer", "x"], ["runs", "delete"],
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
