public import NablaJSON
public import NablaNetworks

/// The answer of `POST /gradients`.
public struct GradientsResponse: Sendable, Equatable {
    /// L2 norms of gradients.
    public struct Norms: Sendable, Equatable {
        /// The norms of one layer's tensors.
        public struct Layer: Sendable, Equatable {
            /// ‖∂L/∂W‖₂; nil for a layer without weights.
            public let weights: Double?
            /// ‖∂L/∂b‖₂; nil for a layer without a bias.
            public let bias: Double?

            /// Makes the norms of one layer.
            public init(weights: Double?, bias: Double?) {
                self.weights = weights
                self.bias = bias
            }
        }

        /// The norm of all gradients together.
        public let global: Double
        /// The norms layer by layer.
        public let layers: [Layer]

        /// Makes the norms.
        public init(global: Double, layers: [Layer]) {
            self.global = global
            self.layers = layers
        }
    }

    /// L: no axis, or shape (n) for the reduction `none`.
    public let loss: Tensor
    /// ∂L/∂θ layer by layer.
    public let gradients: [LayerGradients]
    /// How many samples the loss was taken over.
    public let samples: Int
    /// What was computed in.
    public let dtype: DType
    /// The network's outputs, shape (n, outputs), where asked for.
    public var outputs: Tensor?
    /// The activations of every layer, shape (n, units) each, where asked for.
    public var activations: [Tensor]?
    /// ∂L/∂inputs, shape (n, features), where asked for.
    public var inputGradients: Tensor?
    /// The L2 norms, where asked for.
    public var norms: Norms?
    /// As `gradients`, with an axis of the samples before the others, where asked for.
    public var perSampleGradients: [LayerGradients]?
    /// The Hessian times the request's vector, as `gradients`, where asked for.
    public var hessianVectorProduct: [LayerGradients]?
    /// The chain rule, where asked for.
    public var explanation: GradientsExplanation?

    /// Makes an answer.
    public init(loss: Tensor, gradients: [LayerGradients], samples: Int, dtype: DType) {
        self.loss = loss
        self.gradients = gradients
        self.samples = samples
        self.dtype = dtype
    }

    /// The answer as the body of a message.
    ///
    /// - Parameters:
    ///   - encoding: How its tensors are written.
    ///   - runner: Runs the parts that large tensors are written in.
    /// - Returns: A JSON object.
    public func json(
        as encoding: Encoding = .json, sharing runner: PartRunner = .serial
    ) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: estimatedByteCount, sharing: runner)
        write(to: &writer, as: encoding)
        return writer.finish()
    }

    /// Writes the answer.
    func write(to writer: inout JSONWriter, as encoding: Encoding) {
        writer.beginObject()
        writer.key("loss")
        loss.write(to: &writer)
        writer.key("gradients")
        gradients.write(to: &writer, as: encoding)
        writer.field("samples", samples)
        writer.field("dtype", dtype.rawValue)
        writeInclusions(to: &writer, as: encoding)
        writer.endObject()
    }

    private func writeInclusions(to writer: inout JSONWriter, as encoding: Encoding) {
        if let outputs {
            writer.key("outputs")
            outputs.write(to: &writer, as: encoding)
        }
        if let activations {
            writer.key("activations")
            writer.beginArray()
            for tensor in activations { tensor.write(to: &writer, as: encoding) }
            writer.endArray()
        }
        if let inputGradients {
            writer.key("input_gradients")
            inputGradients.write(to: &writer, as: encoding)
        }
        if let perSampleGradients {
            writer.key("per_sample_gradients")
            perSampleGradients.write(to: &writer, as: encoding)
        }
        if let hessianVectorProduct {
            writer.key("hessian_vector_product")
            hessianVectorProduct.write(to: &writer, as: encoding)
        }
        if let norms { write(norms, to: &writer) }
        if let explanation {
            writer.key("explanation")
            explanation.write(to: &writer)
        }
    }

    private func write(_ norms: Norms, to writer: inout JSONWriter) {
        writer.key("norms")
        writer.beginObject()
        writer.field("global", norms.global)
        writer.key("layers")
        writer.beginArray()
        for layer in norms.layers {
            writer.beginObject()
            writer.field("weights", layer.weights)
            writer.field("bias", layer.bias)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// Twenty-two bytes for a float64 with its comma, which is close to what most need.
    private var estimatedByteCount: Int { 256 + 22 * numberCount }
}

extension GradientsResponse {
    /// How many numbers its tensors have, those of the gradients and of an explanation among them.
    public var numberCount: Int {
        var count = loss.count + (outputs?.count ?? 0) + (inputGradients?.count ?? 0)
        count += gradients.numberCount
        for tensor in activations ?? [] { count += tensor.count }
        if let perSampleGradients { count += perSampleGradients.numberCount }
        if let hessianVectorProduct { count += hessianVectorProduct.numberCount }
        if let explanation { count += explanation.numberCount }
        return count
    }
}

extension GradientsResponse {
    /// Reads an answer's body; fields that a later version adds are passed over.
    ///
    /// - Throws: `Problem` when it isn't such an answer.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting {
            try JSONDocument.read(body) { try GradientsResponse(reading: $0) }
        }
    }

    init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        let dtype = try object.read("dtype") { try DType(reading: $0) }
        self.init(
            loss: try object.read("loss") { try Tensor(readingLoss: $0, as: dtype) },
            gradients: try object.read("gradients") { layers in
                try layers.list { try LayerGradients(reading: $0, as: dtype) }
            },
            samples: try object.read("samples") { try $0.int() },
            dtype: dtype)
        outputs = try object.readIfPresent("outputs") { try Tensor(reading: $0, as: dtype) }
        activations = try object.readIfPresent("activations") {
            try $0.list { try Tensor(reading: $0, as: dtype) }
        }
        inputGradients = try object.readIfPresent("input_gradients") {
            try Tensor(reading: $0, as: dtype)
        }
        norms = try object.readIfPresent("norms") { try Norms(reading: $0) }
        perSampleGradients = try object.readIfPresent("per_sample_gradients") { layers in
            try layers.list { try LayerGradients(reading: $0, as: dtype) }
        }
        hessianVectorProduct = try object.readIfPresent("hessian_vector_product") { layers in
            try layers.list { try LayerGradients(reading: $0, as: dtype) }
        }
        explanation = try object.readIfPresent("explanation") {
            try GradientsExplanation(reading: $0, as: dtype)
        }
    }
}

extension GradientsResponse.Norms {
    fileprivate init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        self.init(
            global: try object.read("global") { try $0.double() },
            layers: try object.read("layers") { layers in
                try layers.list { layer in
                    let fields = try layer.anyObject()
                    return Layer(
                        weights: try fields.readIfPresent("weights") { try $0.double() },
                        bias: try fields.readIfPresent("bias") { try $0.double() })
                }
            })
    }
}

extension Tensor {
    /// Reads one number, or a list of them.
    fileprivate init(readingLoss value: JSONValue, as dtype: DType) throws {
        guard value.kind == .number else {
            self = try Tensor(reading: value, as: dtype)
            return
        }
        self = Tensor(try value.double()).converted(to: dtype)
    }
}

extension [LayerGradients] {
    fileprivate var numberCount: Int {
        var count = 0
        for layer in self { count += (layer.weights?.count ?? 0) + (layer.bias?.count ?? 0) }
        return count
    }
}
