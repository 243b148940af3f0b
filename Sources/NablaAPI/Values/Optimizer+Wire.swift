import NablaJSON
import NablaNetworks

extension Optimizer {
    /// Reads a name, or an object with `type` and the optimizer's settings.
    init(reading value: JSONValue) throws {
        let typeName = try value.typeName()
        switch try typeName.string() {
        case "sgd": self = .sgd(try SGD(reading: value))
        case "adam": self = .adam(try Adam(reading: value))
        case let other:
            throw Problem.unknownName(
                other, of: "optimizer", among: Optimizer.names, at: typeName.pointer)
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("type", name)
        writer.field("learning_rate", learningRate)
        switch self {
        case .sgd(let settings):
            writer.field("momentum", settings.momentum)
            writer.field("dampening", settings.dampening)
            writer.field("nesterov", settings.nesterov)
            writer.field("weight_decay", settings.weightDecay)
        case .adam(let settings):
            writer.field("beta1", settings.beta1)
            writer.field("beta2", settings.beta2)
            writer.field("epsilon", settings.epsilon)
            writer.field("weight_decay", settings.weightDecay)
            writer.field("amsgrad", settings.amsgrad)
        }
        writer.endObject()
    }
}

extension SGD {
    fileprivate init(reading value: JSONValue) throws {
        let settings = try value.settings([
            "learning_rate", "momentum", "dampening", "nesterov", "weight_decay",
        ])
        let number = { (name: StaticString) in try settings?.readIfPresent(name) { try $0.double() }
        }
        let nesterov = try settings?.readIfPresent("nesterov") { try $0.bool() }
        self = try value.checked {
            try SGD(
                learningRate: number("learning_rate") ?? 0.01, momentum: number("momentum") ?? 0,
                dampening: number("dampening") ?? 0, nesterov: nesterov ?? false,
                weightDecay: number("weight_decay") ?? 0)
        }
    }
}

extension Adam {
    fileprivate init(reading value: JSONValue) throws {
        let settings = try value.settings([
            "learning_rate", "beta1", "beta2", "epsilon", "weight_decay", "amsgrad",
        ])
        let number = { (name: StaticString) in try settings?.readIfPresent(name) { try $0.double() }
        }
        let amsgrad = try settings?.readIfPresent("amsgrad") { try $0.bool() }
        self = try value.checked {
            try Adam(
                learningRate: number("learning_rate") ?? 0.001, beta1: number("beta1") ?? 0.9,
                beta2: number("beta2") ?? 0.999, epsilon: number("epsilon") ?? 1e-8,
                weightDecay: number("weight_decay") ?? 0, amsgrad: amsgrad ?? false)
        }
    }
}
