import ArgumentParser
import NablaJSON

/// `nabla config …`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show the settings that nabla serve would have, and where they come from.",
        subcommands: [ShowCommand.self, CheckCommand.self, DefaultCommand.self],
        defaultSubcommand: ShowCommand.self)

    /// `nabla config show`.
    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show every setting with its value, and where that comes from.")

        @OptionGroup var options: ServeOptions

        @Flag(help: "Print them as JSON.")
        var json = false

        @Flag(help: "Print them as a file that --config takes.")
        var yaml = false

        func validate() throws {
            guard !json || !yaml else {
                throw ValidationError("--json and --yaml exclude each other")
            }
        }

        func run() async throws {
            let (settings, sources) = try await options.reader.readWithSources()
            if yaml {
                print(SettingsFile.text(settings))
            } else if json {
                printBytes(ShowCommand.json(settings, sources))
            } else {
                print(SettingsTable(settings, sources).text)
            }
        }

        private static func json(
            _ settings: ServeSettings, _ sources: [String: SettingSource]
        ) -> [UInt8] {
            var writer = JSONWriter()
            writer.beginObject()
            for setting in Setting.all {
                let source = sources[setting.key] ?? .standard
                writer.key(escaping: setting.key)
                writer.beginObject()
                writer.key("value")
                writer.string(setting.text(settings))
                writer.key("source")
                writer.string(source.kind)
                if source != .standard {
                    writer.key("from")
                    writer.string(source.name)
                }
                writer.endObject()
            }
            writer.endObject()
            return writer.finish()
        }
    }

    /// `nabla config check`.
    struct CheckCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check a settings file by itself, whatever the environment says.",
            discussion: """
                The exit status is 78 when something in it is wrong, and 66 when it can't be read.
                """)

        @Argument(help: "The YAML file.", completion: .file(extensions: ["yaml", "yml"]))
        var file: String

        func run() async throws {
            let (_, sources) = try await SettingsReader(flags: [:], environment: [:], file: file)
                .readWithSources()
            print("\(file) is good: it sets \(sources.count) of \(Setting.all.count) settings")
        }
    }

    /// `nabla config default`.
    struct DefaultCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "default",
            abstract: "Print a settings file with every setting, its default and what it means.")

        func run() async throws {
            print(SettingsFile.text(ServeSettings()))
        }
    }
}

/// The settings as a table for people, a row a setting.
private struct SettingsTable {
    private let settings: ServeSettings
    private let sources: [String: SettingSource]

    init(_ settings: ServeSettings, _ sources: [String: SettingSource]) {
        self.settings = settings
        self.sources = sources
    }

    /// The table.
    var text: String {
        var table = Table(["SETTING", "VALUE", "FROM"])
        for setting in Setting.all {
            let source = sources[setting.key] ?? .standard
            table.add([setting.key, setting.text(settings), source.name])
        }
        return table.text
    }
}
