import Foundation
import Glibc
import NablaNetworks
import Testing

@testable import NablaCLI

@Suite struct OutputFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func output(_ name: String) throws -> OutputFile {
        try #require(OutputFile(argument: folder.file(name)))
    }

    private func mode(of name: String) throws -> mode_t {
        var status = stat()
        guard stat(folder.file(name), &status) == 0 else { throw TestFailure("no \(name)") }
        return status.st_mode & 0o777
    }

    @Test func itTakesThePlaceOfAnotherAndItsPermissions() throws {
        try output("new").write(Array("first".utf8))
        #expect(try mode(of: "new") & 0o600 == 0o600)
        chmod(folder.file("new"), 0o640)
        try output("new").write(Array("second".utf8))
        #expect(try String(contentsOfFile: folder.file("new"), encoding: .utf8) == "second")
        #expect(try mode(of: "new") == 0o640)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["new"])
    }

    @Test func aLinkStaysOne() throws {
        let file = try folder.write("first", to: "file")
        #expect(symlink(file, folder.file("link")) == 0)
        try output("link").write(Array("second".utf8))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "second")
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link")) == file)
    }

    @Test func lookingWhetherItCanBeWrittenChangesNothing() throws {
        try output("new").check()
        #expect(!folder.has("new"))
        let file = try folder.write("mine", to: "file")
        try output("file").check()
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
        for name in ["file/new", "missing/new", "."] {
            let (looked, written) = (
                #expect(throws: CommandError.self) { try output(name).check() },
                #expect(throws: CommandError.self) { try output(name).write([1]) }
            )
            #expect(looked?.status == .noOutput && looked?.description == written?.description)
        }
    }

    @Test func whatDoesNotFitLeavesWhatWasThere() throws {
        let served = try ServedProgram()
        try served.storeLargeNetwork(named: "large")
        let file = try folder.write("mine", to: "large.safetensors")
        let result = try Program(
            ["networks", "get", "large", "--output", file, "--server", served.address],
            launcher: Program.withSmallFiles
        ).wait()
        #expect(result.code == 73 && result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.contains("\(file) can't be written: File too large"))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path)
                == ["large.safetensors"])
    }
}
