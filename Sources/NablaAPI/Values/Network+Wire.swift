import NablaJSON
public import NablaNetworks

/// The network of a request: written out in it, or one the service already has.
public enum NetworkSource: Sendable, Equatable {
    /// Written out in the request.
    case inline(Network)
    /// The trained network of that run.
    case run(id: String)

    init(reading value: JSONValue, as dtype: DType) throws {
        if value.hasField("run") {
            self = .run(id: try value.object(["run"]).read("run") { try $0.string() })
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
        }
    }
}

extension Network {
    /// Reads a network with or without numbers, its tensors rounded to `dtype`.
    init(reading value: JSONValue, as dtype: DType) throws {
        let object = try value.object(["input_shape", "layers"])
        let inputShape = try object.readIfPresent("input_shape") { field in
            let lengths = try field.list { try $0.int() }
            return try field.checked { try Shape(lengths) }
        }
        let layers = try object.read("layers") { try $0.list { try Layer(reading: $0, as: dtype) } }
        self = try value.checked { try Network(inputShape: inputShape, layers: layers) }
    }

    /// Writes the network; `numbers` false leaves its parameters out and gives their shapes instead.
    func write(to writer: inout JSONWriter, as encoding: Encoding = .json, numbers: Bool = true) {
        writer.beginObject()
        writer.key("input_shape")
        writer.beginArray()
        for length in inputShape { writer.int(length) }
        writer.endArray()
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

extension Layer {
    private static let fields: [StaticString] = [
        "type", "name", "weights", "bias", "units", "use_bias", "initializer", "activation",
    ]

    init(reading value: JSONValue, as dtype: DType) throws {
        let object = try value.object(Layer.fields)
        _ = try object.readIfPresent("type") { type in
            try type.name(of: "layer type", among: ["dense"]) { $0 == "dense" ? $0 : nil }
        }
        let name = try object.readIfPresent("name") { try $0.string() }
        self.init(name: name, .dense(try Dense(reading: object, of: value, as: dtype)))
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding, numbers: Bool) {
        writer.beginObject()
        writer.field("type", "dense")
        writer.field("name", name)
        switch operation {
        case .dense(let dense): dense.write(to: &writer, as: encoding, numbers: numbers)
        }
        writer.endObject()
    }
}

extension Dense {
    fileprivate init(reading object: JSONObject, of value: JSONValue, as dtype: DType) throws {
        let activation =
            try object.readIfPresent("activation") { try Activation(reading: $0) } ?? .identity
        guard let weights = object["weights"] else {
            self = try Dense(drawing: object, of: value, activation: activation)
            return
        }
        for name in ["units", "use_bias", "initializer"] as [StaticString] {
            guard let extra = object[name] else { continue }
            throw Problem(
                .inconsistent,
                "\(name) goes with a layer whose numbers are drawn, but this one has weights",
                pointer: extra.pointer)
        }
        let tensor = try Tensor(reading: weights, as: dtype)
        let bias = try object.readIfPresent("bias") { try Tensor(reading: $0, as: dtype) }
        self = try value.checked {
            try Dense(weights: tensor, bias: bias, activation: activation)
        }
    }

    private init(
        drawing object: JSONObject, of value: JSONValue, activation: Activation
    ) throws {
        guard object["units"] != nil else {
            throw Problem(
                .missingField,
                "a dense layer needs weights, or units to have its weights drawn for training",
                pointer: value.pointer)
        }
        if let bias = object["bias"] {
            throw Problem(
                .inconsistent, "bias goes with weights; drawn biases start at 0",
                pointer: bias.pointer)
        }
        let units = try object.read("units") { try $0.int() }
        let initializer = try object.readIfPresent("initializer") { field in
            try field.name(of: "initializer", among: Initializer.allCases.map(\.rawValue)) {
                Initializer(rawValue: $0)
            }
        }
        let usesBias = try object.readIfPresent("use_bias") { try $0.bool() }
        self = try value.checked {
            try Dense(
                units: units, activation: activation, initializer: initializer ?? .glorotUniform,
                usesBias: usesBias ?? true)
        }
    }

    fileprivate func write(to writer: inout JSONWriter, as encoding: Encoding, numbers: Bool) {
        switch parameters {
        case .given(let weights, let bias) where numbers:
            writer.key("weights")
            weights.write(to: &writer, as: encoding)
            if let bias {
                writer.key("bias")
                bias.write(to: &writer, as: encoding)
            }
        case .given:
            writer.field("units", units)
            writer.field("use_bias", usesBias)
        case .drawn(let initializer, let usesBias):
            writer.field("units", units)
            writer.field("use_bias", usesBias)
            writer.field("initializer", initializer.rawValue)
        }
        writer.key("activation")
        activation.write(to: &writer)
    }
}
