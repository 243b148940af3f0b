import Foundation
import Testing

/// What commands print where a person looks.
@Suite struct TerminalTests {
    private func train(
        columns: UInt16, environment: [String: String]
    ) throws -> (drawings: [String], rest: String) {
        let terminal = try PseudoTerminal(columns: columns)
        let program = try Program(
            ["train", example("train_xor.json")],
            environment: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 },
            terminal: terminal.path)
        let output = try terminal.output(of: program)
        #expect(try program.wait().code == 0)
        // A terminal makes a carriage return and a line feed of each line feed.
        let text = output.replacing("\r\n", with: "\n")
        let drawings = text.split(separator: "\r").dropFirst().map(String.init)
        let end = try #require(drawings.last?.firstIndex(of: "\n"), "\(output)")
        return (
            drawings.dropLast() + [String(drawings[drawings.count - 1][..<end])],
            String(drawings[drawings.count - 1][end...])
        )
    }

    @Test func aBarIsDrawnOverInAsManyColumnsAsThereAre() throws {
        let (drawings, rest) = try train(columns: 90, environment: ["NO_COLOR": "1"])
        for drawing in drawings {
            #expect(drawing.hasSuffix("\u{1B}[K"), "\(drawing)")
            let line = drawing.dropLast("\u{1B}[K".count)
            #expect(line.count < 90 && !line.contains("\u{1B}"), "\(line)")
        }
        let last = try #require(drawings.last)
        #expect(last.hasPrefix("██████"), "\(last)")
        #expect(last.contains(" 500/500  loss ") && last.contains("steps/s"), "\(last)")
        #expect(last.contains("▁") && !last.contains("░"), "\(last)")
        #expect(rest.contains("succeeded") && !rest.contains("\u{1B}"))
    }

    @Test func colouredUnlessNobodyWantsThat() throws {
        let (drawings, _) = try train(columns: 90, environment: [:])
        #expect(drawings.last?.hasPrefix("\u{1B}[32m█") == true, "\(drawings)")
    }

    @Test func aDumbTerminalGetsPlainLines() throws {
        let terminal = try PseudoTerminal(columns: 90)
        let program = try Program(
            ["train", example("train_xor.json")], environment: ["TERM": "dumb"],
            terminal: terminal.path)
        let output = try terminal.output(of: program)
        #expect(output.contains("epoch 500 of 500  loss ") && !output.contains("\u{1B}"))
        #expect(!output.replacing("\r\n", with: "\n").contains("\r"))
    }
}
