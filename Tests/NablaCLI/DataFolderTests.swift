import Glibc
import Testing

/// Who may serve a data folder.
@Suite struct DataFolderTests {
    @Test func oneServerAtATimeHasIt() throws {
        let folder = try TemporaryFolder()
        let first = try ServedProgram(data: folder.file("data"))
        let second = try Program.run(
            "serve", "--listen", "127.0.0.1:0", "--data", folder.file("data"))
        #expect(second.code != 0 && second.output.isEmpty)
        #expect(second.errorLines.count == 1)
        #expect(second.errors.contains("another server uses the data folder"), "\(second.errors)")
        #expect(try first.client.health().status == "ok")
        // Commands about its contents may go on beside it.
        #expect(
            try Program.run(
                "token", "create", "--name", "one", "--scope", "read", "--data", first.data
            ).code == 0)
        // Whoever is killed leaves nothing behind that keeps the next one out.
        #expect(try first.end(by: SIGKILL).code == nil)
        let third = try ServedProgram(data: folder.file("data"))
        try third.expectGoodEnd()
    }
}
