import ArgumentParser
import NablaAPI
import NablaClient
import NablaNetworks

/// `nabla networks …`.
struct NetworksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "networks",
        abstract: "Store networks with a service, for requests to name.",
        discussion: "A request names one as \"network\": {\"name\": \"NAME\"}.",
        subcommands: [
            ListCommand.self, AddCommand.self, ShowCommand.self, GetCommand.self,
            DeleteCommand.self,
        ],
        defaultSubcommand: ListCommand.self)

    /// `nabla networks list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the stored networks, by name.")

        @Option(help: "Where the page before this one ended.")
        var cursor: String?

        @Flag(help: "Print the answer as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let list = try await options.call { try await $0.networks(after: cursor) }
            if json {
                printBytes(list.json())
            } else if list.networks.isEmpty {
                print("no networks: nabla networks add NAME FILE stores one")
            } else {
                print(NetworksTable(list.networks).text)
                if let next = list.nextCursor { print("\nmore with --cursor \(next)") }
            }
        }
    }

    /// `nabla networks add`.
    struct AddCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Store a network under a name, in place of the one that it has.")

        @Argument(help: "What requests name it by.")
        var name: String

        @Argument(
            help: "The network: JSON as in a request, or NAME.safetensors; - for standard input.")
        var file: InputFile?

        @Option(
            name: .customLong("run"),
            help: "The run whose trained network it is, instead of a file.")
        var runID: String?

        @Flag(help: "Print the answer as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        func validate() throws {
            guard (file == nil) != (runID == nil) else {
                throw ValidationError("name either a file or --run")
            }
        }

        func run() async throws {
            let source = try source()
            let network = try await options.call { try await $0.put(network: source, named: name) }
            printAnswer(asJSON: json, network.json(), else: NetworksTable([network]).text)
        }

        private func source() throws -> NetworkSource {
            if let runID { return .run(id: runID) }
            guard let file else { throw ValidationError("name either a file or --run") }
            return try Problem.inFile(file) {
                let bytes = try file.read()
                guard file.hasExtension("safetensors") else {
                    return try NetworkSource(parsing: bytes, as: .float64)
                }
                return .inline(try Network(Safetensors(parsing: bytes)))
            }
        }
    }

    /// `nabla networks show`.
    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show the layers of one network.")

        @Argument(help: "The network's name.")
        var name: String

        @Flag(help: "Print them as JSON, without their numbers.")
        var json = false

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let network = try await options.call {
                try await $0.network(named: name, as: .float64)
            }
            printAnswer(asJSON: json, network.json(numbers: false), else: LayersTable(network).text)
        }
    }

    /// `nabla networks get`.
    struct GetCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Write one network with its numbers.")

        @Argument(help: "The network's name.")
        var name: String

        @OptionGroup var output: NetworkOutput

        @OptionGroup var options: ServerOptions

        func run() async throws {
            try output.write(
                try await options.call { try await $0.network(named: name, as: .float64) })
        }
    }

    /// `nabla networks delete`.
    struct DeleteCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete a network.")

        @Argument(help: "The network's name.")
        var name: String

        @OptionGroup var options: ServerOptions

        func run() async throws {
            try await options.call { try await $0.delete(network: name) }
            print("\(name) is deleted")
        }
    }
}
