public import NablaJSON
public import NablaNetworks

/// What a gradient answer may carry beside loss and gradients.
public enum Inclusion: String, Sendable, CaseIterable {
    /// The network's outputs, shape (n, outputs).
    case outputs
    /// The activations of every layer, shape (n, units) each.
    case activations
    /// ∂L/∂inputs, shape (n, …).
    case inputGradients = "input_gradients"
    /// The gradients of each sample's own term of the loss.
    case perSampleGradients = "per_sample_gradients"
    /// The L2 norm of each gradient tensor and of all together.
    case norms
    /// The Hessian of the loss times the request's vector.
    case hessianVectorProduct = "hessian_vector_product"
    /// The chain rule, factor by factor.
    case explanation
}

/// How a request names a layer of its network.
public enum LayerReference: Sendable, Equatable {
    case index(Int)
    case name(String)

    init(reading value: JSONValue) throws {
        self = value.isString ? .name(try value.string()) : .index(try value.int())
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .index(let index): writer.int(index)
        case .name(let name): writer.string(name)
        }
    }
}

/// The body of `POST /gradients`.
public struct GradientsRequest: Sendable, Equatable {
    /// What is differentiated.
    public var network: NetworkSource
    /// What it is differentiated by, with its reduction.
    public var loss: Loss
    /// What the loss is taken over.
    public var samples: SamplesSource
    /// What is computed in; float64 by default.
    public var dtype: DType
    /// How the answer's tensors are written; nested arrays by default.
    public var encoding: Encoding
    /// What the answer carries beside loss and gradients; nothing by default.
    public var include: Set<Inclusion>
    /// The layers whose gradients are wanted; nil, the default, for all.
    public var wrt: [LayerReference]?
    /// Whether dropout drops and batch normalisation uses the batch's statistics; false by default.
    public var training = false
    /// What dropout draws from; 0 by default.
    public var seed: UInt64 = 0
    /// What the Hessian is multiplied with, shaped as the gradients.
    public var vector: [LayerGradients]?

    /// Makes a request with its samples written out.
    public init(
        network: NetworkSource, loss: Loss, samples: Samples, dtype: DType = .float64,
        encoding: Encoding = .json, include: Set<Inclusion> = []
    ) {
        self.init(
            network: network, loss: loss, samples: .inline(samples), dtype: dtype,
            encoding: encoding, include: include)
    }

    /// Makes a request.
    public init(
        network: NetworkSource, loss: Loss, samples: SamplesSource, dtype: DType = .float64,
        encoding: Encoding = .json, include: Set<Inclusion> = []
    ) {
        self.network = network
        self.loss = loss
        self.samples = samples
        self.dtype = dtype
        self.encoding = encoding
        self.include = include
    }

    /// Reads a request's body.
    ///
    /// - Parameters:
    ///   - body: The text; parsed without a copy when it has spare capacity (see `JSONDocument`).
    ///   - limits: The bounds of the JSON reader.
    ///   - runner: Runs the parts that large arrays of numbers are read in.
    /// - Throws: `Problem` that says what is wrong and where.
    public init(
        parsing body: [UInt8], limits: JSONLimits = JSONLimits(),
        sharing runner: PartRunner = .serial
    ) throws(Problem) {
        self = try Problem.reporting {
            try JSONDocument.read(body, limits: limits, sharing: runner) {
                try GradientsRequest(reading: $0)
            }
        }
    }

    static let fields: [StaticString] = [
        "network", "loss", "samples", "dtype", "reduction", "encoding", "include", "wrt",
        "training", "seed", "vector",
    ]

    /// Reads a request; `defaults` has the fields that it may lack.
    init(reading value: JSONValue, defaults: GradientsDefaults? = nil) throws {
        let object = try value.object(GradientsRequest.fields)
        let dtype =
            try object.readIfPresent("dtype", else: defaults) { try DType(reading: $0) } ?? .float64
        self.dtype = dtype
        encoding =
            try object.readIfPresent("encoding", else: defaults) { try Encoding(reading: $0) }
            ?? .json
        network = try object.read("network", else: defaults?.network(as: dtype)) {
            try NetworkSource(reading: $0, as: dtype)
        }
        let reduction = try object.readIfPresent("reduction", else: defaults) {
            try Reduction(reading: $0)
        }
        let loss = try object.read("loss", else: defaults?.loss()) { try Loss(reading: $0) }
        self.loss = reduction.map(loss.reduced(by:)) ?? loss
        samples = try object.read("samples", else: defaults?.samples(as: dtype)) {
            try SamplesSource(reading: $0, as: dtype)
        }
        let inclusions = try object.readIfPresent("include", else: defaults) { list in
            try list.list { item in
                try item.name(of: "inclusion", among: Inclusion.allCases.map(\.rawValue)) {
                    Inclusion(rawValue: $0)
                }
            }
        }
        include = inclusions.map { Set($0) } ?? []
        wrt = try object.readIfPresent("wrt", else: defaults) { list in
            try list.list { try LayerReference(reading: $0) }
        }
        training = try object.readIfPresent("training", else: defaults) { try $0.bool() } ?? false
        seed = try object.readIfPresent("seed", else: defaults) { try UInt64(readingSeed: $0) } ?? 0
        vector = try object.readIfPresent("vector", else: defaults) { list in
            try list.list { try LayerGradients(reading: $0, as: .float64) }
        }
        guard (vector != nil) == asks(for: .hessianVectorProduct) else {
            throw Problem(
                .inconsistent,
                "hessian_vector_product in include and a vector to multiply with go together",
                pointer: value.pointer + (vector == nil ? "/include" : "/vector"))
        }
    }

    /// Whether the answer is to carry that; nearly always there is nothing to look up.
    public func asks(for inclusion: Inclusion) -> Bool {
        !include.isEmpty && include.contains(inclusion)
    }

    /// The request as the body of a message; its tensors packed when the answer's are to be.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.finish()
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("network")
        network.write(to: &writer, as: encoding)
        writer.key("loss")
        loss.write(to: &writer)
        writer.key("samples")
        samples.write(to: &writer, as: encoding)
        writer.field("dtype", dtype.rawValue)
        writer.field("encoding", encoding.rawValue)
        writer.key("include")
        writer.beginArray()
        for inclusion in Inclusion.allCases where include.contains(inclusion) {
            writer.string(inclusion.rawValue)
        }
        writer.endArray()
        if let wrt {
            writer.key("wrt")
            writer.beginArray()
            for layer in wrt { layer.write(to: &writer) }
            writer.endArray()
        }
        writer.field("training", training)
        writer.field("seed", Int(clamping: seed))
        if let vector {
            writer.key("vector")
            vector.write(to: &writer, as: encoding)
        }
        writer.endObject()
    }
}

extension JSONObject {
    /// Reads a field that may be left out or null here, and in the defaults, too.
    @inline(__always)
    fileprivate func readIfPresent<Value>(
        _ name: StaticString, else defaults: GradientsDefaults?,
        _ body: (JSONValue) throws -> Value
    ) throws -> Value? {
        if let value = self[name], !value.isNull { return try body(value) }
        guard let defaults else { return nil }
        return try defaults.object.readIfPresent(name, body)
    }

    /// Reads a field that must be there, or has a default.
    @inline(__always)
    fileprivate func read<Value>(
        _ name: StaticString, else standard: @autoclosure () throws -> Value?,
        _ body: (JSONValue) throws -> Value
    ) throws -> Value {
        if let value = self[name] { return try body(value) }
        if let value = try standard() { return value }
        return try read(name, body)
    }
}
