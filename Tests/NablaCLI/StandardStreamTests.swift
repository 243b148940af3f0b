import Foundation
import Glibc
import NablaAPI
import NablaNetworks
import Testing

@testable import NablaCLI

/// What becomes of output that can't be written: /dev/full is as full as a disk can be.
@Suite struct StandardStreamTests {
    @Test(
        "what computes nothing, or in its own process",
        arguments: [
            ["gradients", example("xor.json"), "--json"], ["gradients", example("xor.json")],
            ["check", example("xor.json")], ["train", example("train_xor.json")],
            ["config", "default"], ["config", "show", "--json"], ["--help"], ["help", "runs"],
            ["--version"], ["--generate-completion-script", "bash"],
        ])
    func lost(_ arguments: [String]) throws {
        let result = try Program(arguments, terminal: "/dev/full").wait()
        expectLoss(result)
    }

    private func expectLoss(_ result: Program.Result) {
        #expect(result.code == 73 && result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.contains("standard output can't be written: No space left"))
    }

    @Test func whatAServiceTellsIsLostAsLoudly() throws {
        let served = try ServedProgram()
        let run = try served.client.train(.restorable(.adam(Adam()), epochs: 1), waitSeconds: 30)
        _ = try served.client.put(network: .run(id: run.id), named: "kept")
        for arguments in [
            ["runs", "list"], ["runs", "list", "--json"], ["runs", "export"],
            ["runs", "watch", run.id], ["runs", "network", run.id, "--output", "-"],
            ["networks", "get", "kept"], ["networks", "get", "kept", "-o", "-"], ["health"],
        ] {
            expectLoss(
                try Program(arguments + ["--server", served.address], terminal: "/dev/full").wait())
        }
        expectLoss(
            try Program(["token", "list", "--data", served.data], terminal: "/dev/full").wait())
    }

    @Test func anErrorThatIsToldKeepsItsStatus() throws {
        let result = try Program(["gradients", "/nonexistent"], terminal: "/dev/full").wait()
        #expect(result.code == 66 && result.errorLines.count == 1, "\(result.errors)")
    }

    /// More than a pipe holds, so that the program still writes when its reader goes.
    private func longRequest() -> String {
        let row = "[" + Array(repeating: "0", count: 100).joined(separator: ",") + "]"
        let rows = Array(repeating: row, count: 100).joined(separator: ",")
        let third = Array(repeating: "0.3333333333333333", count: 100).joined(separator: ",")
        return """
            {"network": {"layers": [{"weights": [\(rows)]}]}, "loss": "mean_squared_error",
             "samples": {"inputs": [[\(third)]], "targets": [[\(third)]]}}
            """
    }

    @Test func aReaderThatHasEnoughIsToldNothing() throws {
        let result = try Program(
            ["gradients", "-", "--json"], input: longRequest(),
            launcher: [
                "/bin/bash", "-c", #""$0" "$@" | head --bytes=1; exit "${PIPESTATUS[0]}""#,
            ]
        ).wait()
        #expect(result.code == 73 && result.output == "{" && result.errors.isEmpty)
    }

    @Test(arguments: ["2>/dev/full", "2>&-"])
    func aServerGoesOnWithoutItsLog(_ redirection: String) throws {
        for format in ["json", "text"] {
            let served = try ServedProgram(
                ["--log-level", "debug", "--log-format", format],
                launcher: ["/bin/sh", "-c", #"exec "$0" "$@" \#(redirection)"#])
            for _ in 0..<3 { #expect(try served.client.runs().runs.isEmpty) }
            try served.expectGoodEnd()
        }
    }

    @Test(arguments: [false, true]) func whatFollowsIsLostUnlessGapsAreAllowed(_ may: Bool) throws {
        let folder = try TemporaryFolder()
        let descriptor = open("/dev/full", O_WRONLY)
        let file = open(try folder.write("", to: "file"), O_WRONLY)
        defer { for each in [descriptor, file] { close(each) } }
        let stream = StandardStream(descriptor, mayHaveGaps: may)
        #expect(stream.failure == nil)
        stream.write(Array("first".utf8))
        #expect(stream.failure == ENOSPC)
        // As if there were room again.
        #expect(dup2(file, descriptor) == descriptor)
        stream.write(Array("second".utf8))
        #expect(stream.failure == ENOSPC)
        let text = try String(contentsOfFile: folder.file("file"), encoding: .utf8)
        #expect(text == (may ? "second" : ""))
    }

    @Test func whatIsClosedTakesNothing() throws {
        let folder = try TemporaryFolder()
        let result = try Program(
            ["token", "create", "--name", "a", "--scope", "read", "--data", folder.file("data")],
            launcher: ["/bin/sh", "-c", #"exec "$0" "$@" >&-"#]
        ).wait()
        #expect(result.code == 73 && result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.contains("standard output can't be written: Bad file"))
        let list = try Program.run("token", "list", "--data", folder.file("data"))
        #expect(list.code == 0 && list.output.contains("a     read"), "\(list.errors)")
    }

    @Test func whatCantBeToldKeepsItsStatus() throws {
        let result = try Program(
            ["gradients", "/nonexistent"],
            launcher: ["/bin/sh", "-c", #"exec "$0" "$@" 2>/dev/full"#]
        ).wait()
        #expect(result.code == 66 && result.output.isEmpty)
    }
}
