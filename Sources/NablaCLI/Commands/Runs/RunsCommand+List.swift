import ArgumentParser
import NablaAPI
import NablaClient

extension RunsCommand {
    /// `nabla runs list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List runs, newest first.")

        @OptionGroup var selection: RunSelection

        @Option(help: "How many at most.")
        var limit = 20

        @Option(help: "Where the page before this one ended.")
        var cursor: String?

        @OptionGroup var format: ListFormat

        @OptionGroup var options: ServerOptions

        func run() async throws {
            let query = selection.query(limit: limit, cursor: cursor)
            let list = try await options.call { try await $0.runs(query) }
            if format.json {
                printBytes(list.json())
            } else if format.csv {
                printBytes(try list.csv())
            } else if list.runs.isEmpty {
                print(query == RunsQuery(limit: limit) ? Self.noneYet : "no such runs")
            } else {
                print(RunTable(list.runs).text)
                if let next = list.nextCursor { print("\nmore with --cursor \(next)") }
            }
        }

        private static let noneYet = "no runs yet: nabla train FILE --server ADDRESS makes one"
    }

    /// `nabla runs export`.
    struct ExportCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export",
            abstract: "Print the whole history as JSON Lines, a run a line.")

        @OptionGroup var selection: RunSelection

        @Flag(help: "With the history of each run's metrics.")
        var metrics = false

        @OptionGroup var options: ServerOptions

        func run() async throws {
            try await options.call { try await export(from: $0) }
        }

        private func export(from client: Client) async throws {
            var page = try await write(pageAfter: nil, client)
            while let cursor = page { page = try await write(pageAfter: cursor, client) }
        }

        /// Writes a page of runs, and gives where the next one begins.
        private func write(pageAfter cursor: String?, _ client: Client) async throws -> String? {
            let query = selection.query(limit: ExportCommand.pageRuns, cursor: cursor)
            let page = try await client.runs(query)
            for run in page.runs {
                guard let line = try await line(of: run, client) else { continue }
                printBytes(line)
                // Whoever reads it may have enough of a long history.
                try checkOutput()
            }
            return page.nextCursor
        }

        /// As many runs as are asked for at once.
        private static let pageRuns = 100

        /// The line of a run; nil where it was deleted since the page was read.
        private func line(of run: Run, _ client: Client) async throws -> [UInt8]? {
            var line = run.json()
            if metrics {
                guard let history = try await history(of: run, client) else { return nil }
                // Both are objects: the history's one field becomes the run's last.
                line.removeLast()
                line.append(UInt8(ascii: ","))
                line += history.json().dropFirst()
            }
            return line
        }

        private func history(of run: Run, _ client: Client) async throws -> MetricHistory? {
            do {
                return try await client.metrics(ofRun: run.id)
            } catch .problem(let problem) where problem.kind == .notFound {
                return nil
            }
        }
    }
}
