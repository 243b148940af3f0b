import ArgumentParser
import NablaAPI

/// `nabla check FILE`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Hold gradients against differences of the loss.",
        discussion: """
            The file holds the body of POST /check: a network, a loss, samples (unless --data has them), \
            and the gradients to be checked; without them Nabla's own are. The exit status is 1 when \
            they don't pass.
            """)

    @Argument(help: "The request, or - for standard input.")
    var file: InputFile

    @OptionGroup var samples: CSVOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @OptionGroup var options: ComputationOptions

    func run() async throws {
        let text = try samples.request(in: file)
        let request = try Problem.inFile(file) { try CheckRequest(parsing: text) }
        let response = try await options.compute { try await $0.check(request) }
        printAnswer(asJSON: json, response.json(), else: CheckSummary(response).text)
        if !response.passes { throw ExitStatus.failure.code }
    }
}
