import NablaJSON
import NablaNetworks

extension Layer {
    /// Reads a layer with or without numbers, its tensors rounded to `dtype`.
    init(reading value: JSONValue, as dtype: DType) throws {
        guard value.hasField("type") else {
            // Most layers are dense, and don't say so.
            let object = try value.object(Dense.fields)
            self = try Layer(object, .dense(Dense(reading: object, of: value, as: dtype)))
            return
        }
        let type = try value.anyObject().required("type")
        switch type {
        case "dense":
            let object = try value.object(Dense.fields)
            self = try Layer(object, .dense(Dense(reading: object, of: value, as: dtype)))
        case "conv2d":
            let object = try value.object(Convolution.fields)
            self = try Layer(object, .conv2d(Convolution(reading: object, of: value, as: dtype)))
        case "embedding":
            let object = try value.object(Embedding.fields)
            self = try Layer(object, .embedding(Embedding(reading: object, of: value, as: dtype)))
        case "batch_normalization":
            let object = try value.object(BatchNormalization.fields)
            let normalization = try BatchNormalization(reading: object, of: value, as: dtype)
            self = try Layer(object, .batchNormalization(normalization))
        case "layer_normalization":
            let object = try value.object(LayerNormalization.fields)
            let normalization = try LayerNormalization(reading: object, of: value, as: dtype)
            self = try Layer(object, .layerNormalization(normalization))
        case "activation":
            let object = try value.object(Layer.commonFields + ["activation"])
            let activation = try object.read("activation") { try Activation(reading: $0) }
            self = try Layer(object, .activation(activation))
        case "dropout":
            let object = try value.object(Layer.commonFields + ["rate"])
            self = try Layer(object, .dropout(Dropout(reading: object, of: value)))
        case "max_pool2d":
            let object = try value.object(Pooling.fields)
            self = try Layer(object, .maxPool2d(Pooling(reading: object, of: value)))
        case "average_pool2d":
            let object = try value.object(Pooling.fields)
            self = try Layer(object, .averagePool2d(Pooling(reading: object, of: value)))
        case "reshape":
            let object = try value.object(Layer.commonFields + ["shape"])
            let shape = try object.read("shape") { try Shape(reading: $0) }
            self = try Layer(object, .reshape(shape))
        case "flatten": self = try Layer(value.object(Layer.commonFields), .flatten)
        case "add": self = try Layer(value.object(Layer.commonFields), .add)
        case "multiply": self = try Layer(value.object(Layer.commonFields), .multiply)
        case "concatenate": self = try Layer(value.object(Layer.commonFields), .concatenate)
        default:
            throw Problem.unknownName(
                try type.string(), of: "layer type", among: Layer.typeNames, at: type.pointer)
        }
    }

    /// The fields every layer may have.
    static let commonFields: [StaticString] = ["type", "name", "inputs"]

    private init(_ object: JSONObject, _ operation: Operation) throws {
        self.init(
            name: try object.readIfPresent("name") { try $0.string() },
            inputs: try object.readIfPresent("inputs") { try $0.list { try $0.string() } },
            operation)
    }

    /// Writes the layer; `numbers` false leaves its parameters out and gives their shapes instead.
    func write(to writer: inout JSONWriter, as encoding: Encoding, numbers: Bool) {
        writer.beginObject()
        writer.field("type", typeName)
        writer.field("name", name)
        if let inputs {
            writer.key("inputs")
            writer.beginArray()
            for input in inputs { writer.string(input) }
            writer.endArray()
        }
        switch operation {
        case .dense(let dense): dense.write(to: &writer, as: encoding, numbers: numbers)
        case .conv2d(let convolution):
            convolution.write(to: &writer, as: encoding, numbers: numbers)
        case .embedding(let embedding):
            embedding.write(to: &writer, as: encoding, numbers: numbers)
        case .batchNormalization(let normalization):
            normalization.write(to: &writer, as: encoding, numbers: numbers)
        case .layerNormalization(let normalization):
            normalization.write(to: &writer, as: encoding, numbers: numbers)
        case .activation(let activation):
            writer.key("activation")
            activation.write(to: &writer)
        case .dropout(let dropout): writer.field("rate", dropout.rate)
        case .maxPool2d(let pooling), .averagePool2d(let pooling):
            pooling.window.write(to: &writer)
        case .reshape(let shape):
            writer.key("shape")
            shape.write(to: &writer)
        case .flatten, .add, .multiply, .concatenate: break
        }
        writer.endObject()
    }
}

extension Shape {
    init(reading value: JSONValue) throws {
        let lengths = try value.list { try $0.int() }
        self = try value.checked { try Shape(lengths) }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for length in self { writer.int(length) }
        writer.endArray()
    }
}

extension JSONObject {
    /// Reads the numbers of a layer that has them, or nil where they are to be drawn.
    func givenParameters(
        as dtype: DType, refusing drawn: [StaticString]
    ) throws -> (weights: Tensor, bias: Tensor?)? {
        guard let weights = self["weights"] else {
            guard let bias = self["bias"] else { return nil }
            throw Problem(
                .inconsistent, "bias goes with weights; drawn biases start at 0",
                pointer: bias.pointer)
        }
        for name in drawn {
            guard let extra = self[name] else { continue }
            throw Problem(
                .inconsistent,
                "\(name) goes with a layer whose numbers are drawn, but this one has weights",
                pointer: extra.pointer)
        }
        let tensor = try Tensor(reading: weights, as: dtype)
        return (tensor, try readIfPresent("bias") { try Tensor(reading: $0, as: dtype) })
    }

    /// Reads how the numbers of a layer are drawn.
    func drawing(
        _ standard: Initializer
    ) throws -> (initializer: Initializer, usesBias: Bool) {
        let initializer = try readIfPresent("initializer") { field in
            try field.name(of: "initializer", among: Initializer.allCases.map(\.rawValue)) {
                Initializer(rawValue: $0)
            }
        }
        let usesBias = try readIfPresent("use_bias") { try $0.bool() }
        return (initializer ?? standard, usesBias ?? true)
    }
}

extension LayerParameters {
    /// Writes the numbers, or how they are drawn; `numbers` false writes neither.
    func write(to writer: inout JSONWriter, as encoding: Encoding, numbers: Bool, hasBias: Bool) {
        switch self {
        case .given(let weights, let bias) where numbers:
            writer.key("weights")
            weights.write(to: &writer, as: encoding)
            guard let bias else { return }
            writer.key("bias")
            bias.write(to: &writer, as: encoding)
        case .given(_, let bias): if hasBias { writer.field("use_bias", bias != nil) }
        case .drawn(let initializer, let usesBias):
            if hasBias { writer.field("use_bias", usesBias) }
            writer.field("initializer", initializer.rawValue)
        }
    }
}
