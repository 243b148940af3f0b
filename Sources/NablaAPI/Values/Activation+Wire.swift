import NablaJSON
public import NablaNetworks

extension Activation {
    /// Reads a name, or an object with `type` and the activation's setting.
    init(reading value: JSONValue) throws {
        let typeName = try value.typeName()
        guard let plain = Activation(named: typeName) else {
            throw Problem.unknownName(
                try typeName.string(), of: "activation", among: Activation.names,
                at: typeName.pointer)
        }
        switch plain {
        case .leakyReLU(let standard):
            let slope = try value.settings(["negative_slope"])?.readIfPresent("negative_slope") {
                try $0.double()
            }
            self = .leakyReLU(negativeSlope: slope ?? standard)
        case .elu(let standard):
            let alpha = try value.settings(["alpha"])?.readIfPresent("alpha") { try $0.double() }
            self = .elu(alpha: alpha ?? standard)
        default:
            _ = try value.settings([])
            self = plain
        }
    }

    /// Makes the activation of that name with PyTorch's defaults; nil when the value is no name of
    /// one.
    private init?(named name: JSONValue) {
        switch name {
        case "identity": self = .identity
        case "sigmoid": self = .sigmoid
        case "tanh": self = .tanh
        case "relu": self = .relu
        case "leaky_relu": self = .leakyReLU(negativeSlope: 0.01)
        case "elu": self = .elu(alpha: 1)
        case "selu": self = .selu
        case "gelu": self = .gelu
        case "silu": self = .silu
        case "softplus": self = .softplus
        case "softmax": self = .softmax
        default: return nil
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .leakyReLU(let slope): write(to: &writer, setting: "negative_slope", slope)
        case .elu(let alpha): write(to: &writer, setting: "alpha", alpha)
        default: writer.string(name)
        }
    }

    private func write(to writer: inout JSONWriter, setting: StaticString, _ value: Double) {
        writer.beginObject()
        writer.field("type", name)
        writer.field(setting, value)
        writer.endObject()
    }
}

extension Activation {
    /// The activation of that name with PyTorch's defaults, or nil for another name.
    public static func standard(named name: String) -> Activation? {
        let all: [Activation] = [
            .identity, .sigmoid, .tanh, .relu, .leakyReLU(negativeSlope: 0.01), .elu(alpha: 1),
            .selu, .gelu, .silu, .softplus, .softmax,
        ]
        return all.first { $0.name == name }
    }
}
