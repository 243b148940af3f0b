import NablaCore
import NablaNetworks

/// Trains 784-128-10 (ReLU, softmax, cross entropy, SGD at 0.01), shuffled each epoch: the seconds of
/// an epoch, the last one's loss and the most memory.
func benchmarkMNIST(_ options: Options) throws {
    let problem = try Problem(options)
    var times: [Double] = []
    var loss = 0.0
    for _ in 0..<options.repeats {
        var training = try training(problem, options, epochs: options.epochs, rate: 0.01)
        while !training.isFinished {
            times.append(try seconds { loss = try runEpoch(of: &training, options) ?? loss })
        }
    }
    report(
        options,
        [
            "seconds_per_epoch_median": median(times),
            "seconds_per_epoch_min": times.min() ?? .nan, "last_loss": loss,
            "peak_mebibytes": try peakMebibytes(),
        ])
}

/// Trains 64-32-10 on the table of digits (batch 32, SGD at 0.1): the seconds of 50 epochs.
func benchmarkDigits(_ options: Options) throws {
    let problem = try Problem(digits: options.data ?? "Examples/data/digits.csv")
    var times: [Double] = []
    var loss = 0.0
    for _ in 0...options.repeats {
        var training = try training(problem, options, epochs: 50, rate: 0.1)
        times.append(
            try seconds {
                while !training.isFinished { loss = try runEpoch(of: &training, options) ?? loss }
            })
    }
    report(options, ["seconds_median": median(Array(times.dropFirst())), "last_loss": loss])
}

/// Makes one epoch's steps, and gives its loss.
private func runEpoch(of training: inout Training, _ options: Options) throws -> Double? {
    let progress = try training.advance(
        maximumSteps: training.stepsPerEpoch, shards: options.shards)
    guard case .epochEnded(let summary) = progress else { return nil }
    return summary.metrics[0].value
}

private func training(
    _ problem: Problem, _ options: Options, epochs: Int, rate: Double
) throws -> Training {
    try Training(
        network: problem.network, loss: Loss(.crossEntropy(.plain)), samples: problem.samples,
        settings: TrainingSettings(
            optimizer: options.optimizer(rate: rate), epochs: epochs, batchSize: options.batch,
            dtype: options.dtype))
}
