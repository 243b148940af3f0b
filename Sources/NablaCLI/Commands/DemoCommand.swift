import ArgumentParser
import NablaAPI
import NablaClient
import NablaNetworks

/// `nabla demo`: what `make run` shows a newcomer, against a running service.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show what the service does: a gradient, a training run, the history.")

    @Option(help: "The breast cancer data, as a CSV file.")
    var data = "Examples/data/breast_cancer.csv"

    @OptionGroup var options: ServerOptions

    func run() async throws {
        // Before anything is shown of a demonstration that would break off.
        let training = try breastCancerRequest()
        try await options.call { try await show($0, training) }
    }

    private func show(_ client: Client, _ training: TrainRequest) async throws {
        print("1. The gradient of the seed's network on XOR, from POST /gradients\n")
        try await showGradient(client)
        print("\n2. Training on 569 breast cancer samples, through POST /train\n")
        try await show(training, client)
        print("\n3. The history, from GET /runs\n")
        print(RunTable(try await client.runs().runs).text)
    }

    private func showGradient(_ client: Client) async throws {
        let request = try SeedExample.request()
        let response = try await client.gradients(request)
        print(GradientsSummary(response).text)
        print("\n" + (try ChainRule(request, response)).text)
    }

    private func show(_ training: TrainRequest, _ client: Client) async throws {
        let run = try await Computation.service(client).train(training, showing: true)
        guard run.status == .succeeded, let accuracy = run.latest["validation_accuracy"] else {
            throw CommandError("the run ended as \(run.status.rawValue)")
        }
        print("validation accuracy \(percentage(accuracy))")
    }

    private func table() throws(CommandError) -> CSV {
        do {
            return try CSV(path: data)
        } catch  where error.status == .noInput {
            throw CommandError(
                "\(error); run nabla demo in the folder of its source, or name the file with --data",
                error.status)
        }
    }

    /// 30 standardised measurements, 16 hidden units, a fifth of the samples kept for validation.
    private func breastCancerRequest() throws -> TrainRequest {
        let (rows, targets) = try table().split(target: "benign")
        let inputs = standardised(rows)
        return TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [inputs[0].count],
                    layers: [
                        Layer(.dense(try Dense(units: 16, activation: .relu))),
                        Layer(.dense(try Dense(units: 1, activation: .sigmoid))),
                    ])),
            loss: try Loss(.binaryCrossEntropy),
            samples: try Samples(
                inputs: Tensor(inputs.flatMap { $0 }, shape: [inputs.count, inputs[0].count]),
                targets: Tensor(targets)),
            settings: try TrainingSettings(
                optimizer: .adam(Adam(learningRate: 0.002)), epochs: 60, batchSize: 32, seed: 7,
                metrics: [.accuracy]),
            validation: .split(0.2), name: "breast-cancer",
            tags: ["data": "breast_cancer.csv", "from": "nabla demo"])
    }
}
