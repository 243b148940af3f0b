import ArgumentParser
import Foundation
import NablaAPI
import NablaService

/// `nabla token create|list|revoke`.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Give out and take back the tokens that callers show.",
        discussion: """
            These commands change the database of the data folder; a server that runs on it sees that \
            within a second. Once there is a token, every call needs one.
            """,
        subcommands: [CreateCommand.self, ListCommand.self, RevokeCommand.self])

    /// `nabla token create`.
    struct CreateCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make a token and print it, this once.")

        @Option(help: "What it is called: letters, digits, points, underscores and hyphens.")
        var name: String

        @Option(
            help: "What it allows, with commas: read, for what changes nothing, and write.",
            transform: CreateCommand.scopes)
        var scope: Set<Scope>

        @Option(
            help: "How long it is good, as in 30d: minutes m, hours h, days d or weeks w.",
            transform: CreateCommand.seconds)
        var expires: Int?

        @OptionGroup var folder: DataFolder

        private static func scopes(_ text: String) throws -> Set<Scope> {
            try Set(
                text.split(separator: ",", omittingEmptySubsequences: false).map { name in
                    guard let scope = Scope(rawValue: String(name)) else {
                        throw ValidationError("there is no scope \(name); there are read and write")
                    }
                    return scope
                })
        }

        private static func seconds(_ text: String) throws -> Int {
            let units: [Character: Int] = ["m": 60, "h": 3600, "d": 86_400, "w": 604_800]
            guard let unit = text.last.flatMap({ units[$0] }),
                let count = Int(text.dropLast()), (1...100_000).contains(count)
            else {
                throw ValidationError("\(text) is no time; write 90m, 12h, 30d or 8w")
            }
            return count * unit
        }

        func run() async throws {
            let token = try await folder.tokens {
                try $0.create(name: name, scopes: scope, seconds: expires)
            }
            print(token)
        }
    }

    /// `nabla token list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the tokens there have been, oldest first.")

        @OptionGroup var folder: DataFolder

        func run() async throws {
            let tokens = try await folder.tokens { try $0.list() }
            guard !tokens.isEmpty else {
                print("no tokens: nabla token create makes one")
                return
            }
            let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            print(TokenTable(tokens, at: now).text)
        }
    }

    /// `nabla token revoke`.
    struct RevokeCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Take a token out of force.")

        @Argument(help: "The token's name.")
        var name: String

        @OptionGroup var folder: DataFolder

        func run() async throws {
            guard try await folder.tokens({ try $0.revoke(name: name) }) else {
                throw CommandError("there is no token \(name) in force")
            }
            print("\(name) is revoked")
        }
    }
}

/// The data folder that a command works on.
struct DataFolder: ParsableArguments {
    @Option(help: "The folder of the database (default: as nabla serve finds it).")
    var data: String?

    @Option(help: "The settings' YAML file (default: $NABLA_CONFIG, else none).")
    var config: String?

    /// The settings that say where it is.
    func settings() async throws -> ServeSettings {
        let environment = ProcessInfo.processInfo.environment
        var flags: [String: String] = [:]
        flags["data"] = data
        return try await SettingsReader(
            flags: flags, environment: environment, file: config ?? environment["NABLA_CONFIG"]
        ).read()
    }

    /// Works on its tokens.
    func tokens<Value>(_ body: (Tokens) throws -> Value) async throws -> Value {
        let tokens = try Tokens(dataDirectory: try await settings().service.dataDirectory)
        let value = try body(tokens)
        try tokens.close()
        return value
    }
}
