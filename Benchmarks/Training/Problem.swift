import Foundation
import NablaNetworks

/// The networks that are trained on images of 784 numbers, or on digits of 64.
enum DrawnNetwork: String {
    /// 784-128-10, ReLU and softmax.
    case dense
    /// The same with dropout before the last layer.
    case dropout
    /// The same with batch normalisation before the first activation.
    case normalised
    /// A convolution of 8 filters of 3 × 3 and the largest of each 2 × 2, then 10 units.
    case convolution

    /// The network, whose numbers are drawn from the training's seed.
    func network() throws -> Network {
        func dense(_ units: Int, _ activation: Activation) throws -> Layer {
            try Layer(.dense(Dense(units: units, activation: activation)))
        }
        let last = try dense(10, .softmax)
        switch self {
        case .dense: return try Network(inputShape: [784], layers: [dense(128, .relu), last])
        case .dropout:
            return try Network(
                inputShape: [784],
                layers: [dense(128, .relu), Layer(.dropout(Dropout(rate: 0.5))), last])
        case .normalised:
            return try Network(
                inputShape: [784],
                layers: [
                    dense(128, .identity), Layer(.batchNormalization(BatchNormalization())),
                    Layer(.activation(.relu)), last,
                ])
        case .convolution:
            let three = try Window(kernelSize: Size(3), stride: Size(1), padding: Size(0))
            let two = try Window(kernelSize: Size(2), stride: Size(2), padding: Size(0))
            return try Network(
                inputShape: [1, 28, 28],
                layers: [
                    Layer(.conv2d(Convolution(filters: 8, window: three, activation: .relu))),
                    Layer(.maxPool2d(Pooling(window: two))), Layer(.flatten), last,
                ])
        }
    }
}

/// What is trained: the samples, and a network.
struct Problem {
    let samples: Samples
    let network: Network

    /// Reads what Benchmarks/make_training_data.py wrote, so that all contenders start from the same,
    /// or makes samples where there is no NumPy to write them.
    init(_ options: Options) throws {
        if let folder = options.data {
            try self.init(folder: folder, samples: options.samples)
        } else {
            try self.init(drawing: options.network, samples: options.samples)
        }
    }

    private init(drawing drawn: DrawnNetwork, samples count: Int) throws {
        network = try drawn.network()
        samples = try syntheticSamples(count: count, inputShape: network.inputShape)
    }

    private init(folder: String, samples limit: Int) throws {
        let classes = try numbers(Int32.self, in: folder + "/classes.i32", limit: limit)
        let inputs = try numbers(Float.self, in: folder + "/inputs.f32", limit: limit * 784)
        samples = try Samples(
            inputs: Tensor(inputs, shape: [classes.count, 784]),
            targets: Tensor(classes.map(Float.init)))
        var rest = try numbers(Float.self, in: folder + "/parameters.f32", limit: .max)[...]
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

    /// Reads the table of digits: 64 pixels from 0 to 16 and the class in each line, after a header.
    init(digits file: String) throws {
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        let table = lines.dropFirst().map { $0.split(separator: ",").compactMap { Float($0) } }
        samples = try Samples(
            inputs: Tensor(
                table.flatMap { $0.dropLast().map { $0 / 16 } }, shape: [table.count, 64]),
            targets: Tensor(table.map { $0[64] }))
        var drawing = Drawing(seed: 3)
        network = try Network(
            layers: [drawing.layer(64, 32, .relu), drawing.layer(32, 10, .softmax)])
    }
}

/// The raw little-endian numbers of a file, read into place; as many as the limit at most.
private func numbers<Number>(
    _ type: Number.Type, in file: String, limit: Int
) throws -> [Number] {
    guard let opened = fopen(file, "rb") else { throw CocoaError(.fileNoSuchFile) }
    defer { fclose(opened) }
    fseek(opened, 0, SEEK_END)
    let count = min(limit, ftell(opened) / MemoryLayout<Number>.stride)
    rewind(opened)
    return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
        initialized = fread(buffer.baseAddress, MemoryLayout<Number>.stride, count, opened)
    }
}

/// Uniform inputs whose classes are those of a random linear map, so that there is something to
/// learn.
private func syntheticSamples(count: Int, inputShape: Shape) throws -> Samples {
    var drawing = Drawing(seed: 42)
    let (features, classes) = (inputShape.size ?? 0, 10)
    let inputs = (0..<count * features).map { _ in drawing.next() }
    let map = (0..<classes * features).map { _ in drawing.next() - 0.5 }
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
    return try Samples(
        inputs: Tensor(inputs, shape: Shape([count] + inputShape)), targets: Tensor(targets))
}
