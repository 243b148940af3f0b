import Foundation
import NablaAPI
import NablaClient
import Testing

/// `nabla token`, beside a server that runs on the same folder and without one.
@Suite struct TokenCommandTests {
    private func create(
        _ name: String, scope: String = "read", _ more: String..., in data: String
    ) throws -> String {
        let result = try Program(
            ["token", "create", "--name", name, "--scope", scope, "--data", data] + more
        ).wait()
        #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
        #expect(result.output.hasPrefix("nabla_") && result.output.hasSuffix("\n"))
        return String(result.output.dropLast())
    }

    @Test func aTokenIsShownOnceAndListedWithoutItsText() throws {
        let folder = try TemporaryFolder()
        let first = try create("ci", in: folder.file("data"))
        let second = try create(
            "train.er", scope: "write,read", "--expires", "30d", in: folder.file("data"))
        #expect(first != second && first.count == 49)
        let list = try Program.run("token", "list", "--data", folder.file("data"))
        let rows = list.output.split(separator: "\n").dropFirst(2).map { line in
            line.split(separator: " ").map(String.init)
        }
        #expect(
            rows.map { Array($0.prefix(3)) } == [
                ["ci", "read", "good"], ["train.er", "read,write", "good"],
            ])
        #expect(rows[0].suffix(2) == ["never", "never"])
        // Date and time of its making and of its end, then of its last use.
        let days = try #require(rows[1].dropFirst(3).first.flatMap(day))
        let end = try #require(rows[1].dropFirst(5).first.flatMap(day))
        #expect(end == days + 30)
        #expect(!list.output.contains("nabla_"))
        let database = try Data(
            contentsOf: URL(fileURLWithPath: folder.file("data/nabla.sqlite")))
        #expect(database.range(of: Data(first.dropFirst(6).utf8)) == nil)
    }

    /// Days since 1970 of `2026-01-02`.
    private func day(_ text: String) -> Int64? {
        Timestamp(text + "T00:00:00.000Z").map { $0.milliseconds / 86_400_000 }
    }

    @Test func aServerSeesWhatIsDoneMeanwhile() throws {
        let served = try ServedProgram()
        #expect(try served.client.runs().runs.isEmpty)
        let token = try create("ci", in: served.data)
        let list = { (token: String?) in
            try Program(
                ["runs", "list", "--server", served.address],
                environment: token.map { ["NABLA_TOKEN": $0] } ?? [:]
            ).wait()
        }
        try waitUntil("the token to count") { try list(nil).code == 77 }
        #expect(try list(nil).errors.contains("Unauthorized"))
        #expect(try list(token).code == 0)
        #expect(try list("").errors.contains("Unauthorized"))
        // What asks nobody answers all.
        let health = try Program.run("health", "--server", served.address)
        #expect(health.code == 0)
        let revoked = try Program.run("token", "revoke", "ci", "--data", served.data)
        #expect(revoked.code == 0 && revoked.output == "ci is revoked\n")
        try waitUntil("the token to count no longer") { try list(token).code == 77 }
        try served.expectGoodEnd()
        let rows = try Program.run("token", "list", "--data", served.data).output
        let row = try #require(rows.split(separator: "\n").last)
        #expect(row.contains("revoked") && !row.hasSuffix("never"), "\(rows)")
    }

    @Test func withATokenStrangersMayBeServed() throws {
        let folder = try TemporaryFolder()
        let data = folder.file("data")
        let serve = ["serve", "--listen", "0.0.0.0:0", "--data", data]
        let refused = try Program(serve).wait()
        #expect(refused.code == 1 && refused.errorLines.count == 1)
        #expect(refused.errors.contains("nabla token create"), "\(refused.errors)")
        #expect(!folder.has("data"))
        let token = try create("ci", in: data)
        let program = try Program(serve)
        let port = try ServedProgram.address(of: program).split(separator: ":").last ?? ""
        let server = "http://127.0.0.1:\(port)"
        let stranger = Client(ClientConfiguration(server: server))
        #expect(throws: ClientError.self) { try stranger.runs() }
        #expect(try stranger.health().status == "ok")
        let holder = Client(ClientConfiguration(server: server, token: token))
        #expect(try holder.runs().runs.isEmpty)
        program.signal(SIGTERM)
        #expect(try program.wait().code == 0)
        // One that is good for nothing is none.
        #expect(try Program.run("token", "revoke", "ci", "--data", data).code == 0)
        let again = try Program(serve).wait()
        #expect(again.code == 1 && again.errors.contains("nabla token create"))
    }

    @Test func theFolderIsFoundAsTheServerFindsIt() throws {
        let folder = try TemporaryFolder()
        let result = try Program(
            ["token", "create", "--name", "ci", "--scope", "read"],
            environment: ["NABLA_DATA": folder.file("data")]
        ).wait()
        #expect(result.code == 0)
        let file = try folder.write("data: \(folder.file("data"))\n", to: "nabla.yaml")
        let list = try Program.run("token", "list", "--config", file)
        #expect(list.output.contains("ci"), "\(list.errors)")
    }

    @Test(
        "what can't be is refused by its name, and makes no folder",
        arguments: [
            (["create", "--scope", "read"], "--name"), (["create", "--name", "a"], "--scope"),
            (["create", "--name", "a", "--scope", "reed"], "reed"),
            (["create", "--name", "a", "--scope", ""], "scope"),
            (["create", "--name", "a", "--scope", "read,"], "scope"),
            (["create", "--name", "a", "--scope", "read", "--expires", "30"], "30"),
            (["create", "--name", "a", "--scope", "read", "--expires", "0d"], "0d"),
            (["create", "--name", "a", "--scope", "read", "--expires", "-1d"], "--expires"),
            (["create", "--name", "a", "--scope", "read", "--expires", "9y"], "9y"),
            (["revoke"], "<name>"),
        ])
    func refused(_ arguments: [String], _ name: String) throws {
        let folder = try TemporaryFolder()
        let result = try Program(["token"] + arguments + ["--data", folder.file("data")]).wait()
        #expect(result.code == 64)
        #expect(result.errors.contains(name), "\(result.errors)")
        #expect(!folder.has("data"))
    }

    @Test func namesAreOfOneTokenAndPlain() throws {
        let folder = try TemporaryFolder()
        let data = folder.file("data")
        _ = try create("ci", in: data)
        for name in ["ci", "a b", "", "é", String(repeating: "a", count: 65)] {
            let result = try Program.run(
                "token", "create", "--name", name, "--scope", "read", "--data", data)
            #expect(result.code == 65 && result.errorLines.count == 1, "\(name): \(result.errors)")
        }
        let missing = try Program.run("token", "revoke", "other", "--data", data)
        #expect(missing.code == 65 && missing.errors.contains("no token other"))
    }

    @Test(arguments: [["list"], ["list", "--json"], ["revoke", "ci"]])
    func aFolderThatIsNotThereIsNotMade(_ arguments: [String]) throws {
        let folder = try TemporaryFolder()
        let result = try Program(["token"] + arguments + ["--data", folder.file("typo")]).wait()
        #expect(result.code == 66 && result.errorLines.count == 1 && result.output.isEmpty)
        #expect(result.errors.contains(folder.file("typo")), "\(result.errors)")
        #expect(!folder.has("typo"))
    }

    @Test func aFolderWithoutTokensSaysHowToMakeOne() throws {
        let served = try ServedProgram()
        let list = try Program.run("token", "list", "--data", served.data)
        #expect(list.code == 0 && list.output.hasPrefix("no tokens"), "\(list.errors)")
        let json = try Program.run("token", "list", "--json", "--data", served.data)
        #expect(json.code == 0 && json.output == #"{"tokens":[]}"# + "\n", "\(json.errors)")
    }

    private struct ToldToken: Decodable {
        var name: String
        var scopes: [String]
        var state: String
        var createdAt: String
        var expiresAt: String?
        var lastUsedAt: String?
        var revokedAt: String?
        var token: String?
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(text.utf8))
    }

    @Test func programsGetThemAsJSON() throws {
        let folder = try TemporaryFolder()
        let token = { (arguments: String...) in
            try Program(["token"] + arguments + ["--data", folder.file("data")]).wait()
        }
        let created = try token(
            "create", "--name", "ci", "--scope", "write,read", "--expires", "30d", "--json")
        #expect(created.code == 0 && created.errors.isEmpty, "\(created.errors)")
        let ci = try decode(ToldToken.self, created.output)
        #expect(ci.name == "ci" && ci.scopes == ["read", "write"] && ci.state == "good")
        #expect(ci.token?.hasPrefix("nabla_") == true && ci.revokedAt == nil)
        let made = try #require(Timestamp(ci.createdAt))
        let end = try #require(Timestamp(ci.expiresAt ?? ""))
        #expect(end.milliseconds - made.milliseconds == 30 * 86_400_000)
        #expect(try token("create", "--name", "old", "--scope", "read").code == 0)
        #expect(try token("revoke", "old").code == 0)
        // Another of the same name, which is told of and not the one before.
        let again = try token("create", "--name", "old", "--scope", "write", "--json")
        let old = try decode(ToldToken.self, again.output)
        #expect(old.scopes == ["write"] && old.state == "good")
        let list = try token("list", "--json")
        let tokens = try decode([String: [ToldToken]].self, list.output)["tokens"] ?? []
        #expect(tokens.map(\.name) == ["ci", "old", "old"])
        #expect(tokens.map(\.state) == ["good", "revoked", "good"])
        #expect(tokens.map { $0.revokedAt != nil } == [false, true, false])
        #expect(tokens.map { $0.expiresAt != nil } == [true, false, false])
        #expect(tokens.allSatisfy { $0.token == nil && $0.lastUsedAt == nil })
        #expect(!list.output.contains("nabla_"))
    }
}
