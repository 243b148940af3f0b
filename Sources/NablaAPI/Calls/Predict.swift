public import NablaJSON
public import NablaNetworks

/// The body of `POST /predict`.
public struct PredictRequest: Sendable, Equatable {
    /// What is evaluated.
    public var network: NetworkSource
    /// Where it is evaluated, shape (n, features).
    public var inputs: Tensor
    /// What is computed in; float64 by default.
    public var dtype: DType
    /// How the answer's tensors are written; nested arrays by default.
    public var encoding: Encoding

    /// Makes a request.
    public init(
        network: NetworkSource, inputs: Tensor, dtype: DType = .float64, encoding: Encoding = .json
    ) {
        self.network = network
        self.inputs = inputs
        self.dtype = dtype
        self.encoding = encoding
    }

    /// Reads a request's body.
    ///
    /// - Parameters:
    ///   - body: The text.
    ///   - limits: The bounds of the JSON reader.
    ///   - runner: Runs the parts that large arrays of numbers are read in.
    /// - Throws: `Problem` that says what is wrong and where.
    public init(
        parsing body: [UInt8], limits: JSONLimits = JSONLimits(),
        sharing runner: PartRunner = .serial
    ) throws(Problem) {
        self = try Problem.reporting {
            try JSONDocument.read(body, limits: limits, sharing: runner) {
                try PredictRequest(reading: $0)
            }
        }
    }

    private init(reading value: JSONValue) throws {
        let object = try value.object(["network", "inputs", "dtype", "encoding"])
        let dtype = try object.readIfPresent("dtype") { try DType(reading: $0) } ?? .float64
        self.dtype = dtype
        encoding = try object.readIfPresent("encoding") { try Encoding(reading: $0) } ?? .json
        network = try object.read("network") { try NetworkSource(reading: $0, as: dtype) }
        inputs = try object.read("inputs") { try Tensor(reading: $0, as: dtype) }
    }

    /// The request as the body of a message; its tensors packed when the answer's are to be.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("network")
        network.write(to: &writer, as: encoding)
        writer.key("inputs")
        inputs.write(to: &writer, as: encoding)
        writer.field("dtype", dtype.rawValue)
        writer.field("encoding", encoding.rawValue)
        writer.endObject()
        return writer.finish()
    }
}

/// The answer of `POST /predict`.
public struct PredictResponse: Sendable, Equatable {
    /// The network's outputs, shape (n, outputs).
    public let outputs: Tensor

    /// Makes an answer.
    public init(outputs: Tensor) {
        self.outputs = outputs
    }

    /// Reads an answer's body, its numbers as `dtype`.
    ///
    /// - Throws: `Problem` when it isn't such an answer.
    public init(parsing body: [UInt8], as dtype: DType) throws(Problem) {
        outputs = try Problem.reporting {
            try JSONDocument.read(body) { root in
                try root.anyObject().read("outputs") { try Tensor(reading: $0, as: dtype) }
            }
        }
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
        var writer = JSONWriter(reservingCapacity: 64 + 22 * outputs.count, sharing: runner)
        writer.beginObject()
        writer.key("outputs")
        outputs.write(to: &writer, as: encoding)
        writer.endObject()
        return writer.finish()
    }
}
