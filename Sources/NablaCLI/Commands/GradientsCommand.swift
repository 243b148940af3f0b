import ArgumentParser
import NablaAPI
import NablaClient

/// `nabla gradients FILE`.
struct GradientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gradients",
        abstract: "Print the loss and the gradients of a request in JSON.",
        discussion: """
            The file holds the body of POST /gradients: a network, a loss and samples. \
            The answer is printed as a summary for people, or as the service gave it with --json.
            """)

    @Argument(help: "The request, or - for standard input.")
    var file: InputFile

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @Flag(help: "Write the chain rule out, factor by factor.")
    var explain = false

    @Option(help: "The language of the explanation: en or zh, or any Accept-Language.")
    var language: String?

    @OptionGroup var options: ServerOptions

    func run() async throws {
        var request = try Problem.inFile(file) { try GradientsRequest(parsing: file.read()) }
        if explain { request.include.insert(.explanation) }
        let response = try await options.call { [request] in
            try await $0.gradients(request, language: language)
        }
        if json {
            print(String(decoding: response.json(as: request.encoding), as: UTF8.self))
        } else {
            print(GradientsSummary(response).text)
        }
    }
}

extension Problem {
    /// Runs `body`, which reads a file, and tells a problem of it with the file's name.
    static func inFile<Value>(_ file: InputFile, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let problem as Problem {
            let place = problem.pointer.map { " (at \($0.isEmpty ? "the root" : $0))" } ?? ""
            throw CommandError("\(file.path): \(problem.detail)\(place)")
        }
    }
}
