import NablaJSON
import NablaNetworks

extension Loss {
    /// Reads a name, or an object with `type`, the loss's settings and its `reduction`.
    init(reading value: JSONValue) throws {
        let typeName = try value.typeName()
        guard let plain = Kind(named: typeName) else {
            throw Problem.unknownName(
                try typeName.string(), of: "loss", among: Loss.names, at: typeName.pointer)
        }
        let settings = try value.settings(plain.settings + ["reduction"])
        let reduction = try settings?.readIfPresent("reduction") { try Reduction(reading: $0) }
        self = try value.checked {
            let kind = try settings.map { try Kind(plain, with: $0) } ?? plain
            return try Loss(kind, reduction: reduction ?? .mean)
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("type", name)
        switch kind {
        case .crossEntropy(let classes), .crossEntropyWithLogits(let classes):
            writer.field("label_smoothing", classes.labelSmoothing)
            if let weights = classes.classWeights {
                writer.key("class_weights")
                writer.numbers(weights, shape: [weights.count])
            }
        case .huber(let delta):
            writer.field("delta", delta)
        default: break
        }
        writer.field("reduction", reduction.rawValue)
        writer.endObject()
    }
}

extension Loss.Kind {
    /// Makes the kind of that name with its defaults; nil when the value is no name of a loss.
    fileprivate init?(named name: JSONValue) {
        switch name {
        case "binary_cross_entropy": self = .binaryCrossEntropy
        case "binary_cross_entropy_with_logits": self = .binaryCrossEntropyWithLogits
        case "cross_entropy": self = .crossEntropy(.plain)
        case "cross_entropy_with_logits": self = .crossEntropyWithLogits(.plain)
        case "mean_squared_error": self = .meanSquaredError
        case "mean_absolute_error": self = .meanAbsoluteError
        case "huber": self = .huber(delta: 1)
        case "hinge": self = .hinge
        case "kl_divergence": self = .klDivergence
        case "poisson": self = .poisson
        default: return nil
        }
    }

    /// The names of the settings it has.
    fileprivate var settings: [StaticString] {
        switch self {
        case .crossEntropy, .crossEntropyWithLogits: ["label_smoothing", "class_weights"]
        case .huber: ["delta"]
        default: []
        }
    }

    /// Makes the same kind with the settings that are given.
    fileprivate init(_ plain: Loss.Kind, with settings: JSONObject) throws {
        switch plain {
        case .crossEntropy: self = .crossEntropy(try .init(reading: settings))
        case .crossEntropyWithLogits:
            self = .crossEntropyWithLogits(try .init(reading: settings))
        case .huber(let standard):
            self = .huber(
                delta: try settings.readIfPresent("delta") { try $0.double() } ?? standard)
        default: self = plain
        }
    }
}

extension Loss.ClassSettings {
    fileprivate init(reading settings: JSONObject) throws {
        let smoothing = try settings.readIfPresent("label_smoothing") { try $0.double() }
        let weights = try settings.readIfPresent("class_weights") {
            try $0.list { try $0.double() }
        }
        self = try Loss.ClassSettings(labelSmoothing: smoothing ?? 0, classWeights: weights)
    }
}

extension Reduction {
    init(reading value: JSONValue) throws {
        self = try value.name(of: "reduction", among: Reduction.allCases.map(\.rawValue)) {
            Reduction(rawValue: $0)
        }
    }
}
