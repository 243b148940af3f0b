public import NablaJSON
public import NablaNetworks

/// The network of a request: written out in it, or one the service already has.
public enum NetworkSource: Sendable, Equatable {
    /// Written out in the request.
    case inline(Network)
    /// The trained network of that run.
    case run(id: String)
    /// The network that is stored under that name.
    case stored(name: String)

    init(reading value: JSONValue, as dtype: DType) throws {
        if value.hasField("run") {
            self = .run(id: try value.object(["run"]).read("run") { try $0.string() })
        } else if value.hasField("name") {
            self = .stored(name: try value.object(["name"]).read("name") { try $0.string() })
        } else {
            self = .inline(try Network(reading: value, as: dtype))
        }
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding = .json) {
        switch self {
        case .inline(let network): network.write(to: &writer, as: encoding)
        case .run(let id):
            writer.beginObject()
            writer.field("run", id)
            writer.endObject()
        case .stored(let name):
            writer.beginObject()
            writer.field("name", name)
            writer.endObject()
        }
    }
}

extension NetworkSource {
    /// Reads a network, or what names one, from a text of its own.
    ///
    /// - Parameters:
    ///   - body: The text.
    ///   - dtype: What the numbers are rounded to.
    ///   - limits: The bounds of the JSON reader.
    /// - Throws: `Problem` that says what is wrong and where.
    public init(
        parsing body: [UInt8], as dtype: DType, limits: JSONLimits = JSONLimits()
    ) throws(Problem) {
        self = try Problem.reporting {
            try JSONDocument.read(body, limits: limits) {
                try NetworkSource(reading: $0, as: dtype)
            }
        }
    }

    /// The network, or what names it, as a text of its own.
    public func json(as encoding: Encoding = .json) -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer, as: encoding)
        return writer.finish()
    }
}

extension Network {
    /// Reads a network with or without numbers, its tensors rounded to `dtype`.
    init(reading value: JSONValue, as dtype: DType) throws {
        let object = try value.object(["input_shape", "layers"])
        let inputShape = try object.readIfPresent("input_shape") { try Shape(reading: $0) }
        let layers = try object.read("layers") { try $0.list { try Layer(reading: $0, as: dtype) } }
        self = try value.checked { try Network(inputShape: inputShape, layers: layers) }
    }

    /// Writes the network; `numbers` false leaves its parameters out and gives their shapes instead.
    func write(to writer: inout JSONWriter, as encoding: Encoding = .json, numbers: Bool = true) {
        writer.beginObject()
        writer.key("input_shape")
        inputShape.write(to: &writer)
        writer.key("layers")
        writer.beginArray()
        for layer in layers { layer.write(to: &writer, as: encoding, numbers: numbers) }
        writer.endArray()
        writer.endObject()
    }

    /// Reads a network from a text of its own.
    ///
    /// - Parameters:
    ///   - json: The text, in the form every request takes.
    ///   - dtype: What the numbers are rounded to.
    /// - Throws: `Problem` that says what is wrong and where.
    public init(parsing json: [UInt8], as dtype: DType) throws(Problem) {
        self = try Problem.reporting {
            try Network(reading: JSONDocument(parsing: json).root, as: dtype)
        }
    }

    /// The network as a text of its own, in the form every request takes.
    ///
    /// - Parameters:
    ///   - encoding: How its tensors are written.
    ///   - numbers: Whether its parameters are written; without them the layers are just described.
    /// - Returns: A JSON object.
    public func json(as encoding: Encoding = .json, numbers: Bool = true) -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer, as: encoding, numbers: numbers)
        return writer.finish()
    }
}
