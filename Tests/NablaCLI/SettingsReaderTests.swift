import NablaClient
import Testing

@testable import NablaCLI

@Suite struct SettingsReaderTests {
    /// Reads settings, the file given as its text.
    private func read(
        flags: [String: String] = [:], environment: [String: String] = [:], file text: String? = nil
    ) async throws -> ServeSettings {
        let folder = try TemporaryFolder()
        let file = try text.map { try folder.write($0, to: "nabla.yaml") }
        return try await SettingsReader(flags: flags, environment: environment, file: file).read()
    }

    private func refusal(
        flags: [String: String] = [:], environment: [String: String] = [:],
        file text: String? = nil
    ) async -> String {
        let error = await #expect(throws: CommandError.self) {
            try await read(flags: flags, environment: environment, file: text)
        }
        return error?.description ?? ""
    }

    @Test func withNothingGivenAllHaveTheirDefaults() async throws {
        for file in [nil, "", "# a comment\n"] {
            let settings = try await read(environment: ["PATH": "/bin"], file: file)
            for setting in Setting.all {
                #expect(setting.text(settings) == setting.text(ServeSettings()), "\(setting.key)")
            }
        }
    }

    @Test func flagsBeatTheEnvironmentWhichBeatsTheFile() async throws {
        let file = "pool:\n  workers: 1\n  queued_requests: 1\n  inline_bytes: 1\n"
        let settings = try await read(
            flags: ["pool.workers": "3"],
            environment: ["NABLA_POOL_WORKERS": "2", "NABLA_POOL_QUEUED_REQUESTS": "2"], file: file)
        #expect(settings.service.pool.workers == 3)
        #expect(settings.service.pool.queuedRequests == 2)
        #expect(settings.service.pool.inlineBytes == 1)
    }

    @Test func everySettingCanBeGivenInTheEnvironmentAndInAFile() async throws {
        for setting in Setting.all {
            let text = [
                "7", "8000", "true", "debug", "127.0.0.1:1", "json", "https://a.example",
            ].first { text in
                var settings = ServeSettings()
                return (try? setting.set(&settings, text)) != nil
                    && text != setting.text(ServeSettings())
            }
            let value = try #require(text)
            let given = try await read(environment: [setting.variable: value])
            #expect(setting.text(given) == value, "\(setting.variable)")
            let parts = setting.key.split(separator: ".")
            let lines = parts.enumerated().map { String(repeating: "  ", count: $0) + $1 + ":" }
            let written = try await read(file: lines.joined(separator: "\n") + " \(value)\n")
            #expect(setting.text(written) == value, "\(setting.key)")
        }
    }

    @Test func anUnknownKeyOfTheFileIsNamed() async {
        #expect(await refusal(file: "lisen: 127.0.0.1:0").contains("no setting lisen"))
        #expect(await refusal(file: "http: {loop: 1}").contains("no setting http.loop; there are"))
        #expect(await refusal(file: "http: 3").contains("no setting http"))
        #expect(await refusal(file: "listen: {port: 1}").contains("listen.port"))
        #expect(await refusal(file: "just words").contains("nabla.yaml"))
    }

    @Test func anUnknownVariableIsNamedWithThoseThatAreClose() async {
        let close = await refusal(environment: ["NABLA_HTTP_LOOP": "1"])
        #expect(close.contains("NABLA_HTTP_LOOP;") && close.contains("NABLA_HTTP_LOOPS"))
        let far = await refusal(environment: ["NABLA_QUX": "1"])
        #expect(far.hasSuffix("NABLA_QUX"), "\(far)")
    }

    @Test func variablesOfOtherPartsAreLeftAlone() async throws {
        _ = try await read(
            environment: [
                "NABLA_SERVER": "http://127.0.0.1:1", "NABLA_CONFIG": "/x", "NABLA_TOKEN": "x",
                "NABLA_STREAM_RETRY_SECONDS": "5",
                "nabla_x": "1",
            ])
    }

    @Test(
        "what Kubernetes and Docker tell of services named nabla and nabla-db is left alone",
        arguments: [
            ("NABLA_SERVICE_HOST", "10.0.0.11"), ("NABLA_SERVICE_PORT", "8080"),
            ("NABLA_SERVICE_PORT_HTTP", "8080"), ("NABLA_SERVICE_PORT_HTTP_METRICS", "9090"),
            ("NABLA_PORT", "tcp://10.0.0.11:8080"), ("NABLA_PORT_8080_TCP", "tcp://10.0.0.11:8080"),
            ("NABLA_PORT_8080_TCP_PROTO", "tcp"), ("NABLA_PORT_8080_TCP_PORT", "8080"),
            ("NABLA_PORT_8080_TCP_ADDR", "10.0.0.11"), ("NABLA_PORT_53_UDP_ADDR", "fd00::11"),
            ("NABLA_PORT_9_SCTP", "sctp://[fd00::11]:9"), ("NABLA_DB_SERVICE_HOST", "10.0.0.12"),
            ("NABLA_DB_SERVICE_PORT", "5432"), ("NABLA_DB_PORT", "tcp://10.0.0.12:5432"),
            ("NABLA_DB_PORT_5432_TCP_ADDR", "10.0.0.12"), ("NABLA_2_SERVICE_HOST", "10.0.0.13"),
            ("NABLA_NAME", "/web/nabla"), ("NABLA_ENV_MOTD", "welcome\nto it"),
            ("NABLA_PORT_8000_TCP_START", "tcp://172.17.0.2:8000"),
            ("NABLA_PORT_8000_TCP_END", "tcp://172.17.0.2:8009"),
            ("NABLA_PORT_8000_TCP_PORT_START", "8000"), ("NABLA_PORT_8000_TCP_PORT_END", "8009"),
        ])
    func leftAlone(_ name: String, _ value: String) async throws {
        let settings = try await read(environment: [name: value])
        for setting in Setting.all {
            #expect(setting.text(settings) == setting.text(ServeSettings()), "\(setting.key)")
        }
    }

    @Test(
        "what only looks like it is refused",
        arguments: [
            ("NABLA_PORT", "8080"), ("NABLA_PORT", "http"), ("NABLA_HTTP_PORT", "80"),
            ("NABLA_PORT_8080", "tcp://10.0.0.11:8080"), ("NABLA_PORT_8080_HTTP", "tcp://[::]:1"),
            ("NABLA_PORT_8080_TCP", "8080"), ("NABLA_PORT_8080_TCP_NAME", "nabla"),
            ("NABLA_PORT_X_TCP_ADDR", "10.0.0.11"), ("NABLA_PORT_8080_TCP_PROTO", "http"),
            ("NABLA_PORT_8080_TCP_PORT", "x"), ("NABLA_SERVICE_PORT", "http"),
            ("NABLA_SERVICE_HOST", ""), ("NABLA_SERVICE", "10.0.0.11"), ("NABLA_HOST", "0.0.0.0"),
            ("NABLA_NAME", "nabla"), ("NABLA_ENV", "prod"), ("NABLA_ENV_", ""),
        ])
    func onlyLooksLikeIt(_ name: String, _ value: String) async {
        #expect(await refusal(environment: [name: value]).contains("environment's \(name)"))
    }

    @Test func noSettingCouldBeTakenForWhatKubernetesTells() {
        let values = ["8080", "10.0.0.11", "tcp", "tcp://10.0.0.11:8080", "/web/nabla"]
        for variable in Setting.all.map(\.variable) {
            for value in values {
                #expect(!ServiceLink.injects(variable, value), "\(variable)=\(value)")
            }
        }
    }

    @Test func aBadValueIsNamedWithItsSource() async {
        let file = "http: {loops: 0}"
        #expect(
            await refusal(environment: ["NABLA_HTTP_LOOPS": "x"], file: file)
                .hasPrefix("NABLA_HTTP_LOOPS: http.loops is \"x\", but must be"))
        #expect(await refusal(file: file).contains("/nabla.yaml: http.loops is \"0\", but must be"))
        let flags = ["pool.workers": "x", "log_level": "loud", "data": ""]
        let environment = ["NABLA_POOL_WORKERS": "1", "NABLA_LOG_LEVEL": "info"]
        for (key, flag) in [
            ("pool.workers", "--workers"), ("log_level", "--log-level"), ("data", "--data"),
        ] {
            let said = await refusal(
                flags: flags.filter { $0.key == key }, environment: environment)
            #expect(said.hasPrefix("\(flag): \(key) is \"\(flags[key] ?? "")\""), "\(said)")
        }
    }

    @Test func aBadValueIsNamedWithItsBounds() async {
        let variable = await refusal(environment: ["NABLA_HTTP_CONNECTIONS": "lots"])
        #expect(variable.contains("http.connections is \"lots\""))
        #expect(variable.contains("1 to 1000000"))
        #expect(await refusal(file: "http: {loops: 0}").contains("http.loops is \"0\""))
        #expect(await refusal(file: "http: {loops: [1]}").contains("http.loops must be one value"))
        #expect(await refusal(file: "http: {loops: 1.5}").contains("http.loops"))
    }

    @Test func aFileThatCantBeReadIsNamed() async throws {
        let reader = SettingsReader(flags: [:], environment: [:], file: "/nowhere/nabla.yaml")
        let error = await #expect(throws: CommandError.self) { try await reader.read() }
        #expect(error?.description.contains("/nowhere/nabla.yaml can't be read") == true)
        #expect(await refusal(file: "a: [1").contains("nabla.yaml is no YAML"))
    }
}

/// The same as a whole program, seen by what it does.
@Suite struct SettingsOfTheProgramTests {
    @Test func flagsBeatTheEnvironmentWhichBeatsTheFile() throws {
        let folder = try TemporaryFolder()
        let paths = ["flag", "variable", "file"].map(folder.file)
        let file = try folder.write(
            "listen: 127.0.0.1:0\ndata: \(paths[2])\nlog_level: debug\n", to: "nabla.yaml")
        let given = [
            ["serve", "--config", file, "--data", paths[0]], ["serve", "--config", file], ["serve"],
        ]
        let environments = [
            ["NABLA_DATA": paths[1]], ["NABLA_DATA": paths[1]], ["NABLA_CONFIG": file],
        ]
        for index in 0..<3 {
            let program = try Program(given[index], environment: environments[index])
            let address = try ServedProgram.address(of: program)
            _ = try Client(ClientConfiguration(server: "http://\(address)")).version()
            #expect(["flag", "variable", "file"].map(folder.has) == (0..<3).map { $0 <= index })
            program.signal(15)
            let result = try program.wait()
            #expect(result.code == 0)
            // The level is the file's alone, so requests are logged.
            #expect(result.errors.contains("/version"), "\(result.errors)")
        }
    }

    @Test(
        "what can't be set stops the start with its name",
        arguments: [
            ("NABLA_POOL_WORKERS", "none", "pool.workers is \"none\"", 78),
            ("NABLA_PORT", "80", "NABLA_PORT", 78),
            ("NABLA_CONFIG", "/nowhere/nabla.yaml", "/nowhere/nabla.yaml", 66),
        ])
    func stops(_ variable: String, _ value: String, _ says: String, _ code: Int32) throws {
        let folder = try TemporaryFolder()
        let result = try Program.run(
            "serve", "--listen", "127.0.0.1:0", "--data", folder.file("data"),
            environment: [variable: value])
        #expect(result.code == code)
        #expect(result.output.isEmpty && !folder.has("data"))
        #expect(result.errorLines.count == 1 && result.errors.contains(says), "\(result.errors)")
    }

    @Test func anUnknownKeyOfTheFileStopsTheStartToo() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("training: {eras: 3}\n", to: "nabla.yaml")
        let result = try Program.run(
            "serve", "--listen", "127.0.0.1:0", "--data", folder.file("data"), "--config", file)
        #expect(result.code == 78)
        #expect(result.errorLines.count == 1 && result.errors.contains("training.eras"))
    }
}
