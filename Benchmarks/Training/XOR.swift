import NablaCore
import NablaNetworks

/// Trains XOR 2-2-1 (sigmoid, binary cross entropy, SGD with rate 0.5) on the full batch.
func benchmarkXOR(_ options: Options) throws {
    let network = try Network(
        inputShape: [2],
        layers: [
            Layer(.dense(Dense(units: 2, activation: .sigmoid))),
            Layer(.dense(Dense(units: 1, activation: .sigmoid))),
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
            while case .epochEnded(let summary) = try training.advance(maximumSteps: 1) {
                loss = summary.metrics[0].value
            }
        }
        rates.append(Double(options.steps) / elapsed)
    }
    print(
        #"{"impl":"nabla","case":"xor","dtype":"\#(options.dtype)","#
            + #""steps_per_second_median":\#(median(rates)),"last_loss":\#(loss)}"#)
}
