import ArgumentParser
import NablaAPI
import NablaClient

extension RunsCommand {
    /// `nabla runs edit`.
    struct EditCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "edit", abstract: "Change the name, tags and notes of a run.",
            discussion: "All that isn't named stays as it is.")

        @Argument(help: "The run's id.")
        var id: String

        @Option(help: "The new name; an empty one takes the name away.")
        var name: String?

        @Option(help: "A tag to set, KEY=VALUE; once for each.", transform: KeyValue.init)
        var tag: [KeyValue] = []

        @Option(help: "The key of a tag to take away; once for each.")
        var untag: [String] = []

        @Option(help: "The new notes; empty ones take the notes away.")
        var notes: String?

        @Flag(help: "Print the run as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        func validate() throws {
            guard name != nil || notes != nil || !tag.isEmpty || !untag.isEmpty else {
                throw ValidationError("there is nothing to change: see --name, --tag and --notes")
            }
        }

        func run() async throws {
            var change = RunChange()
            if let name { change.name = .some(name.isEmpty ? nil : name) }
            if let notes { change.notes = .some(notes.isEmpty ? nil : notes) }
            for key in untag { change.tags[key] = .some(nil) }
            for tag in tag { change.tags[tag.key] = .some(tag.value) }
            let run = try await options.call { [change] in try await $0.change(run: id, change) }
            printAnswer(asJSON: json, run.json(), else: RunSummary(run).text)
        }
    }

    /// `nabla runs cancel`.
    struct CancelCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "Ask for the end of a run.")

        @Argument(help: "The run's id.")
        var id: String

        @Flag(help: "Print the run as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let run = try await options.call { try await $0.cancel(run: id) }
            printAnswer(asJSON: json, run.json(), else: RunSummary(run).text)
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

        @Flag(help: "Print the run as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let run = try await options.call { try await $0.resume(run: id, epochs: epochs) }
            printAnswer(asJSON: json, run.json(), else: RunSummary(run).text)
        }
    }

    /// `nabla runs delete`.
    struct DeleteCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete",
            abstract: "Delete runs that have ended, with their metrics and networks.")

        @Argument(help: "The runs' ids.")
        var ids: [String]

        @OptionGroup var options: ServerOptions

        func run() async throws {
            try await options.call { client in
                for id in ids {
                    try await client.delete(run: id)
                    print("\(id) is deleted")
                }
            }
        }
    }
}
