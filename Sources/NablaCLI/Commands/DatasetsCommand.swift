import ArgumentParser
import NablaAPI
import NablaClient
import NablaNetworks

/// `nabla datasets …`.
struct DatasetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "datasets",
        abstract: "Store samples with a service, for requests to name.",
        discussion: "A request names them as \"samples\": {\"dataset\": \"NAME\"}.",
        subcommands: [
            ListCommand.self, AddCommand.self, ShowCommand.self, DeleteCommand.self,
        ],
        defaultSubcommand: ListCommand.self)

    /// `nabla datasets list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the stored datasets, by name.")

        @Option(help: "Where the page before this one ended.")
        var cursor: String?

        @Flag(help: "Print the answer as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let list = try await options.call { try await $0.datasets(after: cursor) }
            if json {
                printBytes(list.json())
            } else if list.datasets.isEmpty {
                print("no datasets: nabla datasets add NAME FILE stores one")
            } else {
                print(DatasetTable(list.datasets).text)
                if let next = list.nextCursor { print("\nmore with --cursor \(next)") }
            }
        }
    }

    /// `nabla datasets add`.
    struct AddCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Store samples under a name, in place of those that it has.",
            discussion: """
                With --target the file is CSV with a header row. Otherwise it is the JSON of samples, \
                {"inputs": …, "targets": …}, or NAME.safetensors with tensors of these names.
                """)

        @Argument(help: "What requests name it by.")
        var name: String

        @Argument(help: "The samples, or - for standard input.")
        var file: InputFile

        @Option(help: "The CSV's column with the targets; once for each if there are several.")
        var target: [String] = []

        @Option(help: "The CSV's column with the samples' weights, if there is one.")
        var weight: String?

        @Flag(help: "Print the answer as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        func validate() throws {
            guard !target.isEmpty || weight == nil && !file.hasExtension("csv") else {
                throw ValidationError("a CSV file needs --target, the column with the targets")
            }
        }

        func run() async throws {
            let samples = try Problem.inFile(file) {
                let bytes = try file.read()
                if !target.isEmpty {
                    return try Samples(csv: bytes, targets: target, weight: weight)
                }
                guard !file.hasExtension("safetensors") else {
                    return try Samples(Safetensors(parsing: bytes))
                }
                return try Samples(parsing: bytes, as: .float64)
            }
            let dataset = try await options.call {
                try await $0.put(dataset: samples, named: name)
            }
            printAnswer(asJSON: json, dataset.json(), else: DatasetTable([dataset]).text)
        }
    }

    /// `nabla datasets show`.
    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one dataset.")

        @Argument(help: "The dataset's name or id.")
        var name: String

        @Flag(help: "Print its samples, too; with --json.")
        var samples = false

        @Flag(help: "Print the answer as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        func validate() throws {
            guard json || !samples else {
                throw ValidationError("--samples are for programs: add --json")
            }
        }

        func run() async throws {
            let dataset = try await options.call {
                try await $0.dataset(name, withSamples: samples)
            }
            printAnswer(asJSON: json, dataset.json(), else: DatasetTable([dataset]).text)
        }
    }

    /// `nabla datasets delete`.
    struct DeleteCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete a dataset that no run needs.")

        @Argument(help: "The dataset's name or id.")
        var name: String

        @OptionGroup var options: ServerOptions

        func run() async throws {
            try await options.call { try await $0.delete(dataset: name) }
            print("\(name) is deleted")
        }
    }
}
