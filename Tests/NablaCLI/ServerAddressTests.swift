import Glibc
import NablaAPI
import Testing

/// How a command is told which service it talks to.
@Suite struct ServerAddressTests {
    @Test func aSocketIsNamedAsTheServerPrintsIt() throws {
        let folder = try TemporaryFolder()
        let program = try Program([
            "serve", "--listen", "unix:\(folder.file("s.sock"))", "--data", folder.file("data"),
        ])
        let address = try ServedProgram.address(of: program)
        #expect(address == "unix:\(folder.file("s.sock"))")
        for address in [address, "unix://\(folder.file("s.sock"))"] {
            let named = try Program.run("runs", "--json", "--server", address)
            #expect(named.code == 0, "\(named.errors)")
            #expect(try RunList(parsing: Array(named.output.utf8)).runs.isEmpty)
            let found = try Program(["health"], environment: ["NABLA_SERVER": address]).wait()
            #expect(found.code == 0 && found.output == "ok\n", "\(found.errors)")
            let computed = try Program.run(
                "gradients", example("xor.json"), "--server", address)
            #expect(computed.code == 0, "\(computed.errors)")
        }
        program.signal(SIGTERM)
        #expect(try program.wait().code == 0)
        let gone = try Program.run("runs", "--server", address)
        #expect(gone.code == 69 && gone.errors.contains("no service answers at \(address) ("))
    }

    @Test(arguments: ["", "http://", "/"]) func aPortIsEnough(_ more: String) throws {
        let served = try ServedProgram()
        let address = more == "/" ? served.address + more : more + served.address
        let result = try Program.run("health", "--server", address)
        #expect(result.code == 0, "\(result.errors)")
    }
}
