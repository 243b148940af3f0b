import ArgumentParser
import NablaAPI
import NablaClient

/// `nabla runs …`.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Look at the history of a service's runs, and change it.",
        subcommands: [
            ListCommand.self, ShowCommand.self, WatchCommand.self, MetricsCommand.self,
            CompareCommand.self, ExportCommand.self, NetworkCommand.self, EditCommand.self,
            CancelCommand.self, ResumeCommand.self, DeleteCommand.self,
        ],
        defaultSubcommand: ListCommand.self)
}

/// Which runs of a history are meant.
struct RunSelection: ParsableArguments {
    @Option(
        help: "Only runs that are \(statuses).",
        completion: .list(RunStatus.allCases.map(\.rawValue)), transform: RunSelection.status)
    var status: RunStatus?

    @Option(help: "Only runs of this name.")
    var name: String?

    @Option(
        help: "Only runs with this tag, KEY=VALUE; several times for all of them.",
        transform: KeyValue.init)
    var tag: [KeyValue] = []

    @Option(
        help: ArgumentHelp(
            "Only runs that meet conditions in MLflow's grammar, as in \"metrics.loss < 0.1 and "
                + "params.optimizer = 'adam'\"."))
    var filter: String?

    @Option(help: "What orders them, as in \"metrics.loss ASC\" (default: newest first).")
    var orderBy: String?

    private static let statuses = RunStatus.allCases.map(\.rawValue).joined(separator: ", ")

    private static func status(_ text: String) throws -> RunStatus {
        guard let status = RunStatus(rawValue: text) else {
            throw ValidationError("there is no status \(text); there are \(statuses)")
        }
        return status
    }

    /// The query for a page of them.
    func query(limit: Int, cursor: String? = nil) -> RunsQuery {
        RunsQuery(
            status: status, name: name,
            tags: Dictionary(tag.map { ($0.key, $0.value) }) { $1 },
            filter: filter, orderBy: orderBy, limit: limit, cursor: cursor)
    }
}

/// An argument that is a key and its value.
struct KeyValue {
    let key: String
    let value: String

    init(_ text: String) throws {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw ValidationError("\(text) is no KEY=VALUE")
        }
        key = String(text[..<equals])
        value = String(text[text.index(after: equals)...])
    }
}

/// How a list is printed.
struct ListFormat: ParsableArguments {
    @Flag(help: "Print the answer as JSON.")
    var json = false

    @Flag(help: "Print it as CSV.")
    var csv = false

    func validate() throws {
        guard !json || !csv else { throw ValidationError("--json and --csv exclude each other") }
    }
}
