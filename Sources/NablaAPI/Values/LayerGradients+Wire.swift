import NablaJSON
import NablaNetworks

extension LayerGradients {
    /// Reads a layer's tensors, `{}` for a layer without any.
    init(reading value: JSONValue, as dtype: DType) throws {
        let fields = try value.object(["weights", "bias"])
        self.init(
            weights: try fields.readIfPresent("weights") { try Tensor(reading: $0, as: dtype) },
            bias: try fields.readIfPresent("bias") { try Tensor(reading: $0, as: dtype) })
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding) {
        writer.beginObject()
        if let weights {
            writer.key("weights")
            weights.write(to: &writer, as: encoding)
        }
        if let bias {
            writer.key("bias")
            bias.write(to: &writer, as: encoding)
        }
        writer.endObject()
    }
}

extension [LayerGradients] {
    func write(to writer: inout JSONWriter, as encoding: Encoding) {
        writer.beginArray()
        for layer in self { layer.write(to: &writer, as: encoding) }
        writer.endArray()
    }
}
