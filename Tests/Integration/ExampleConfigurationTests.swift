import Foundation
import Testing

@testable import NablaCLI

/// What `nabla serve` makes of config/nabla.example.yaml, which is to show every default.
@Suite struct ExampleConfigurationTests {
    private static let path = Document.root.appendingPathComponent("config/nabla.example.yaml").path

    private func read(_ file: String) async throws -> ServeSettings {
        try await SettingsReader(flags: [:], environment: [:], file: file).read()
    }

    /// Runs `body` with a copy of the example in which `old` is `new`.
    private func withChangedExample(
        _ old: String, _ new: String, _ body: (String) async throws -> Void
    ) async throws {
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        try #require(text.components(separatedBy: old).count == 2, "\(old)")
        let file = NSTemporaryDirectory() + "nabla-\(UUID().uuidString).yaml"
        try text.replacingOccurrences(of: old, with: new)
            .write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await body(file)
    }

    @Test func itsValuesAreTheDefaults() async throws {
        let (read, defaults) = (try await read(Self.path), ServeSettings())
        for setting in Setting.all {
            #expect(setting.text(read) == setting.text(defaults), "\(setting.key)")
        }
    }

    @Test func itNamesEverySettingOnceInTheirOrder() throws {
        var keys: [String] = []
        var group = ""
        for line in try Document("config/nabla.example.yaml").text.split(separator: "\n")
        where !line.contains("#") {
            let name = line.prefix { $0 != ":" }.drop { $0 == " " }
            if line.hasSuffix(":") {
                group = name + "."
            } else {
                keys.append((line.hasPrefix(" ") ? group : "") + name)
            }
        }
        #expect(keys == Setting.all.map(\.key))
    }

    /// So the equality of the values above isn't that of a file nobody reads.
    @Test func eachOfItsValuesIsRead() async throws {
        let defaults = ServeSettings()
        for setting in Setting.all {
            let name = setting.key.split(separator: ".").last.map(String.init) ?? ""
            let old = setting.text(defaults)
            let new =
                switch setting.key {
                case "listen": "127.0.0.1:0"
                case "socket_mode": "600"
                case "data": "elsewhere"
                case "insecure": "true"
                case "log_level": "error"
                case "log_format": "json"
                case "http.cors_origins": "https://a.example"
                case "training.niceness": "3"
                default: String(try #require(Int(old)) + 1)
                }
            try await withChangedExample("\(name): \(old)\n", "\(name): \(new)\n") { file in
                let settings = try await read(file)
                #expect(setting.text(settings) == new, "\(setting.key)")
            }
        }
    }

    @Test func anUnknownKeyStopsTheStartWithItsName() async throws {
        try await withChangedExample("  json_depth:", "  json_deph:") { file in
            let error = await #expect(throws: CommandError.self) { try await read(file) }
            #expect(error?.description.contains("limits.json_deph") == true)
        }
    }
}
