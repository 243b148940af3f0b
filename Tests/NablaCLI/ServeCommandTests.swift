import Glibc
import NablaAPI
import Testing

@Suite struct ServeCommandTests {
    @Test("it prints its port, answers there, and ends with 0", arguments: [SIGTERM, SIGINT])
    func serves(_ signal: Int32) throws {
        let served = try ServedProgram()
        #expect(try served.client.health().status == "ok")
        #expect(try served.client.readiness().status == "ok")
        let result = try served.end(by: signal)
        #expect(result.code == 0)
        #expect(result.output == "nabla listens on \(served.address)\n")
        #expect(result.errors.contains("stopped"))
        #expect(throws: (any Error).self) { try served.client.health() }
    }

    @Test("a signal in any moment of the start ends it", arguments: [SIGTERM, SIGINT])
    func endsWhileItStarts(_ signal: Int32) throws {
        let folder = try TemporaryFolder()
        for moment in stride(from: 0, to: 240, by: 20) {
            let program = try Program(
                ["serve", "--listen", "127.0.0.1:0", "--data", folder.file("data")])
            usleep(UInt32(moment) * 1000)
            program.signal(signal)
            // By the signal itself, before the program hears of it, or in good order.
            let result = try program.wait()
            #expect(result.code ?? 0 == 0, "after \(moment) ms: \(result.errors)")
        }
    }

    @Test func whoFollowsARunHearsThatItsServiceEnded() throws {
        let served = try ServedProgram()
        let folder = try TemporaryFolder()
        let file = try folder.write(
            """
            {"network": {"input_shape": [1], "layers": [{"units": 1}]}, "epochs": 100000000,
             "loss": "mean_squared_error", "samples": {"inputs": [[1]], "targets": [1]}}
            """, to: "endless.json")
        let train = try Program(["train", file, "--server", served.address])
        try waitUntil("the run to begin") { train.output.contains("parameters") }
        try served.expectGoodEnd()
        let result = try train.wait()
        #expect(result.code == 1)
        #expect(result.output.contains("status"), "\(result.errors)")
        #expect(result.output.contains("interrupted"))
    }

    @Test func aPortInUseIsOneLineThatSaysWhatToDo() throws {
        let served = try ServedProgram()
        let folder = try TemporaryFolder()
        let result = try Program.run(
            "serve", "--listen", served.address, "--data", folder.file("data"))
        #expect(result.code == 1)
        #expect(result.output.isEmpty)
        #expect(result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.contains("\(served.address) is in use"))
        #expect(result.errors.contains("another port"))
        #expect(try served.client.health().status == "ok")
    }

    @Test func strangersAreKeptOutUnlessOneInsists() throws {
        let folder = try TemporaryFolder()
        let refused = try Program.run(
            "serve", "--listen", "0.0.0.0:0", "--data", folder.file("data"))
        #expect(refused.code == 1)
        #expect(refused.errorLines.count == 1 && refused.errors.contains("--insecure"))
        #expect(!folder.has("data"))
        let program = try Program(
            ["serve", "--listen", "0.0.0.0:0", "--data", folder.file("data"), "--insecure"])
        #expect(try ServedProgram.address(of: program).hasPrefix("0.0.0.0:"))
        program.signal(SIGTERM)
        #expect(try program.wait().code == 0)
    }

    @Test func aFolderThatCantBeMadeIsNamed() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("no folder", to: "file")
        for data in [file, file + "/data", folder.file("missing") + "/data"] {
            let result = try Program.run("serve", "--listen", "127.0.0.1:0", "--data", data)
            #expect(result.code == 1)
            #expect(
                result.errorLines.count == 1 && result.errors.contains(data), "\(result.errors)")
        }
    }

    @Test func whatIsNoDatabaseIsLeftAsItIs() throws {
        let folder = try TemporaryFolder()
        let text = String(repeating: "a diary\n", count: 1000)
        let file = try folder.write(text, to: "nabla.sqlite")
        let result = try Program.run("serve", "--listen", "127.0.0.1:0", "--data", folder.path)
        #expect(result.code == 1)
        #expect(result.errorLines.count == 1 && result.errors.contains("nabla.sqlite"))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
    }

    @Test func itAllowsItselfTheDescriptorsItsConnectionsNeed() throws {
        let served = try ServedProgram(openFiles: (soft: 100, hard: 5000))
        // 1,024 connections, 64 that are turned away, and what is open beside them.
        #expect(try served.metric("process_max_fds") == 1152)
        #expect(!served.errors.contains("open files"))
        try served.expectGoodEnd()
    }

    @Test func itWarnsOfDescriptorsThatItMayNotHave() throws {
        let served = try ServedProgram(openFiles: (soft: 100, hard: 500))
        #expect(try served.metric("process_max_fds") == 500)
        #expect(try served.client.health().status == "ok")
        let result = try served.end()
        #expect(result.code == 0)
        let warnings = result.errorLines.filter { $0.contains("warning") }
        #expect(warnings.count == 1, "\(result.errors)")
        #expect(warnings.first?.contains("1152 open files, but 500 are allowed") == true)
        #expect(warnings.first?.contains("LimitNOFILE") == true)
    }

    @Test(arguments: ["unix:relative", "unix:/" + String(repeating: "a", count: 107)])
    func aPathThatIsNoSocketsIsOneLine(_ address: String) throws {
        let folder = try TemporaryFolder()
        let result = try Program.run(
            "serve", "--listen", address, "--data", folder.file("data"))
        #expect(result.code != 0)
        #expect(result.errors.contains("unix:/path/to/socket"), "\(result.errors)")
    }

    @Test func itListensOnAUnixSocket() throws {
        let folder = try TemporaryFolder()
        let socket = folder.file("socket")
        let program = try Program(
            ["serve", "--listen", "unix:\(socket)", "--data", folder.file("data")])
        #expect(try ServedProgram.address(of: program) == "unix:\(socket)")
        #expect(folder.has("socket"))
        program.signal(SIGTERM)
        #expect(try program.wait().code == 0)
        #expect(!folder.has("socket"))
    }
}
