public import NablaJSON
public import NablaNetworks

/// What a gradient answer may carry beside loss and gradients.
public enum Inclusion: String, Sendable, CaseIterable {
    /// The network's outputs, shape (n, outputs).
    case outputs
    /// The activations of every layer, shape (n, units) each.
    case activations
    /// ∂L/∂inputs, shape (n, features).
    case inputGradients = "input_gradients"
    /// The L2 norm of each gradient tensor and of all together.
    case norms
    /// The chain rule, factor by factor.
    case explanation
}

/// The body of `POST /gradients`.
public struct GradientsRequest: Sendable, Equatable {
    /// What is differentiated.
    public var network: NetworkSource
    /// What it is differentiated by, with its reduction.
    public var loss: Loss
    /// What the loss is taken over.
    public var samples: Samples
    /// What is computed in; float64 by default.
    public var dtype: DType
    /// How the answer's tensors are written; nested arrays by default.
    public var encoding: Encoding
    /// What the answer carries beside loss and gradients; nothing by default.
    public var include: Set<Inclusion>

    /// Makes a request.
    public init(
        network: NetworkSource, loss: Loss, samples: Samples, dtype: DType = .float64,
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
    /// - Throws: `Problem` that says what is wrong and where.
    public init(parsing body: [UInt8], limits: JSONLimits = JSONLimits()) throws(Problem) {
        self = try Problem.reporting {
            try GradientsRequest(reading: JSONDocument(parsing: body, limits: limits).root)
        }
    }

    static let fields: [StaticString] = [
        "network", "loss", "samples", "dtype", "reduction", "encoding", "include",
    ]

    /// Reads a request; `defaults` has the fields that it may lack.
    init(reading value: JSONValue, defaults: GradientsDefaults? = nil) throws {
        let object = try value.object(GradientsRequest.fields)
        /// A field of the request, else of the defaults.
        func readIfPresent<Value>(
            _ name: StaticString, _ body: (JSONValue) throws -> Value
        ) throws -> Value? {
            try object.readIfPresent(name, body)
                ?? defaults.flatMap { try $0.object.readIfPresent(name, body) }
        }
        let dtype = try readIfPresent("dtype") { try DType(reading: $0) } ?? .float64
        self.dtype = dtype
        encoding = try readIfPresent("encoding") { try Encoding(reading: $0) } ?? .json
        network = try object.read("network", else: defaults?.network(as: dtype)) {
            try NetworkSource(reading: $0, as: dtype)
        }
        let reduction = try readIfPresent("reduction") { try Reduction(reading: $0) }
        let loss = try object.read("loss", else: defaults?.loss()) { try Loss(reading: $0) }
        self.loss = reduction.map(loss.reduced(by:)) ?? loss
        samples = try object.read("samples", else: defaults?.samples(as: dtype)) {
            try Samples(reading: $0, as: dtype)
        }
        let inclusions = try readIfPresent("include") { list in
            try list.list { item in
                try item.name(of: "inclusion", among: Inclusion.allCases.map(\.rawValue)) {
                    Inclusion(rawValue: $0)
                }
            }
        }
        include = inclusions.map { Set($0) } ?? []
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
        writer.endObject()
    }
}

extension JSONObject {
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
