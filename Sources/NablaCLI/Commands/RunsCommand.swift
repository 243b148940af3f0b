import ArgumentParser
import NablaAPI
import NablaClient

/// `nabla runs list|show|resume`.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Look at the history of runs.",
        subcommands: [ListCommand.self, ShowCommand.self, ResumeCommand.self],
        defaultSubcommand: ListCommand.self)

    /// `nabla runs list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List runs, newest first.")

        @Option(help: "Only runs that are \(statuses).", transform: ListCommand.status)
        var status: RunStatus?

        @Option(help: "Only runs of this name.")
        var name: String?

        @Option(help: "How many at most.")
        var limit = 20

        @Flag(help: "Print the answer as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        private static let statuses = RunStatus.allCases.map(\.rawValue).joined(separator: ", ")

        private static func status(_ text: String) throws -> RunStatus {
            guard let status = RunStatus(rawValue: text) else {
                throw ValidationError("there is no status \(text); there are \(statuses)")
            }
            return status
        }

        func run() async throws {
            let query = RunsQuery(status: status, name: name, limit: limit)
            let list = try await options.call { try await $0.runs(query) }
            if json {
                print(String(decoding: list.json(), as: UTF8.self))
            } else if list.runs.isEmpty {
                print("no runs yet: nabla train FILE makes one")
            } else {
                print(RunTable(list.runs).text)
            }
        }
    }

    /// `nabla runs show`.
    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one run.")

        @Argument(help: "The run's id.")
        var id: String

        @Flag(help: "Print the answer as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let run = try await options.call { try await $0.run(id) }
            print(json ? String(decoding: run.json(), as: UTF8.self) : RunSummary(run).text)
        }
    }

    /// `nabla runs resume`.
    struct ResumeCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume",
            abstract: "Have an ended run go on from its last checkpoint.")

        @Argument(help: "The run's id.")
        var id: String

        @Option(help: "How many epochs more than it did (default: those that are left).")
        var epochs: Int?

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let run = try await options.call { try await $0.resume(run: id, epochs: epochs) }
            print(RunSummary(run).text)
        }
    }
}
