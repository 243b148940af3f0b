import Foundation
import Testing

@testable import NablaCLI

/// The scripts that complete the command line in a shell.
@Suite struct CompletionTests {
    private static let commands = Nabla.configuration.subcommands.compactMap {
        $0.configuration.commandName
    }

    private func script(_ shell: String) throws -> String {
        let result = try Program.run("--generate-completion-script", shell)
        #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
        return result.output
    }

    @Test(arguments: [("bash", "complete "), ("zsh", "#compdef nabla"), ("fish", "complete -c")])
    func eachKnowsTheCommandsAndTheirOptions(_ shell: String, _ mark: String) throws {
        let script = try script(shell)
        #expect(script.contains(mark))
        for command in Self.commands { #expect(script.contains(command), "\(command)") }
        for option in ["order-by", "connections", "log-format", "untag"] {
            #expect(script.contains(option), "\(option)")
        }
        for status in ["queued", "interrupted"] { #expect(script.contains(status)) }
    }

    @Test func bashCompletesWithIt() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(try script("bash"), to: "nabla.bash")
        // What bash does on a tab: it calls the function, and reads COMPREPLY.
        let test = try folder.write(
            """
            source '\(file)'
            complete_words() {
                COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"
                COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMPREPLY=()
                local spec; spec=$(complete -p nabla) || exit 1
                spec=${spec#*-F }; "${spec%% *}" nabla "${COMP_WORDS[COMP_CWORD]}" "$4" 2>/dev/null
                printf '%s\\n' "${COMPREPLY[@]}"
            }
            complete_words nabla gra
            complete_words nabla runs res
            complete_words nabla train --out
            """, to: "test.bash")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["--norc", test]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let words = text.split(whereSeparator: \.isWhitespace)
        #expect(words == ["gradients", "resume", "--output"], "\(text)")
    }

    @Test func aShellThatIsntKnownIsRefused() throws {
        let result = try Program.run("--generate-completion-script", "csh")
        #expect(result.code != 0)
    }
}
