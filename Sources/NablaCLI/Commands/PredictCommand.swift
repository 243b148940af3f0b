import ArgumentParser
import NablaAPI

/// `nabla predict FILE`.
struct PredictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Print the outputs of a network.",
        discussion: """
            The file holds the body of POST /predict: a network and inputs, or with --data the first; or it \
            is a network, as train --output writes it, for the inputs of --data.
            """)

    @Argument(
        help: "The request, or - for standard input; or a network in JSON or NAME.safetensors.")
    var file: InputFile

    @OptionGroup var inputs: CSVInputOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @OptionGroup var options: ComputationOptions

    func run() async throws {
        let request = try inputs.request(in: file)
        let response = try await options.compute { try await $0.predict(request) }
        printAnswer(
            asJSON: json, response.json(as: request.encoding),
            else: OutputsTable(response.outputs).text)
    }
}
