import NablaCore
import NablaNetworks

/// Trains 784-128-10 (ReLU, softmax, cross entropy, SGD at 0.01), shuffled each epoch, and prints the
/// seconds of an epoch and the last one's loss.
func benchmarkMNIST(_ options: Options) throws {
    let problem =
        try options.data.map(Problem.init(folder:))
        ?? Problem.synthetic(samples: options.samples)
    var times: [Double] = []
    var loss = 0.0
    for _ in 0..<options.repeats {
        var training = try training(
            problem.network, problem.samples, options, epochs: options.epochs, rate: 0.01)
        while !training.isFinished {
            times.append(try seconds { loss = try runEpoch(of: &training, options) ?? loss })
        }
    }
    print(
        #"{"impl":"nabla","case":"mnist","dtype":"\#(options.dtype)","batch":\#(options.batch),"#
            + #""threads":\#(options.threads),"seconds_per_epoch_median":\#(median(times)),"#
            + #""seconds_per_epoch_min":\#(times.min() ?? 0),"last_loss":\#(loss)}"#)
}

/// Trains 64-32-10 on as many synthetic samples as scikit-learn's digits has, and prints the
/// seconds of 50 epochs.
func benchmarkDigits(_ options: Options) throws {
    let samples = try syntheticSamples(count: 1797, features: 64, classes: 10)
    var times: [Double] = []
    var loss = 0.0
    for _ in 0...options.repeats {
        var training = try training(
            drawnNetwork([64, 32, 10]), samples, options, epochs: 50, rate: 0.1)
        times.append(
            try seconds {
                while !training.isFinished { loss = try runEpoch(of: &training, options) ?? loss }
            })
    }
    print(
        #"{"impl":"nabla","case":"digits","dtype":"\#(options.dtype)","batch":\#(options.batch),"#
            + #""threads":\#(options.threads),"#
            + #""seconds_median":\#(median(Array(times.dropFirst()))),"#
            + #""last_loss":\#(loss)}"#)
}

/// Makes one epoch's steps, and gives its loss.
private func runEpoch(of training: inout Training, _ options: Options) throws -> Double? {
    let progress = try training.advance(
        maximumSteps: training.stepsPerEpoch, shards: options.shards)
    guard case .epochEnded(let summary) = progress else { return nil }
    return summary.metrics[0].value
}

private func training(
    _ network: Network, _ samples: Samples, _ options: Options, epochs: Int, rate: Double
) throws -> Training {
    try Training(
        network: network, loss: Loss(.crossEntropy(.plain)), samples: samples,
        settings: TrainingSettings(
            optimizer: .sgd(SGD(learningRate: rate)), epochs: epochs, batchSize: options.batch,
            dtype: options.dtype))
}
