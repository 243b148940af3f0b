import NablaCore
import NablaNetworks

/// Computes the gradients of 784-128-10 (ReLU, cross entropy) over 256 samples again and again: the
/// milliseconds of one computation.
func benchmarkGradients(_ options: Options) throws {
    var drawing = Drawing(seed: 42)
    let inputs = drawing.numbers(256 * 784, bound: 1)
    let network = try Network(
        layers: [drawing.layer(784, 128, .relu), drawing.layer(128, 10, .softmax)])
    let samples = try Samples(
        inputs: Tensor(inputs, shape: [256, 784]),
        targets: Tensor((0..<256).map { Double($0 % 10) }))
    let workspace = Workspace()
    var times: [Double] = []
    var gradient = 0.0
    for _ in 0..<10 + 20 * options.repeats {
        times.append(
            try seconds {
                let gradients = try Gradients.compute(
                    of: Loss(.crossEntropy(.plain)), network: network, samples: samples,
                    dtype: options.dtype, workspace: workspace, shards: options.shards)
                gradient = gradients.layers[1].bias?.values(as: Double.self)[0] ?? .nan
            })
    }
    report(
        options,
        ["milliseconds_median": median(Array(times.dropFirst(10))) * 1000, "last_loss": gradient])
}
