import Foundation
import NablaNetworks

/// What is trained: the samples, and a network of 784-128-10.
struct Problem {
    let samples: Samples
    let network: Network

    private init(samples: Samples, network: Network) {
        (self.samples, self.network) = (samples, network)
    }

    /// Reads what Benchmarks/make_training_data.py wrote, so that all contenders start from the same.
    init(folder: String) throws {
        let folder = URL(filePath: folder, directoryHint: .isDirectory)
        let inputs = try numbers(Float.self, in: folder.appending(path: "inputs.f32"))
        let classes = try numbers(Int32.self, in: folder.appending(path: "classes.i32"))
        samples = try Samples(
            inputs: Tensor(inputs, shape: [classes.count, 784]),
            targets: Tensor(classes.map(Float.init)))
        var rest = try numbers(Float.self, in: folder.appending(path: "parameters.f32"))[...]
        func take(_ count: Int) -> [Float] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        let layers = try [(784, 128, Activation.relu), (128, 10, .softmax)].map {
            (inputs, units, activation) in
            let weights = try Tensor(take(units * inputs), shape: [units, inputs])
            return try Layer(
                .dense(Dense(weights: weights, bias: Tensor(take(units)), activation: activation)))
        }
        network = try Network(layers: layers)
    }

    /// Samples made here, where there is no NumPy to write them.
    static func synthetic(samples: Int) throws -> Problem {
        try Problem(
            samples: syntheticSamples(count: samples, features: 784, classes: 10),
            network: drawnNetwork([784, 128, 10]))
    }
}

/// The raw little-endian numbers of a file.
private func numbers<Number>(_ type: Number.Type, in file: URL) throws -> [Number] {
    let data = try Data(contentsOf: file)
    return data.withUnsafeBytes { bytes in
        (0..<bytes.count / MemoryLayout<Number>.stride).map {
            bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.stride, as: type)
        }
    }
}

/// A network of those widths, ReLU and softmax, whose numbers are drawn from the training's seed.
func drawnNetwork(_ widths: [Int]) throws -> Network {
    try Network(
        inputShape: [widths[0]],
        layers: [
            Layer(.dense(Dense(units: widths[1], activation: .relu))),
            Layer(.dense(Dense(units: widths[2], activation: .softmax))),
        ])
}

/// Uniform inputs whose classes are those of a random linear map, so that there is something to
/// learn.
func syntheticSamples(count: Int, features: Int, classes: Int) throws -> Samples {
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
