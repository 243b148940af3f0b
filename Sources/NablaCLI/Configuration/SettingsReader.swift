import Configuration
import Foundation
import SystemPackage
import Yams

/// Reads the settings: flags beat the environment, the environment beats the file.
///
/// A key that isn't known, or a value that can't be, stops the start with its name and its source.
struct SettingsReader {
    /// What was given as flags, by key.
    let flags: [String: String]
    /// The environment, of which only names that begin with `NABLA_` count, and of those not what
    /// Kubernetes and Docker tell of services (see `ServiceLink`).
    let environment: [String: String]
    /// The file; nil for none.
    let file: String?

    /// Names of the environment that other parts of the program read.
    private static let otherVariables: Set = [
        "NABLA_SERVER", "NABLA_TOKEN", "NABLA_STREAM_RETRY_SECONDS", "NABLA_CONFIG",
    ]

    /// Gives the settings, from their defaults and all that was given.
    ///
    /// - Throws: `CommandError` with the name of what is wrong.
    nonisolated(nonsending) func read() async throws -> ServeSettings {
        try await readWithSources().settings
    }

    /// Gives the settings, and for each key where its value comes from.
    ///
    /// - Throws: `CommandError` with the name of what is wrong.
    nonisolated(nonsending) func readWithSources() async throws -> (
        settings: ServeSettings, sources: [String: SettingSource]
    ) {
        do {
            return try await readAll()
        } catch let error as CommandError where error.status == .failure {
            throw error.ending(as: .configuration)
        }
    }

    nonisolated(nonsending) private func readAll() async throws
        -> (settings: ServeSettings, sources: [String: SettingSource])
    {
        let variables = environment.filter { $0.key.hasPrefix("NABLA_") }
        if !variables.isEmpty { try check(variables) }
        let written: ConfigReader?
        if let file {
            written = ConfigReader(provider: try await provider(of: file))
        } else {
            written = nil
        }
        var settings = ServeSettings()
        var sources: [String: SettingSource] = [:]
        let isByFlagsAlone = file == nil && variables.isEmpty
        for setting in isByFlagsAlone ? Setting.covering(flags.keys) : Setting.all {
            let given =
                flags[setting.key] ?? (variables.isEmpty ? nil : variables[setting.variable])
            guard let text = given ?? written?.string(forKey: ConfigKey(setting.key)) else {
                continue
            }
            sources[setting.key] = source(of: setting)
            do {
                try setting.set(&settings, text)
            } catch {
                throw CommandError(
                    "\(source(of: setting).name): \(setting.key) is \"\(text)\", "
                        + "but \(error.description)")
            }
        }
        return (settings, sources)
    }

    /// Where the value of a setting comes from that was given.
    private func source(of setting: Setting) -> SettingSource {
        if flags[setting.key] != nil { return .option(setting.flag) }
        if environment[setting.variable] != nil { return .environment(setting.variable) }
        return file.map { .file($0) } ?? .standard
    }

    private func check(_ variables: [String: String]) throws {
        let known = Set(Setting.all.map(\.variable)).union(SettingsReader.otherVariables)
        for (name, value) in variables.sorted(by: { $0.key < $1.key })
        where !known.contains(name) && !ServiceLink.injects(name, value) {
            throw CommandError(
                "there is no setting for the environment's \(name)"
                    + nearest(to: name, among: known.sorted(), sharing: "NABLA_".count))
        }
    }

    private func provider(of file: String) async throws -> any ConfigProvider {
        guard let text = String(validating: try InputFile(path: file).read(), as: UTF8.self)
        else { throw CommandError("\(file) is no text in UTF-8") }
        do {
            guard let root = try Yams.compose(yaml: text) else {
                return InMemoryProvider(name: file, values: [:])
            }
            try check(root, under: "", of: file)
        } catch let error as YamlError {
            throw CommandError("\(file) is no YAML: \(line(of: error))")
        }
        return try await FileProvider<YAMLSnapshot>(filePath: FilePath(file))
    }

    /// What is wrong in one line, without the piece of the file and the mark below it that come last.
    private func line(of error: YamlError) -> String {
        let lines = "\(error)".split(separator: "\n")
        return lines.dropLast(lines.count > 2 ? 2 : 0).joined(separator: " ")
    }

    /// Refuses keys that no setting has, which `ConfigReader` would pass over.
    private func check(_ node: Yams.Node, under prefix: String, of file: String) throws {
        let keys = Setting.all.map(\.key)
        guard case .mapping(let mapping) = node else {
            guard keys.contains(prefix) else {
                throw CommandError(
                    "\(file): there is no setting \(prefix)" + nearest(to: prefix, among: keys))
            }
            guard case .scalar = node else {
                throw CommandError("\(file): \(prefix) must be one value")
            }
            return
        }
        for (key, value) in mapping {
            let name = (prefix.isEmpty ? "" : prefix + ".") + (key.string ?? "")
            try check(value, under: name, of: file)
        }
    }

    /// The names that begin as `name` does for more than half of it, after what they all share.
    private func nearest(to name: String, among names: [String], sharing shared: Int = 0) -> String
    {
        let close = names.filter { (commonPrefix($0, name) - shared) * 2 > name.count - shared }
        return close.isEmpty ? "" : "; there are \(close.joined(separator: ", "))"
    }

    private func commonPrefix(_ left: String, _ right: String) -> Int {
        zip(left, right).prefix { $0 == $1 }.count
    }
}

extension Setting {
    /// The name in the environment: `NABLA_HTTP_BODY_BYTES` for `http.body_bytes`.
    var variable: String {
        "NABLA_" + key.uppercased().replacing(".", with: "_")
    }

    /// The flag of `nabla serve`, where it has one: `--workers` for `pool.workers`.
    var flag: String {
        "--" + (key.split(separator: ".").last ?? "").replacing("_", with: "-")
    }
}
