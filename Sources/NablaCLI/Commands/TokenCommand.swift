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

        @Flag(help: "Print the token as JSON, with what is known of it.")
        var json = false

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
            let (text, made) = try await folder.tokens(makingIt: true) { tokens in
                let text = try tokens.create(name: name, scopes: scope, seconds: expires)
                return (text, try tokens.list().last { $0.name == name })
            }
            guard json, let made else { return print(text) }
            printBytes(TokenJSON.made(made, text: text, at: .now))
        }
    }

    /// `nabla token list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the tokens there have been, oldest first.")

        @Flag(help: "Print them as JSON.")
        var json = false

        @OptionGroup var folder: DataFolder

        func run() async throws {
            let tokens = try await folder.tokens { try $0.list() }
            if json {
                printBytes(TokenJSON.list(tokens, at: .now))
            } else if tokens.isEmpty {
                print("no tokens: nabla token create makes one")
            } else {
                print(TokenTable(tokens, at: .now).text)
            }
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
                throw CommandError("there is no token \(name) in force", .data)
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
    ///
    /// - Parameters:
    ///   - isMade: Whether the folder and its database are made where they are missing; false by default.
    ///   - body: Does the work.
    /// - Returns: What `body` gives.
    /// - Throws: `StartError` when the folder can't be worked on; else what `body` throws.
    func tokens<Value>(
        makingIt isMade: Bool = false, _ body: (Tokens) throws -> Value
    ) async throws -> Value {
        let directory = try await settings().service.dataDirectory
        let tokens = try Tokens(dataDirectory: directory, makingIt: isMade)
        let value = try body(tokens)
        try tokens.close()
        return value
    }
}
