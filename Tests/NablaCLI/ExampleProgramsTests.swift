import Foundation
import NablaClient
import Testing

/// The programs of Examples that call the service from other languages, run as they stand there.
@Suite struct ExampleProgramsTests {
    /// A command with its arguments, where the program that it begins with is installed.
    struct Command: Sendable, CustomTestStringConvertible {
        let words: [String]

        var testDescription: String { words.joined(separator: " ") }

        init(_ words: String...) { self.words = words }

        /// Whether it can be run, which leaves `needing` without an error.
        func isThere(needing: [String] = ["--version"]) -> Bool {
            (try? Tool.run([words[0]] + needing).status) == 0
        }
    }

    private static let callers = [
        Command("python3", example("xor.py")), Command("node", example("xor.mjs")),
        Command("bash", example("xor.sh")), Command("go", "run", example("xor.go")),
    ]

    private static func installed(_ command: Command) -> Bool {
        switch command.words[0] {
        case "go": command.isThere(needing: ["version"])
        case "bash": Command("jq").isThere() && Command("curl").isThere()
        default: command.isThere()
        }
    }

    /// Whether any of the languages is there.
    private static let canCall = ConditionTrait.enabled(
        if: !callers.filter(installed).isEmpty, "neither Python, Node, Go nor jq is installed")

    @Test(
        "a gradient is asked for and a run is trained and followed", canCall,
        arguments: callers.filter(installed))
    func calls(_ command: Command) throws {
        let served = try ServedProgram()
        // Not all of the go command's caches are where a user without a home folder may write.
        let folder = try TemporaryFolder()
        let result = try Tool.run(
            command.words,
            environment: [
                "NABLA_SERVER": "http://\(served.address)", "GOCACHE": folder.file("go"),
            ])
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.output.split(separator: "\n")
        // README has the loss, the gradient, and with the same seed the loss where the training ends.
        #expect(lines.first == "loss 0.700694")
        #expect(lines.dropFirst().first == "gradient of the last bias 0.058895")
        let epochs = lines.dropFirst(2).dropLast()
        #expect(
            epochs.map { $0.prefix { $0 != ":" } } == (1...5).map { Substring("epoch \($0 * 100)") }
        )
        #expect(lines.last == "succeeded: loss 0.001268")
        #expect(lines.count == 8)
    }

    @Test("what is wrong is told", canCall, arguments: callers.filter(installed))
    func fails(_ command: Command) throws {
        let served = try ServedProgram()
        let folder = try TemporaryFolder()
        let created = try Program.run(
            "token", "create", "--name", "reader", "--scope", "read", "--data", served.data)
        #expect(created.code == 0, "\(created.errors)")
        try waitUntil("the token to count") {
            do {
                _ = try served.client.runs()
                return false
            } catch {
                return true
            }
        }
        let result = try Tool.run(
            command.words,
            environment: [
                "NABLA_SERVER": "http://\(served.address)", "NABLA_TOKEN": "none",
                "GOCACHE": folder.file("go"),
            ])
        #expect(result.status != 0)
        #expect((result.output + result.errors).contains("/problems/unauthorized"))
    }

    @Test(
        "a backpropagation in NumPy is checked, and a planted mistake is found",
        .enabled(
            if: Command("python3").isThere(needing: ["-c", "import numpy"]), "NumPy is missing"),
        arguments: [
            (nil, "The gradients are right"), ("derivative", "(sigmoid) is left out"),
            ("sum", "of the sum instead of the mean"), ("sign", "sign flipped"),
            ("transposed", "layer 0 weights: transposed"),
        ] as [(String?, String)])
    func checks(_ mistake: String?, _ says: String) throws {
        let served = try ServedProgram()
        let planted = mistake.map { ["--mistake", $0] } ?? []
        let result = try Tool.run(
            ["python3", example("check_my_backprop.py")] + planted,
            environment: ["NABLA_SERVER": "http://\(served.address)"])
        #expect(result.status == (mistake == nil ? 0 : 1), "\(result.errors)")
        let last = result.output.split(separator: "\n").last ?? ""
        #expect(last.contains(says), "\(result.output)")
    }
}

/// A program that isn't ours, found where a shell would find it.
enum Tool {
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs a command to its end.
    ///
    /// - Throws: What keeps it from being started.
    static func run(_ words: [String], environment: [String: String] = [:]) throws -> Result {
        let folder = try TemporaryFolder()
        let files = try ["out", "err"].map { name in
            try FileHandle(forWritingTo: URL(fileURLWithPath: folder.write("", to: name)))
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        // A proxy of the environment isn't asked for what is on this machine.
        process.environment = ProcessInfo.processInfo.environment
            .merging(["no_proxy": "127.0.0.1"]) { $1 }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = files[0]
        process.standardError = files[1]
        try process.run()
        process.waitUntilExit()
        let text = { try String(contentsOfFile: folder.file($0), encoding: .utf8) }
        return Result(
            status: process.terminationStatus, output: try text("out"), errors: try text("err"))
    }
}
