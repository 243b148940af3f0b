import NablaJSON
import NablaNetworks

extension Activation {
    /// Reads a name, or an object with `type` and the activation's setting.
    init(reading value: JSONValue) throws {
        let plain = try value.typeName().name(of: "activation", among: Activation.names) {
            Activation(name: $0)
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
