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

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let request = try Problem.inFile(file) { try GradientsRequest(parsing: file.read()) }
        let response = try await options.call { try await $0.gradients(request) }
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
