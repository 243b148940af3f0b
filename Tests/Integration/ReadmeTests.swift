import ArgumentParser
import Foundation
import NablaAPI
import NablaJSON
import Testing

@testable import NablaCLI

/// The program's, where Testing has one, too.
private typealias ExitStatus = NablaCLI.ExitStatus

/// Whether README.md says what the program does.
@Suite struct ReadmeTests {
    private let readme: Document

    init() throws {
        readme = try Document("README.md")
    }

    @Test func theCurlExampleGivesTheAnswerShown() throws {
        let section = readme.section("## An example with curl")
        let command = try #require(section.blocks("sh").first)
        let body = try #require(command.split(separator: "'").dropFirst().first)
        let shown = try #require(section.blocks("json").first)
        try withServer { server in
            let answer = try RawConnection.post(
                String(body), to: Path.gradients, port: server.port)
            let expected = try numbers(GradientsResponse(parsing: Array(shown.utf8)))
            let found = try numbers(GradientsResponse(parsing: Array(answer.body.utf8)))
            // The last digits are the machine's: its kernels sum in orders of their own.
            #expect(zip(expected, found).allSatisfy { abs($0 - $1) < 1e-12 })
            #expect(expected.count == found.count)
        }
    }

    private func numbers(_ answer: GradientsResponse) -> [Double] {
        let tensors = [answer.loss] + answer.gradients.flatMap { [$0.weights, $0.bias] }
        return tensors.flatMap { $0?.values(as: Double.self) ?? [] }
    }

    @Test func theSwiftExampleIsTheOneThatIsCompiled() throws {
        let file = try Document("Tests/Integration/ReadmeExample.swift").text
        #expect(readme.blocks("swift").contains(file))
    }

    @Test func theSwiftExampleLearns() async throws {
        try await withServer { server in
            let (outputs, gradient) = try await learnXOR(with: server.client)
            #expect(zip(outputs, [0.0, 1, 1, 0]).allSatisfy { abs($0 - $1) < 0.05 })
            #expect(outputs.count == 4 && gradient.count == 4)
            #expect(gradient.allSatisfy { abs($0) < 0.01 })
        }
    }

    @Test func theTableOfEndpointsIsThatOfTheOpenAPIDocument() throws {
        try withServer { server in
            let answer = try RawConnection.get(Path.openAPI, port: server.port)
            let paths = try JSONDocument(parsing: Array(answer.body.utf8)).root
                .anyObject().required("paths").anyObject()
            var calls: Set<String> = []
            for (path, operations) in paths {
                for (method, _) in try operations.anyObject() where method != "parameters" {
                    calls.insert("\(method.uppercased()) \(path)")
                }
            }
            let rows = readme.section("## Endpoints").rows.map(\.[0])
            #expect(Set(rows) == calls)
            #expect(rows.count == calls.count)
        }
    }

    @Test func theTableOfSettingsHasEachWithItsDefault() {
        let defaults = ServeSettings()
        let rows = readme.section("## Settings").rows
        let expected = Setting.all.map { setting in
            [setting.variable, setting.key, setting.text(defaults), setting.summary]
        }
        #expect(rows.map { Array($0.dropFirst()) } == expected)
    }

    @Test func theTableOfSettingsHasEachFlag() throws {
        let flags = readme.section("## Settings").rows.map(\.[0]).filter { $0 != "–" }
        let help = ServeCommand.helpMessage(columns: 200)
        let shown = help.split(separator: "\n").filter { $0.hasPrefix("  --") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        let options = Set(shown).subtracting(["--config", "--version"])
        #expect(Set(flags) == options)
    }

    @Test func theTableOfCommandsHasEach() {
        let names = readme.section("## Commands").rows.map { row in
            row[0].split(separator: " ")[1]
        }
        let commands = Nabla.configuration.subcommands.compactMap { command in
            command.configuration.commandName
        }
        #expect(Set(names.map(String.init)) == Set(commands))
    }

    @Test func theTableOfExitStatusesIsTheProgramsOwn() {
        let rows = readme.section("## Exit status").rows
        #expect(rows == ExitStatus.allCases.map { ["\($0.rawValue)", $0.meaning] })
    }

    @Test(
        arguments: [
            "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/architecture.md",
            "docs/benchmarks.md", "docs/operations.md",
        ])
    func linksLeadSomewhere(_ path: String) throws {
        let folder = Document.root.appendingPathComponent(path).deletingLastPathComponent()
        for link in try Document(path).localLinks {
            let target = folder.appendingPathComponent(link).path
            #expect(FileManager.default.fileExists(atPath: target), "\(link)")
        }
    }
}
