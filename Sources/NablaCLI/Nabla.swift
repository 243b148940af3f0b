import ArgumentParser
import NablaService

/// The program: a command for each thing it does.
@main
struct Nabla: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nabla",
        abstract: "Exact gradients of neural networks, and their training, over HTTP.",
        version: Service.version,
        subcommands: [
            ServeCommand.self, GradientsCommand.self, CheckCommand.self, TrainCommand.self,
            RunsCommand.self, TokenCommand.self, BackupCommand.self, DemoCommand.self,
            HealthCommand.self,
        ])
}

/// Why a command can't do what it was asked to, in one line for people.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
