import ArgumentParser
import NablaAPI
import NablaClient

extension RunsCommand {
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
            printAnswer(asJSON: json, run.json(), else: RunSummary(run).text)
        }
    }

    /// `nabla runs watch`.
    struct WatchCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "watch",
            abstract: "Follow a run to its end, from its first epoch on.",
            discussion: "The exit status is 1 when the run doesn't succeed.")

        @Argument(help: "The run's id.")
        var id: String

        @Flag(help: "Print the ended run as JSON instead of its progress.")
        var json = false

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let ended = try await options.call { client in
                let run = try await client.run(id)
                var display = json ? nil : ProgressDisplay(run)
                return try await client.follow(id) {
                    display?.show($0)
                    try checkOutput()
                }
            }
            printAnswer(asJSON: json, ended.json(), else: RunSummary(ended).text)
            try ended.checkSuccess()
        }
    }

    /// `nabla runs metrics`.
    struct MetricsCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "metrics", abstract: "Print the history of a run's metrics.")

        @Argument(help: "The run's id.")
        var id: String

        @Option(help: "This metric alone.")
        var key: String?

        @Option(help: "At most so many points of each, the smallest and the largest among them.")
        var downsample: Int?

        @OptionGroup var format: ListFormat

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let history = try await options.call {
                try await $0.metrics(ofRun: id, key: key, downsample: downsample)
            }
            if format.json {
                printBytes(history.json())
            } else if format.csv {
                printBytes(history.csv())
            } else if history.metrics.isEmpty {
                print("no metrics yet")
            } else {
                print(MetricsTable(history).text)
            }
        }
    }

    /// `nabla runs compare`.
    struct CompareCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "compare",
            abstract: "Show runs side by side: settings that differ, and metrics.")

        @Argument(help: "The runs' ids, at least two.")
        var ids: [String]

        @Flag(help: "Print the answer as JSON.")
        var json = false

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let comparison = try await options.call { try await $0.compare(runs: ids) }
            printAnswer(asJSON: json, comparison.json(), else: ComparisonTable(comparison).text)
        }
    }

    /// `nabla runs network`.
    struct NetworkCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "network", abstract: "Write the network that a run has trained so far.")

        @Argument(help: "The run's id.")
        var id: String

        @OptionGroup var output: NetworkOutput

        @OptionGroup var options: ServerOptions

        func run() async throws {
            try output.write(
                try await options.call { try await $0.network(ofRun: id, as: .float64) })
        }
    }
}
