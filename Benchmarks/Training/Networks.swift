import NablaCore
import NablaNetworks
import Synchronization

/// Computes the gradients of a thousand tiny networks of different numbers, widths and activations,
/// each made from arrays, checked and computed on its own: the milliseconds of all.
///
/// Threads take fifty at a time, so that one that wakes late leaves its share to others. Each fifty
/// have a workspace that is kept from repeat to repeat, as a worker of the service keeps its own
/// from request to request, and with it what was compiled for the 18 architectures. Networks,
/// samples and results are made anew each time.
func benchmarkNetworks(_ options: Options) throws {
    let networks = TinyNetwork.draw(count: 1000)
    let loss = try Loss(.binaryCrossEntropy)
    let (shards, part) = (options.shards, 50)
    let workspaces = (0..<networks.count / part).map { _ in KeptWorkspace() }
    var times: [Double] = []
    let total = Mutex(0.0)
    for _ in 0..<5 + options.repeats {
        total.withLock { $0 = 0 }
        times.append(
            seconds {
                shards.run(workspaces.count) { index in
                    let sum = workspaces[index].lend { workspace in
                        var sum = 0.0
                        for network in networks[index * part..<(index + 1) * part] {
                            sum +=
                                (try? network.loss(loss, dtype: options.dtype, workspace)) ?? .nan
                        }
                        return sum
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

/// A workspace that any thread may use, one at a time.
private final class KeptWorkspace: Sendable {
    private let workspace = Mutex(Workspace())

    func lend<Result: Sendable>(_ body: (Workspace) -> Result) -> Result {
        workspace.withLock { body($0) }
    }
}

/// What a network i-h-1 with four samples is made from: i and h from 2 to 4, sigmoid or tanh
/// between.
///
/// An object, so that handing it on is no part of what is measured.
private final class TinyNetwork: Sendable {
    let inputs: Int
    let units: Int
    let activation: Activation
    /// Weights and bias of both layers, each an array.
    let parameters: [[Double]]
    let samples: [Double]
    let targets: [Double] = [0, 1, 1, 0]

    private init(
        inputs: Int, units: Int, activation: Activation, parameters: [[Double]], samples: [Double]
    ) {
        self.inputs = inputs
        self.units = units
        self.activation = activation
        self.parameters = parameters
        self.samples = samples
    }

    static func draw(count: Int) -> [TinyNetwork] {
        var drawing = Drawing(seed: 7)
        return (0..<count).map { index in
            let (inputs, units) = (2 + index % 3, 2 + index / 3 % 3)
            return TinyNetwork(
                inputs: inputs, units: units, activation: index / 9 % 2 == 0 ? .sigmoid : .tanh,
                parameters: drawing.parameters(inputs, units) + drawing.parameters(units, 1),
                samples: drawing.numbers(4 * inputs, bound: 1))
        }
    }

    /// Makes the network and its samples, and computes their gradients: the loss.
    func loss(_ loss: Loss, dtype: DType, _ workspace: Workspace) throws -> Double {
        func layer(_ first: Int, _ shape: Shape, _ activation: Activation) throws -> Layer {
            try Layer(
                .dense(
                    Dense(
                        weights: Tensor(parameters[first], shape: shape),
                        bias: Tensor(parameters[first + 1]), activation: activation)))
        }
        let network = try Network(
            layers: [
                layer(0, Shape(units, inputs), activation), layer(2, Shape(1, units), .sigmoid),
            ])
        let samples = try Samples(
            inputs: Tensor(samples, shape: Shape(4, inputs)), targets: Tensor(targets))
        return try Gradients.compute(
            of: loss, network: network, samples: samples, dtype: dtype, workspace: workspace
        ).loss.values(as: Double.self)[0]
    }
}
