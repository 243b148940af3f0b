import NablaJSON
import NablaNetworks

extension Loss {
    /// Reads a name, or an object with `type`, the loss's settings and its `reduction`.
    init(reading value: JSONValue) throws {
        let typeName = try value.typeName()
        let name = try typeName.string()
        let known = Loss.settings[name] ?? []
        guard Loss.names.contains(name) else {
            throw Problem.unknownName(
                name, of: "loss", among: Loss.names, at: typeName.pointer)
        }
        let settings = try value.settings(known + ["reduction"])
        let reduction = try settings?.readIfPresent("reduction") { try Reduction(reading: $0) }
        self = try value.checked {
            try Loss(Kind(name: name, settings: settings), reduction: reduction ?? .mean)
        }
    }

    private static let settings = [
        "cross_entropy": ["label_smoothing", "class_weights"],
        "cross_entropy_with_logits": ["label_smoothing", "class_weights"],
        "huber": ["delta"],
    ]

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
    /// Makes the kind of that name, which must be one of `Loss.names`.
    fileprivate init(name: String, settings: JSONObject?) throws {
        switch name {
        case "binary_cross_entropy": self = .binaryCrossEntropy
        case "binary_cross_entropy_with_logits": self = .binaryCrossEntropyWithLogits
        case "cross_entropy": self = .crossEntropy(try .init(reading: settings))
        case "cross_entropy_with_logits":
            self = .crossEntropyWithLogits(try .init(reading: settings))
        case "mean_squared_error": self = .meanSquaredError
        case "mean_absolute_error": self = .meanAbsoluteError
        case "huber":
            self = .huber(delta: try settings?.readIfPresent("delta") { try $0.double() } ?? 1)
        case "hinge": self = .hinge
        case "kl_divergence": self = .klDivergence
        default: self = .poisson
        }
    }
}

extension Loss.ClassSettings {
    fileprivate init(reading settings: JSONObject?) throws {
        guard let settings else {
            self = .plain
            return
        }
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
