import Foundation
import NablaAPI
import NablaNetworks
import Testing

@Suite struct BackupCommandTests {
    @Test func aCopyMadeWhileServingGoesOnWhereTheServerWas() throws {
        let folder = try TemporaryFolder()
        let served = try ServedProgram()
        let done = try served.client.train(
            .restorable(.adam(Adam()), epochs: 3), waitSeconds: 30)
        let endless = try served.client.train(.restorable(.adam(Adam()), epochs: 100_000_000))
        try waitUntil("some epochs") { try served.client.run(endless.id).progress.epoch > 0 }
        try FileManager.default.createDirectory(
            atPath: folder.file("copy"), withIntermediateDirectories: false)
        let file = folder.file("copy") + "/nabla.sqlite"
        let result = try Program.run("backup", file, "--data", served.data)
        #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
        // The one that was copied still serves.
        #expect(try served.client.run(endless.id).status == .running)
        let copied = try ServedProgram(data: folder.file("copy"))
        #expect(try copied.client.run(done.id).status == .succeeded)
        let network = try copied.client.network(ofRun: done.id, as: .float32)
        #expect(try network == served.client.network(ofRun: done.id, as: .float32))
        let before = try copied.client.run(endless.id).progress.epoch
        try waitUntil("the copied run to go on") {
            try copied.client.run(endless.id).progress.epoch > before
        }
        for server in [served, copied] { try server.expectGoodEnd() }
    }

    @Test func whatCantBeCopiedIsOneLine() throws {
        let folder = try TemporaryFolder()
        let missing = try Program.run(
            "backup", folder.file("copy"), "--data", folder.file("data"))
        #expect(missing.code == 66 && missing.errorLines.count == 1, "\(missing.errors)")
        #expect(missing.errors.contains("data/nabla.sqlite"))
        #expect(!folder.has("copy") && !folder.has("copy.part") && !folder.has("data"))
        let served = try ServedProgram()
        let there = try folder.write("mine", to: "there")
        let refused = try Program.run("backup", there, "--data", served.data)
        #expect(refused.code == 73 && refused.errors.contains("already"))
        #expect(try String(contentsOfFile: there, encoding: .utf8) == "mine")
        let nowhere = folder.file("missing") + "/copy"
        let lost = try Program.run("backup", nowhere, "--data", served.data)
        #expect(lost.code == 73 && lost.errorLines.count == 1, "\(lost.errors)")
        #expect(lost.errors.contains(nowhere) && !lost.errors.contains("nabla.sqlite"))
        try served.storeLargeNetwork(named: "large")
        let short = try Program(
            ["backup", folder.file("copy"), "--data", served.data],
            launcher: Program.withSmallFiles
        ).wait()
        #expect(short.code == 73 && short.errorLines.count == 1, "\(short.errors)")
        #expect(!folder.has("copy") && !folder.has("copy.part"))
        let diary = try folder.write(
            String(repeating: "a diary\n", count: 1000), to: "nabla.sqlite")
        let foreign = try Program.run("backup", folder.file("copy"), "--data", folder.path)
        #expect(foreign.code == 66 && foreign.errors.contains(diary), "\(foreign.errors)")
        #expect(!folder.has("copy") && !folder.has("copy.part"))
    }
}
