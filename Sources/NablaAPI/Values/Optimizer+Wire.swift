import NablaJSON
import NablaNetworks

extension Optimizer {
    /// Reads a name, or an object with `type` and the optimizer's settings.
    init(reading value: JSONValue) throws {
        let typeName = try value.typeName()
        switch try typeName.string() {
        case "sgd": self = .sgd(try SGD(reading: value))
        case "adam": self = .adam(try Adam(reading: value))
        case "adamw": self = .adamW(try AdamW(reading: value))
        case "rmsprop": self = .rmsProp(try RMSProp(reading: value))
        case "adagrad": self = .adagrad(try Adagrad(reading: value))
        case "nadam": self = .nadam(try NAdam(reading: value))
        case "lion": self = .lion(try Lion(reading: value))
        case "lbfgs": self = .lbfgs(try LBFGS(reading: value))
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
        case .sgd(let settings): settings.write(to: &writer)
        case .adam(let settings): settings.write(to: &writer)
        case .adamW(let settings): settings.write(to: &writer)
        case .rmsProp(let settings): settings.write(to: &writer)
        case .adagrad(let settings): settings.write(to: &writer)
        case .nadam(let settings): settings.write(to: &writer)
        case .lion(let settings): settings.write(to: &writer)
        case .lbfgs(let settings): settings.write(to: &writer)
        }
        writer.endObject()
    }
}

/// The settings of an optimizer, each with a default.
private struct Settings {
    /// nil where only the optimizer's name is given.
    private let object: JSONObject?

    /// Refuses all settings but `learning_rate` and those.
    init(_ value: JSONValue, _ known: [StaticString]) throws {
        object = try value.settings(["learning_rate"] + known)
    }

    func number(_ name: StaticString, default number: Double) throws -> Double {
        try object?.readIfPresent(name) { try $0.double() } ?? number
    }

    func whole(_ name: StaticString, default number: Int) throws -> Int {
        try object?.readIfPresent(name) { try $0.int() } ?? number
    }

    /// False where it isn't given.
    func flag(_ name: StaticString) throws -> Bool {
        try object?.readIfPresent(name) { try $0.bool() } ?? false
    }
}

extension SGD {
    fileprivate init(reading value: JSONValue) throws {
        let settings = try Settings(value, ["momentum", "dampening", "nesterov", "weight_decay"])
        self = try value.checked {
            try SGD(
                learningRate: settings.number("learning_rate", default: 0.01),
                momentum: settings.number("momentum", default: 0),
                dampening: settings.number("dampening", default: 0),
                nesterov: settings.flag("nesterov"),
                weightDecay: settings.number("weight_decay", default: 0))
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("momentum", momentum)
        writer.field("dampening", dampening)
        writer.field("nesterov", nesterov)
        writer.field("weight_decay", weightDecay)
    }
}

extension Adam {
    fileprivate init(reading value: JSONValue) throws {
        let settings = try Settings(
            value, ["beta1", "beta2", "epsilon", "weight_decay", "amsgrad"])
        self = try value.checked {
            try Adam(
                learningRate: settings.number("learning_rate", default: 0.001),
                beta1: settings.number("beta1", default: 0.9),
                beta2: settings.number("beta2", default: 0.999),
                epsilon: settings.number("epsilon", default: 1e-8),
                weightDecay: settings.number("weight_decay", default: 0),
                amsgrad: settings.flag("amsgrad"))
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("beta1", beta1)
        writer.field("beta2", beta2)
        writer.field("epsilon", epsilon)
        writer.field("weight_decay", weightDecay)
        writer.field("amsgrad", amsgrad)
    }
}

extension AdamW {
    fileprivate init(reading value: JSONValue) throws {
        let settings = try Settings(
            value, ["beta1", "beta2", "epsilon", "weight_decay", "amsgrad"])
        self = try value.checked {
            try AdamW(
                learningRate: settings.number("learning_rate", default: 0.001),
                beta1: settings.number("beta1", default: 0.9),
                beta2: settings.number("beta2", default: 0.999),
                epsilon: settings.number("epsilon", default: 1e-8),
                weightDecay: settings.number("weight_decay", default: 0.01),
                amsgrad: settings.flag("amsgrad"))
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("beta1", beta1)
        writer.field("beta2", beta2)
        writer.field("epsilon", epsilon)
        writer.field("weight_decay", weightDecay)
        writer.field("amsgrad", amsgrad)
    }
}

extension NAdam {
    fileprivate init(reading value: JSONValue) throws {
        let settings = try Settings(
            value, ["beta1", "beta2", "epsilon", "weight_decay", "momentum_decay"])
        self = try value.checked {
            try NAdam(
                learningRate: settings.number("learning_rate", default: 0.002),
                beta1: settings.number("beta1", default: 0.9),
                beta2: settings.number("beta2", default: 0.999),
                epsilon: settings.number("epsilon", default: 1e-8),
                weightDecay: settings.number("weight_decay", default: 0),
                momentumDecay: settings.number("momentum_decay", default: 0.004))
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("beta1", beta1)
        writer.field("beta2", beta2)
        writer.field("epsilon", epsilon)
        writer.field("weight_decay", weightDecay)
        writer.field("momentum_decay", momentumDecay)
    }
}

extension RMSProp {
    fileprivate init(reading value: JSONValue) throws {
        let settings = try Settings(
            value, ["alpha", "epsilon", "momentum", "centered", "weight_decay"])
        self = try value.checked {
            try RMSProp(
                learningRate: settings.number("learning_rate", default: 0.01),
                alpha: settings.number("alpha", default: 0.99),
                epsilon: settings.number("epsilon", default: 1e-8),
                momentum: settings.number("momentum", default: 0),
                centered: settings.flag("centered"),
                weightDecay: settings.number("weight_decay", default: 0))
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("alpha", alpha)
        writer.field("epsilon", epsilon)
        writer.field("momentum", momentum)
        writer.field("centered", centered)
        writer.field("weight_decay", weightDecay)
    }
}

extension Adagrad {
    fileprivate init(reading value: JSONValue) throws {
        let settings = try Settings(value, ["epsilon", "weight_decay"])
        self = try value.checked {
            try Adagrad(
                learningRate: settings.number("learning_rate", default: 0.01),
                epsilon: settings.number("epsilon", default: 1e-10),
                weightDecay: settings.number("weight_decay", default: 0))
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("epsilon", epsilon)
        writer.field("weight_decay", weightDecay)
    }
}

extension Lion {
    fileprivate init(reading value: JSONValue) throws {
        let settings = try Settings(value, ["beta1", "beta2", "weight_decay"])
        self = try value.checked {
            try Lion(
                learningRate: settings.number("learning_rate", default: 1e-4),
                beta1: settings.number("beta1", default: 0.9),
                beta2: settings.number("beta2", default: 0.99),
                weightDecay: settings.number("weight_decay", default: 0))
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("beta1", beta1)
        writer.field("beta2", beta2)
        writer.field("weight_decay", weightDecay)
    }
}

extension LBFGS {
    fileprivate init(reading value: JSONValue) throws {
        let settings = try Settings(
            value, ["max_iterations", "tolerance_gradient", "tolerance_change", "history_size"])
        self = try value.checked {
            try LBFGS(
                learningRate: settings.number("learning_rate", default: 1),
                maxIterations: settings.whole("max_iterations", default: 20),
                toleranceGradient: settings.number("tolerance_gradient", default: 1e-7),
                toleranceChange: settings.number("tolerance_change", default: 1e-9),
                historySize: settings.whole("history_size", default: 100))
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("max_iterations", maxIterations)
        writer.field("tolerance_gradient", toleranceGradient)
        writer.field("tolerance_change", toleranceChange)
        writer.field("history_size", historySize)
    }
}
