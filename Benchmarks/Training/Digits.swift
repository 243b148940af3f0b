import NablaCore
import NablaNetworks

/// Trains 784-128-10 (ReLU, softmax, cross entropy, SGD) on 60,000 synthetic samples, shuffled each
/// epoch.
///
/// The inputs are uniform, the classes those of a random linear map, as in the peers' benchmark.
func benchmarkDigitsLikeTraining(_ options: Options) throws {
    let samples = try syntheticSamples(count: 60_000, features: 784, classes: 10)
    let network = try Network(
        inputShape: [784],
        layers: [
            Layer(.dense(Dense(units: 128, activation: .relu))),
            Layer(.dense(Dense(units: 10, activation: .softmax))),
        ])
    var times: [Double] = []
    var loss = 0.0
    for _ in 0..<options.repeats {
        var training = try Training(
            network: network, loss: Loss(.crossEntropy(.plain)), samples: samples,
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0.01)), epochs: options.epochs + 1,
                batchSize: options.batch, dtype: options.dtype))
        // The first epoch warms caches and OpenBLAS up.
        for epoch in 0...options.epochs {
            let elapsed = try seconds {
                let progress = try training.advance(
                    maximumSteps: training.stepsPerEpoch, shards: options.shards)
                if case .epochEnded(let summary) = progress { loss = summary.metrics[0].value }
            }
            if epoch > 0 { times.append(elapsed) }
        }
    }
    print(
        #"{"impl":"nabla","case":"mnist","dtype":"\#(options.dtype)","batch":\#(options.batch),"#
            + #""threads":\#(options.threads),"seconds_per_epoch_median":\#(median(times)),"#
            + #""seconds_per_epoch_min":\#(times.min() ?? 0),"last_loss":\#(loss)}"#)
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
        let scores = (0..<classes).map { unit in
            var sum: Float = 0
            for index in 0..<features {
                sum += (inputs[row * features + index] - 0.5) * map[unit * features + index]
            }
            return sum
        }
        return Float(scores.indices.max { scores[$0] < scores[$1] } ?? 0)
    }
    return try Samples(inputs: Tensor(inputs, shape: [count, features]), targets: Tensor(targets))
}
