public import NablaJSON
public import NablaNetworks

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

extension Samples {
    /// Reads samples from a text of their own, rounded to `dtype`.
    ///
    /// - Throws: `Problem` that says what is wrong and where.
    public init(
        parsing body: [UInt8], as dtype: DType, limits: JSONLimits = JSONLimits()
    ) throws(Problem) {
        self = try Problem.reporting {
            try JSONDocument.read(body, limits: limits) { try Samples(reading: $0, as: dtype) }
        }
    }

    /// The samples as a text of their own, in the form every request takes.
    public func json(as encoding: Encoding = .json) -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer, as: encoding)
        return writer.finish()
    }
}
