import Foundation
import NablaCore
import NablaNetworks
import Testing

/// A case of Tests/Reference: a request and the answer an independent implementation gave.
struct Reference: CustomTestStringConvertible {
    let name: String
    let request: Object
    let expected: Object
    let rtol: Double
    let atol: Double

    var testDescription: String { name }

    /// All cases of an endpoint, by name.
    static func cases(of endpoint: String) throws -> [Reference] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Reference")
        return try FileManager.default
            .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .map { Object(try JSONSerialization.jsonObject(with: Data(contentsOf: $0))) }
            .filter { $0["endpoint"].text == endpoint }
            .map {
                Reference(
                    name: $0["name"].text, request: $0["request"], expected: $0["expected"],
                    rtol: $0["rtol"].number, atol: $0["atol"].number)
            }
            .sorted { $0.name < $1.name }
    }

    /// Checks |value − expected| ≤ atol + rtol·|expected| for every number.
    func expectClose(_ values: [Double], _ expected: [Double], _ what: String) {
        #expect(values.count == expected.count, "\(what) has another size")
        for (index, (value, wanted)) in zip(values, expected).enumerated()
        where !(abs(value - wanted) <= atol + rtol * abs(wanted)) {
            Issue.record("\(name): \(what)[\(index)] is \(value), expected \(wanted)")
        }
    }
}

/// A JSON value of a case.
enum Object: Sendable {
    case none
    case number(Double)
    case text(String)
    case list([Object])
    case fields([String: Object])

    /// Takes over what JSONSerialization gives.
    init(_ value: Any) {
        switch value {
        case let number as NSNumber: self = .number(number.doubleValue)
        case let text as String: self = .text(text)
        case let list as [Any]: self = .list(list.map(Object.init))
        case let fields as [String: Any]: self = .fields(fields.mapValues(Object.init))
        default: self = .none
        }
    }

    subscript(key: String) -> Object {
        if case .fields(let fields) = self { fields[key] ?? .none } else { .none }
    }
    var isThere: Bool { if case .none = self { false } else { true } }
    var text: String { if case .text(let text) = self { text } else { "" } }
    var number: Double { if case .number(let number) = self { number } else { .nan } }
    var list: [Object] { if case .list(let list) = self { list } else { [] } }

    /// The shape and numbers of nested arrays.
    var tensor: Tensor {
        get throws {
            var (shape, level) = ([Int](), [self])
            while case .list(let array)? = level.first {
                shape.append(array.count)
                level = level.flatMap(\.list)
            }
            return try Tensor(level.map(\.number), shape: Shape(shape))
        }
    }

    var network: Network {
        get throws {
            let activations: [String: Activation] = [
                "identity": .identity, "sigmoid": .sigmoid, "tanh": .tanh, "relu": .relu,
                "gelu": .gelu, "silu": .silu, "softplus": .softplus, "softmax": .softmax,
                "selu": .selu, "elu": .elu(alpha: 1), "leaky_relu": .leakyReLU(negativeSlope: 0.01),
            ]
            let layers = try self["layers"].list.map { layer in
                Layer(
                    .dense(
                        try Dense(
                            weights: layer["weights"].tensor,
                            bias: layer["bias"].isThere ? layer["bias"].tensor : nil,
                            activation: try #require(activations[layer["activation"].text]))))
            }
            return try Network(layers: layers)
        }
    }

    var samples: Samples {
        get throws { try Samples(inputs: self["inputs"].tensor, targets: self["targets"].tensor) }
    }

    /// The loss of a request with this object as its body.
    var loss: Loss {
        get throws {
            let loss = self["loss"]
            let name = loss["type"].isThere ? loss["type"].text : loss.text
            let classes = try Loss.ClassSettings(
                labelSmoothing: loss["label_smoothing"].isThere
                    ? loss["label_smoothing"].number : 0)
            let kinds: [String: Loss.Kind] = [
                "binary_cross_entropy": .binaryCrossEntropy,
                "cross_entropy": .crossEntropy(classes),
                "mean_squared_error": .meanSquaredError,
                "mean_absolute_error": .meanAbsoluteError, "huber": .huber(delta: 1),
            ]
            return try Loss(
                try #require(kinds[name]),
                reduction: Reduction(rawValue: self["reduction"].text) ?? .mean)
        }
    }
}
