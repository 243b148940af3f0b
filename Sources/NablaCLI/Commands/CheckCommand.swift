import ArgumentParser
import NablaAPI
import NablaClient

/// `nabla check FILE`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Hold gradients against differences of the loss.",
        discussion: """
            The file holds the body of POST /check: a network, a loss, samples, and the gradients \
            to be checked; without them the service's own are. The exit status is 1 when they \
            don't pass.
            """)

    @Argument(help: "The request, or - for standard input.")
    var file: InputFile

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let request = try Problem.inFile(file) { try CheckRequest(parsing: file.read()) }
        let response = try await options.call { try await $0.check(request) }
        if json {
            print(String(decoding: response.json(), as: UTF8.self))
        } else {
            print(CheckSummary(response).text)
        }
        if !response.passes { throw ExitCode.failure }
    }
}
