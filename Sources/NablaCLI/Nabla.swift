import ArgumentParser
import Foundation
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
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let status = ExitStatus(error) else { exit(withError: error) }
            FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
            Foundation.exit(status.rawValue)
        }
    }
}
