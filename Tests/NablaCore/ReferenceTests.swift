import NablaCore
import NablaNetworks
import Testing

@Suite("Numbers of an independent implementation are met")
struct ReferenceTests {
    @Test("gradients, loss and outputs", arguments: try Reference.cases(of: "/gradients"))
    func gradients(_ reference: Reference) throws {
        let (request, expected) = (reference.request, reference.expected)
        let result = try Gradients.compute(
            of: request.loss, network: request["network"].network,
            samples: request["samples"].samples, dtype: .float64,
            including: [.outputs, .inputGradients], workspace: Workspace())
        reference.expectClose(
            result.loss.values(as: Double.self), [expected["loss"].number], "loss")
        for (index, layer) in expected["gradients"].list.enumerated() {
            let gradients = result.layers[index]
            try reference.expectClose(
                gradients.weights.values(as: Double.self),
                layer["weights"].tensor.values(as: Double.self), "weights of layer \(index)")
            #expect((gradients.bias != nil) == layer["bias"].isThere)
            guard let bias = gradients.bias else { continue }
            try reference.expectClose(
                bias.values(as: Double.self), layer["bias"].tensor.values(as: Double.self),
                "bias of layer \(index)")
        }
        for (key, tensor) in [
            ("outputs", result.outputs), ("input_gradients", result.inputGradients),
        ] {
            let (tensor, wanted) = (try #require(tensor), try expected[key].tensor)
            #expect(tensor.shape == wanted.shape)
            reference.expectClose(
                tensor.values(as: Double.self), wanted.values(as: Double.self), key)
        }
    }

    @Test(
        "losses of every epoch and the trained network",
        arguments: try Reference.cases(of: "/train"))
    func training(_ reference: Reference) throws {
        let (request, expected) = (reference.request, reference.expected)
        let settings = request["optimizer"]
        let rate = settings["learning_rate"].number
        let momentum = settings["momentum"].isThere ? settings["momentum"].number : 0
        let schedule = request["schedule"]
        var training = try Training(
            network: request["network"].network, loss: request.loss,
            samples: request["samples"].samples,
            settings: TrainingSettings(
                optimizer: settings["type"].text == "adam"
                    ? .adam(Adam(learningRate: rate))
                    : .sgd(SGD(learningRate: rate, momentum: momentum)),
                schedule: schedule.isThere
                    ? Schedule(.cosine(tMax: Int(schedule["t_max"].number), etaMin: 0)) : .constant,
                epochs: Int(request["epochs"].number), batchSize: Int(request["batch_size"].number),
                shuffle: false, dtype: .float64))
        var losses: [Double] = []
        while !training.isFinished {
            if case .epochEnded(let summary) = try training.advance(maximumSteps: 1000) {
                losses.append(summary.metrics[0].value)
            }
        }
        try reference.expectClose(
            losses, expected["loss_per_epoch"].tensor.values(as: Double.self), "loss of epoch")
        for (index, layer) in expected["network"]["layers"].list.enumerated() {
            guard case .dense(let dense) = training.network().layers[index].operation,
                case .given(let weights, let bias) = dense.parameters
            else { continue }
            try reference.expectClose(
                weights.values(as: Double.self), layer["weights"].tensor.values(as: Double.self),
                "weights of layer \(index)")
            try reference.expectClose(
                try #require(bias).values(as: Double.self),
                layer["bias"].tensor.values(as: Double.self), "bias of layer \(index)")
        }
    }
}
