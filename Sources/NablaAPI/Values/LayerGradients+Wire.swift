import NablaJSON
import NablaNetworks

extension LayerGradients {
    /// Reads the gradients of one layer in a request: `weights` and, if the layer has one, `bias`.
    init(reading value: JSONValue, as dtype: DType) throws {
        self = try LayerGradients(try value.object(["weights", "bias"]), as: dtype)
    }

    /// Takes the gradients of one layer out of their fields.
    init(_ fields: JSONObject, as dtype: DType) throws {
        self.init(
            weights: try fields.read("weights") { try Tensor(reading: $0, as: dtype) },
            bias: try fields.readIfPresent("bias") { try Tensor(reading: $0, as: dtype) })
    }

    /// Writes the gradients of one layer.
    func write(to writer: inout JSONWriter, as encoding: Encoding) {
        writer.beginObject()
        writer.key("weights")
        weights.write(to: &writer, as: encoding)
        if let bias {
            writer.key("bias")
            bias.write(to: &writer, as: encoding)
        }
        writer.endObject()
    }
}
