import ArgumentParser
import NablaAPI

/// `nabla gradients FILE`.
struct GradientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gradients",
        abstract: "Print the loss and the gradients of a request in JSON.",
        discussion: """
            The file holds the body of POST /gradients: a network, a loss and samples, or with --data the \
            first two. The answer is printed as a summary for people, or as the service gives it with --json.
            """)

    @Argument(help: "The request, or - for standard input.")
    var file: InputFile

    @OptionGroup var samples: CSVOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @Flag(help: "Write the chain rule out, factor by factor.")
    var explain = false

    @Option(
        help: "The language of the explanation: en or zh, or any Accept-Language.",
        completion: .list(["en", "zh"]))
    var language: String?

    @OptionGroup var options: ComputationOptions

    func run() async throws {
        let text = try samples.request(in: file)
        var request = try Problem.inFile(file) { try GradientsRequest(parsing: text) }
        if explain { request.include.insert(.explanation) }
        let response = try await options.compute { [request] in
            try await $0.gradients(request, language: language)
        }
        printAnswer(
            asJSON: json, response.json(as: request.encoding), else: GradientsSummary(response).text
        )
    }
}
