import NablaCore
import NablaNetworks

/// Trains 784-128-10 (ReLU, softmax, cross entropy, SGD) on synthetic samples, shuffled each epoch.
///
/// Prints the seconds of an epoch. The inputs are uniform, the classes those of a random linear
/// map, as in the peers' benchmark.
func benchmarkMNIST(_ options: Options) throws {
    let samples = try syntheticSamples(count: options.samples, features: 784, classes: 10)
    var times: [Double] = []
    var loss = 0.0
    for _ in 0..<options.repeats {
        var training = try training(
            [784, 128, 10], samples, options, epochs: options.epochs + 1, rate: 0.01)
        // The first epoch warms caches and OpenBLAS up.
        for epoch in 0...options.epochs {
            let elapsed = try seconds { loss = try runEpoch(of: &training, options) ?? loss }
            if epoch > 0 { times.append(elapsed) }
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
        var training = try training([64, 32, 10], samples, options, epochs: 50, rate: 0.1)
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
    _ widths: [Int], _ samples: Samples, _ options: Options, epochs: Int, rate: Double
) throws -> Training {
    let network = try Network(
        inputShape: [widths[0]],
        layers: [
            Layer(.dense(Dense(units: widths[1], activation: .relu))),
            Layer(.dense(Dense(units: widths[2], activation: .softmax))),
        ])
    return try Training(
        network: network, loss: Loss(.crossEntropy(.plain)), samples: samples,
        settings: TrainingSettings(
            optimizer: .sgd(SGD(learningRate: rate)), epochs: epochs, batchSize: options.batch,
            dtype: options.dtype))
}

private func syntheticSamples(count: Int, features: Int, classes: Int) throws -> Samples {
    var state: UInt64 = 42
    func uniform() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) * 0x1p-24
    }
    let inputs = (0..<count * features).map { _ in uniform() }
    let map = (0..<classes * features).map { _ in uniform() - 0.5 }
    let targets = (0..<count).map { row in
        var (best, largest) = (0, -Float.infinity)
        for unit in 0..<classes {
            var score: Float = 0
            for index in 0..<features {
                score += (inputs[row * features + index] - 0.5) * map[unit * features + index]
            }
            if score > largest { (best, largest) = (unit, score) }
        }
        return Float(best)
    }
    return try Samples(inputs: Tensor(inputs, shape: [count, features]), targets: Tensor(targets))
}
