import Testing

@testable import NablaCLI

@Suite struct ConfigCommandTests {
    @Test func eachSettingSaysWhereItsValueComesFrom() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("data: kept\nhttp:\n  loops: 3\n", to: "nabla.yaml")
        let result = try Program.run(
            "config", "--config", file, "--workers", "5",
            environment: ["NABLA_LIMITS_JSON_DEPTH": "9", "NABLA_HTTP_LOOPS": "4"])
        #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
        let rows = result.output.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        }
        #expect(rows.count == Setting.all.count + 2)
        #expect(rows.contains(["data", "kept", file]))
        #expect(rows.contains(["http.loops", "4", "NABLA_HTTP_LOOPS"]))
        #expect(rows.contains(["limits.json_depth", "9", "NABLA_LIMITS_JSON_DEPTH"]))
        #expect(rows.contains(["pool.workers", "5", "--workers"]))
        #expect(rows.contains(["listen", "127.0.0.1:8080", "default"]))
        let json = try Program.run("config", "show", "--json", "--workers", "5", "--config", file)
        #expect(
            json.output.contains(
                #""pool.workers":{"value":"5","source":"option","from":"--workers"}"#))
        #expect(json.output.contains(#""data":{"value":"kept","source":"file","from":"\#(file)"}"#))
        #expect(json.output.contains(#""kept_bytes":{"value":"67108864","source":"default"}"#))
    }

    @Test func whatIsPrintedAsAFileGivesTheSameAgain() throws {
        let folder = try TemporaryFolder()
        let environment = [
            "NABLA_LISTEN": "127.0.0.1:1,unix:/run/nabla's#1.sock", "NABLA_DATA": "yes",
            "NABLA_HTTP_CORS_ORIGINS": "*", "NABLA_INSECURE": "true", "NABLA_SOCKET_MODE": "7",
            "NABLA_TRAINING_NICENESS": "3",
        ]
        let first = try Program(["config", "show", "--yaml"], environment: environment).wait()
        #expect(first.code == 0, "\(first.errors)")
        let file = try folder.write(first.output, to: "nabla.yaml")
        let second = try Program.run("config", "show", "--yaml", "--config", file)
        #expect(second.output == first.output)
        let table = try Program.run("config", "--config", file)
        #expect(table.output.contains("127.0.0.1:1,unix:/run/nabla's#1.sock  \(file)"))
    }

    @Test func theDefaultFileHasEverySettingWithItsMeaning() async throws {
        let folder = try TemporaryFolder()
        let result = try Program.run("config", "default")
        #expect(result.code == 0)
        for setting in Setting.all {
            let name = setting.key.split(separator: ".").last.map(String.init) ?? ""
            #expect(result.output.contains("\(name): "), "\(name)")
            #expect(result.output.contains(setting.summary.dropFirst()), "\(setting.key)")
        }
        let file = try folder.write(result.output, to: "nabla.yaml")
        let (settings, sources) = try await SettingsReader(flags: [:], environment: [:], file: file)
            .readWithSources()
        #expect(sources.count == Setting.all.count)
        for setting in Setting.all {
            #expect(setting.text(settings) == setting.text(ServeSettings()), "\(setting.key)")
        }
    }

    @Test func aFileIsCheckedByItself() throws {
        let folder = try TemporaryFolder()
        let good = try folder.write("data: kept\nhttp: {loops: 3}\n", to: "good.yaml")
        let wrong = ["NABLA_POOL_WORKERS": "none"]
        let checked = try Program(["config", "check", good], environment: wrong).wait()
        #expect(checked.code == 0, "\(checked.errors)")
        #expect(checked.output.hasPrefix("\(good) is good: it sets 2 of "))
        for (text, says) in [
            ("http: {loop: 3}\n", "http.loop"), ("pool: {workers: -1}\n", "pool.workers is \"-1\""),
            ("data: [\n", "no YAML"),
        ] {
            let file = try folder.write(text, to: "bad.yaml")
            let result = try Program.run("config", "check", file)
            #expect(result.code == 78 && result.errorLines.count == 1, "\(result.errors)")
            #expect(result.errors.contains(says) && result.errors.contains(file))
        }
        for (path, says) in [
            (folder.file("missing.yaml"), "missing.yaml"), (folder.path, "a folder"),
            ("-", "- can't be read"),
        ] {
            let missing = try Program.run("config", "check", path)
            #expect(missing.code == 66 && missing.errorLines.count == 1, "\(missing.errors)")
            #expect(missing.errors.contains(says), "\(missing.errors)")
        }
    }
}
