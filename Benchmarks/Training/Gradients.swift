import Dispatch
import NablaCore
import NablaNetworks
import Synchronization

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

/// Computes the gradients of a thousand tiny networks of different numbers, widths and activations,
/// each checked and compiled on its own: the milliseconds of all.
///
/// Threads take fifty at a time, so that one that wakes late leaves its share to others.
func benchmarkNetworks(_ options: Options) throws {
    let networks = try tinyNetworks(count: 1000)
    let loss = try Loss(.binaryCrossEntropy)
    let (shards, part) = (options.shards, 50)
    var times: [Double] = []
    let total = Mutex(0.0)
    for _ in 0..<5 + options.repeats {
        total.withLock { $0 = 0 }
        times.append(
            seconds {
                shards.run(networks.count / part) { index in
                    let workspace = Workspace()
                    var sum = 0.0
                    for (network, samples) in networks[index * part..<(index + 1) * part] {
                        let gradients = try? Gradients.compute(
                            of: loss, network: network, samples: samples, dtype: options.dtype,
                            workspace: workspace)
                        sum += gradients?.loss.values(as: Double.self)[0] ?? .nan
                    }
                    total.withLock { $0 += sum }
                }
            })
    }
    report(
        options,
        [
            "milliseconds_median": median(Array(times.dropFirst(5))) * 1000,
            "last_loss": total.withLock { $0 },
        ])
}

/// Networks i-h-1 with i and h from 2 to 4 and sigmoid or tanh between, with four samples each.
private func tinyNetworks(count: Int) throws -> [(Network, Samples)] {
    var drawing = Drawing(seed: 7)
    return try (0..<count).map { index in
        let (inputs, units) = (2 + index % 3, 2 + index / 3 % 3)
        let network = try Network(
            layers: [
                drawing.layer(inputs, units, index / 9 % 2 == 0 ? .sigmoid : .tanh),
                drawing.layer(units, 1, .sigmoid),
            ])
        let samples = try Samples(
            inputs: Tensor(drawing.numbers(4 * inputs, bound: 1), shape: [4, inputs]),
            targets: Tensor([0, 1, 1, 0].map(Double.init)))
        return (network, samples)
    }
}
