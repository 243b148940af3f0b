import ArgumentParser
import Glibc
import NablaAPI
import NablaClient

/// `nabla train FILE`.
struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a network on the service and show how it comes along.",
        discussion: """
            The file holds the body of POST /train: a network, a loss, samples and settings. \
            The run goes on when the command is interrupted; `nabla runs show ID` tells how it stands.
            """)

    @Argument(help: "The request, or - for standard input.")
    var file: InputFile

    @Flag(help: "Print the ended run as JSON instead of its progress.")
    var json = false

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let request = try Problem.inFile(file) { try TrainRequest(parsing: file.read()) }
        let ended = try await options.call { try await $0.trainToEnd(request, showing: !json) }
        if json {
            print(String(decoding: ended.json(), as: UTF8.self))
        } else {
            print(RunSummary(ended).text)
        }
        guard ended.status == .succeeded else { throw ExitCode.failure }
    }
}

extension Client {
    /// Begins a run and follows it to its end.
    ///
    /// - Throws: `ClientError` when the service can't be reached or refuses the run.
    func trainToEnd(_ request: TrainRequest, showing: Bool) async throws -> Run {
        let run = try await train(request)
        if showing {
            print("run \(run.id): \(run.parameters) parameters")
            // The next line may be hours away, and whoever reads a pipe wants the id now.
            fflush(nil)
        }
        var display = ProgressDisplay(run)
        for try await event in events(ofRun: run.id) {
            if showing { display.show(event) }
            if case .end(let ended) = event.content { return ended }
        }
        return try await self.run(run.id)
    }
}
