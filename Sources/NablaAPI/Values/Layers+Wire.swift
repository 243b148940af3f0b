import NablaJSON
import NablaNetworks

extension Dense {
    // Written out, so that the list is a constant; those that most layers have come first.
    static let fields: [StaticString] = [
        "weights", "bias", "activation", "type", "name", "inputs", "units", "use_bias",
        "initializer",
    ]

    init(reading object: JSONObject, of value: JSONValue, as dtype: DType) throws {
        let activation = try Activation(optionallyIn: object)
        let given = try object.givenParameters(
            as: dtype, refusing: ["units", "use_bias", "initializer"])
        if let (weights, bias) = given {
            self = try value.checked {
                try Dense(weights: weights, bias: bias, activation: activation)
            }
            return
        }
        guard object["units"] != nil else {
            throw Problem(
                .missingField,
                "a dense layer needs weights, or units to have its weights drawn for training",
                pointer: value.pointer)
        }
        let units = try object.read("units") { try $0.int() }
        let (initializer, usesBias) = try object.drawing(.glorotUniform)
        self = try value.checked {
            try Dense(
                units: units, activation: activation, initializer: initializer,
                usesBias: usesBias)
        }
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding, numbers: Bool) {
        if !numbers || !parameters.areGiven { writer.field("units", units) }
        parameters.write(to: &writer, as: encoding, numbers: numbers, hasBias: true)
        writer.key("activation")
        activation.write(to: &writer)
    }
}

extension Activation {
    /// Reads the activation of a layer that may have one; identity without.
    init(optionallyIn object: JSONObject) throws {
        self = try object.readIfPresent("activation") { try Activation(reading: $0) } ?? .identity
    }
}

extension Convolution {
    static let fields: [StaticString] =
        Layer.commonFields + [
            "weights", "bias", "filters", "kernel_size", "stride", "padding", "use_bias",
            "initializer", "activation",
        ]

    init(reading object: JSONObject, of value: JSONValue, as dtype: DType) throws {
        let activation = try Activation(optionallyIn: object)
        let stride = try object.readIfPresent("stride") { try Size(reading: $0) } ?? Size(1)
        let padding = try object.readIfPresent("padding") { try Size(reading: $0) } ?? Size(0)
        let given = try object.givenParameters(
            as: dtype, refusing: ["filters", "kernel_size", "use_bias", "initializer"])
        if let (weights, bias) = given {
            self = try value.checked {
                try Convolution(
                    weights: weights, bias: bias, stride: stride, padding: padding,
                    activation: activation)
            }
            return
        }
        let filters = try object.read("filters") { try $0.int() }
        let kernelSize = try object.read("kernel_size") { try Size(reading: $0) }
        let (initializer, usesBias) = try object.drawing(.glorotUniform)
        self = try value.checked {
            try Convolution(
                filters: filters,
                window: Window(kernelSize: kernelSize, stride: stride, padding: padding),
                activation: activation, initializer: initializer, usesBias: usesBias)
        }
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding, numbers: Bool) {
        let isDescribed = !numbers || !parameters.areGiven
        if isDescribed { writer.field("filters", filters) }
        window.write(to: &writer, kernelSize: isDescribed)
        parameters.write(to: &writer, as: encoding, numbers: numbers, hasBias: true)
        writer.key("activation")
        activation.write(to: &writer)
    }
}

extension Pooling {
    static let fields: [StaticString] =
        Layer.commonFields + ["kernel_size", "stride", "padding"]

    init(reading object: JSONObject, of value: JSONValue) throws {
        let kernelSize = try object.read("kernel_size") { try Size(reading: $0) }
        let stride = try object.readIfPresent("stride") { try Size(reading: $0) } ?? kernelSize
        let padding = try object.readIfPresent("padding") { try Size(reading: $0) } ?? Size(0)
        self = try value.checked {
            try Pooling(window: Window(kernelSize: kernelSize, stride: stride, padding: padding))
        }
    }
}

extension Window {
    func write(to writer: inout JSONWriter, kernelSize isWritten: Bool = true) {
        for (name, size, isWritten) in [
            ("kernel_size" as StaticString, kernelSize, isWritten), ("stride", stride, true),
            ("padding", padding, true),
        ] where isWritten {
            writer.key(name)
            writer.beginArray()
            writer.int(size.height)
            writer.int(size.width)
            writer.endArray()
        }
    }
}

extension Size {
    /// Reads [height, width], or one number for both.
    init(reading value: JSONValue) throws {
        guard value.kind == .array else {
            self.init(try value.int())
            return
        }
        let lengths = try value.list { try $0.int() }
        guard lengths.count == 2 else {
            throw Problem(
                .shapeMismatch,
                "expected a number or [height, width], found \(lengths.count) "
                    + "numbers", pointer: value.pointer)
        }
        self.init(height: lengths[0], width: lengths[1])
    }
}

extension Embedding {
    static let fields: [StaticString] =
        Layer.commonFields + ["weights", "vocabulary", "dimension", "initializer"]

    init(reading object: JSONObject, of value: JSONValue, as dtype: DType) throws {
        let given = try object.givenParameters(
            as: dtype, refusing: ["vocabulary", "dimension", "initializer"])
        if let (weights, _) = given {
            self = try value.checked { try Embedding(weights: weights) }
            return
        }
        let vocabulary = try object.read("vocabulary") { try $0.int() }
        let dimension = try object.read("dimension") { try $0.int() }
        let (initializer, _) = try object.drawing(.standardNormal)
        self = try value.checked {
            try Embedding(
                vocabulary: vocabulary, dimension: dimension, initializer: initializer)
        }
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding, numbers: Bool) {
        if !numbers || !parameters.areGiven {
            writer.field("vocabulary", vocabulary)
            writer.field("dimension", dimension)
        }
        parameters.write(to: &writer, as: encoding, numbers: numbers, hasBias: false)
    }
}

extension Dropout {
    fileprivate static let standardRate = 0.5

    init(reading object: JSONObject, of value: JSONValue) throws {
        let rate = try object.readIfPresent("rate") { try $0.double() }
        self = try value.checked { try Dropout(rate: rate ?? Dropout.standardRate) }
    }
}

extension BatchNormalization {
    static let fields: [StaticString] =
        Layer.commonFields + [
            "weights", "bias", "use_bias", "momentum", "epsilon", "running_mean",
            "running_variance",
        ]

    init(reading object: JSONObject, of value: JSONValue, as dtype: DType) throws {
        let momentum = try object.readIfPresent("momentum") { try $0.double() }
        let epsilon = try object.readIfPresent("epsilon") { try $0.double() }
        let parameters = try LayerParameters(ofNormalization: object, as: dtype)
        let mean = try object.readIfPresent("running_mean") { try Tensor(reading: $0, as: dtype) }
        let variance = try object.readIfPresent("running_variance") {
            try Tensor(reading: $0, as: dtype)
        }
        guard (mean == nil) == (variance == nil) else {
            throw Problem(
                .inconsistent, "running_mean and running_variance go together",
                pointer: value.pointer)
        }
        self = try value.checked {
            let statistics: RunningStatistics? =
                if let mean, let variance {
                    try RunningStatistics(mean: mean, variance: variance)
                } else {
                    nil
                }
            return try BatchNormalization(
                momentum: momentum ?? 0.1, epsilon: epsilon ?? 1e-5, parameters: parameters,
                statistics: statistics)
        }
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding, numbers: Bool) {
        writer.field("momentum", momentum)
        writer.field("epsilon", epsilon)
        guard numbers, parameters.areGiven else {
            writer.field("use_bias", parameters.usesBias)
            return
        }
        parameters.write(to: &writer, as: encoding, numbers: numbers, hasBias: false)
        guard let statistics else { return }
        writer.key("running_mean")
        statistics.mean.write(to: &writer, as: encoding)
        writer.key("running_variance")
        statistics.variance.write(to: &writer, as: encoding)
    }
}

extension LayerNormalization {
    static let fields: [StaticString] =
        Layer.commonFields + ["weights", "bias", "use_bias", "epsilon"]

    init(reading object: JSONObject, of value: JSONValue, as dtype: DType) throws {
        let epsilon = try object.readIfPresent("epsilon") { try $0.double() }
        let parameters = try LayerParameters(ofNormalization: object, as: dtype)
        self = try value.checked {
            try LayerNormalization(epsilon: epsilon ?? 1e-5, parameters: parameters)
        }
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding, numbers: Bool) {
        writer.field("epsilon", epsilon)
        guard numbers, parameters.areGiven else {
            writer.field("use_bias", parameters.usesBias)
            return
        }
        parameters.write(to: &writer, as: encoding, numbers: numbers, hasBias: false)
    }
}

extension LayerParameters {
    /// Reads γ and β; without them they start at 1 and 0.
    fileprivate init(ofNormalization object: JSONObject, as dtype: DType) throws {
        guard
            let (weights, bias) = try object.givenParameters(as: dtype, refusing: ["use_bias"])
        else {
            self = .drawn(by: .ones, usesBias: try object.drawing(.ones).usesBias)
            return
        }
        self = .given(weights: weights, bias: bias)
    }
}
