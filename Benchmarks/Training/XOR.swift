import NablaCore
import NablaNetworks

/// Trains XOR 2-2-1 (sigmoid, binary cross entropy, SGD at 0.5) on the full batch: steps a second.
///
/// Each step is an epoch of its own, whose loss is recorded, as a caller who trains on the full batch
/// has it.
func benchmarkXOR(_ options: Options) throws {
    func layer(_ weights: [Double], _ shape: Shape, _ bias: [Double]) throws -> Layer {
        try Layer(
            .dense(
                Dense(
                    weights: Tensor(weights, shape: shape), bias: Tensor(bias),
                    activation: .sigmoid)))
    }
    let network = try Network(
        layers: [
            layer([0.5, -0.4, 0.3, 0.6], [2, 2], [0.1, -0.1]), layer([0.7, -0.5], [1, 2], [0]),
        ])
    let samples = try Samples(
        inputs: Tensor([0, 0, 0, 1, 1, 0, 1, 1].map(Double.init), shape: [4, 2]),
        targets: Tensor([0, 1, 1, 0].map(Double.init)))
    var rates: [Double] = []
    var loss = 0.0
    for _ in 0...options.repeats {
        var training = try Training(
            network: network, loss: Loss(.binaryCrossEntropy), samples: samples,
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0.5)), epochs: options.steps, batchSize: 4,
                shuffle: false, dtype: options.dtype))
        let elapsed = try seconds {
            // As many at once as a slice of the service has.
            while !training.isFinished {
                let ended = try training.advance(
                    maximumSteps: options.steps, maximumEpochs: 1024)
                loss = ended.last?.metrics[0].value ?? loss
            }
        }
        rates.append(Double(options.steps) / elapsed)
    }
    report(
        options,
        ["steps_per_second_median": median(Array(rates.dropFirst())), "last_loss": loss])
}
