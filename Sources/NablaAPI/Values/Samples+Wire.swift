import NablaJSON
import NablaNetworks

extension Samples {
    /// Reads inputs, targets and weights, rounded to `dtype`.
    init(reading value: JSONValue, as dtype: DType) throws {
        let object = try value.object(["inputs", "targets", "weights"])
        let inputs = try object.read("inputs") { try Tensor(reading: $0, as: dtype) }
        let targets = try object.read("targets") { try Tensor(reading: $0, as: dtype) }
        let weights = try object.readIfPresent("weights") { try Tensor(reading: $0, as: dtype) }
        self = try value.checked {
            try Samples(inputs: inputs, targets: targets, weights: weights)
        }
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding) {
        writer.beginObject()
        writer.key("inputs")
        inputs.write(to: &writer, as: encoding)
        writer.key("targets")
        targets.write(to: &writer, as: encoding)
        if let weights {
            writer.key("weights")
            weights.write(to: &writer, as: encoding)
        }
        writer.endObject()
    }
}
