import NablaAPI
import NablaClient
import NablaNetworks

/// Trains a network on XOR, and gives its outputs and the gradient where the training ended.
func learnXOR(with client: Client) async throws -> (outputs: [Double], gradient: [Double]) {
    let network = try Network(
        inputShape: [2],
        layers: [
            Layer(.dense(Dense(units: 4, activation: .tanh))),
            Layer(.dense(Dense(units: 1, activation: .sigmoid))),
        ])
    let loss = try Loss(.binaryCrossEntropy)
    let samples = try Samples(
        inputs: Tensor([0.0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2]),
        targets: Tensor([0.0, 1, 1, 0], shape: [4, 1]))

    let run = try await client.train(
        TrainRequest(
            network: .inline(network), loss: loss, samples: samples,
            settings: TrainingSettings(
                optimizer: .adam(Adam(learningRate: 0.05)), epochs: 500, batchSize: 4, seed: 1),
            name: "xor"))
    for try await event in client.events(ofRun: run.id) {
        guard case .end(let run) = event.content else { continue }
        print("\(run.status.rawValue), loss \(run.latest["loss"] ?? .nan)")
    }

    let trained = NetworkSource.run(id: run.id)
    let prediction = try await client.predict(
        PredictRequest(network: trained, inputs: samples.inputs))
    let answer = try await client.gradients(
        GradientsRequest(network: trained, loss: loss, samples: samples))
    return (
        prediction.outputs.values(as: Double.self),
        answer.gradients[1].weights?.values(as: Double.self) ?? []
    )
}
