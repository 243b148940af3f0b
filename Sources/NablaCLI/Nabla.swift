import ArgumentParser
import Glibc
import NablaService

/// The program: a command for each thing it does.
@main
struct Nabla: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nabla",
        abstract: "Exact gradients of neural networks, and their training, over HTTP.",
        discussion: """
            gradients, check, predict and train compute in this process unless --server or NABLA_SERVER \
            names a service; all others that need one take http://127.0.0.1:8080 for it. NABLA_TOKEN has \
            the token, where one is needed.

            The exit status:
            \(ExitStatus.list)
            """,
        version: Service.version,
        subcommands: [
            ServeCommand.self, GradientsCommand.self, CheckCommand.self, PredictCommand.self,
            TrainCommand.self, RunsCommand.self, DatasetsCommand.self, NetworksCommand.self,
            TokenCommand.self, BackupCommand.self, BenchCommand.self, ConfigCommand.self,
            DemoCommand.self, HealthCommand.self,
        ])

    /// Runs the command that the arguments name, and ends as `ExitStatus` says.
    static func main() async {
        StandardStream.prepare()
        var end: (any Error)?
        do {
            try await run()
        } catch {
            end = error
        }
        Glibc.exit(status(after: end))
    }

    /// Runs that command, on the thread that asks: another takes a start 0.3 ms.
    nonisolated(nonsending) private static func run() async throws {
        // A service is to answer at once.
        if let settings = ServeOptions.reader(ofPlain: Array(CommandLine.arguments.dropFirst())) {
            return try await ServeCommand.serve(settings)
        }
        var command = try await asyncParseAsRoot()
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }

    /// Tells of an error, and gives the exit status.
    private static func status(after error: (any Error)?) -> Int32 {
        var status = ExitStatus.done.rawValue
        switch error {
        case nil, is LostOutput: break
        case let error?:
            if let known = ExitStatus(error) {
                printError("Error: \(error)")
                return known.rawValue
            }
            // A code that swift-argument-parser gives, for help that is asked for and wrong usage, too.
            status = exitCode(for: error).rawValue
            let message = fullMessage(for: error)
            if !message.isEmpty {
                if status == 0 { print(message) } else { printError(message) }
            }
        }
        // What a command has told on standard output, and with it why it ends as it does, was lost.
        guard let number = StandardStream.output.failure else { return status }
        if let line = LostOutput(number: number).line { printError("Error: \(line)") }
        return ExitStatus.noOutput.rawValue
    }
}
