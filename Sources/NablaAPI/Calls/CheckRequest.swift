public import NablaJSON
public import NablaNetworks

/// The body of `POST /check`; all of it is computed in float64.
public struct CheckRequest: Sendable, Equatable {
    /// What is differentiated.
    public var network: NetworkSource
    /// What it is differentiated by, with its reduction.
    public var loss: Loss
    /// What the loss is taken over.
    public var samples: SamplesSource
    /// The caller's claim, layer by layer as an answer of `POST /gradients` has it; nil for none.
    public var gradients: [LayerGradients]?
    /// The step of a parameter θ, times max(1, |θ|); nil for the service's default, 10⁻⁶.
    public var step: Double?
    /// What an entry may differ by, as a share of the larger; nil for the default, 10⁻⁵.
    public var rtol: Double?
    /// What any entry may differ by; nil for the default, 10⁻⁸·max(1, mean |loss|).
    public var atol: Double?

    /// Makes a request with its samples written out.
    public init(
        network: NetworkSource, loss: Loss, samples: Samples, gradients: [LayerGradients]? = nil,
        step: Double? = nil, rtol: Double? = nil, atol: Double? = nil
    ) {
        self.init(
            network: network, loss: loss, samples: .inline(samples), gradients: gradients,
            step: step, rtol: rtol, atol: atol)
    }

    /// Makes a request.
    public init(
        network: NetworkSource, loss: Loss, samples: SamplesSource,
        gradients: [LayerGradients]? = nil, step: Double? = nil, rtol: Double? = nil,
        atol: Double? = nil
    ) {
        self.network = network
        self.loss = loss
        self.samples = samples
        self.gradients = gradients
        self.step = step
        self.rtol = rtol
        self.atol = atol
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
                try CheckRequest(reading: $0)
            }
        }
    }

    private static let fields: [StaticString] = [
        "network", "loss", "samples", "gradients", "step", "rtol", "atol", "reduction",
    ]

    private init(reading value: JSONValue) throws {
        let object = try value.object(CheckRequest.fields)
        network = try object.read("network") { try NetworkSource(reading: $0, as: .float64) }
        let reduction = try object.readIfPresent("reduction") { try Reduction(reading: $0) }
        let loss = try object.read("loss") { try Loss(reading: $0) }
        self.loss = reduction.map(loss.reduced(by:)) ?? loss
        samples = try object.read("samples") { try SamplesSource(reading: $0, as: .float64) }
        gradients = try object.readIfPresent("gradients") { layers in
            try layers.list { try LayerGradients(reading: $0, as: .float64) }
        }
        step = try object.readIfPresent("step") { try $0.double() }
        rtol = try object.readIfPresent("rtol") { try $0.double() }
        atol = try object.readIfPresent("atol") { try $0.double() }
    }

    /// The request as the body of a message.
    ///
    /// - Parameter encoding: How its tensors are written.
    /// - Returns: A JSON object.
    public func json(as encoding: Encoding = .json) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("network")
        network.write(to: &writer, as: encoding)
        writer.key("loss")
        loss.write(to: &writer)
        writer.key("samples")
        samples.write(to: &writer, as: encoding)
        if let gradients {
            writer.key("gradients")
            writer.beginArray()
            for layer in gradients { layer.write(to: &writer, as: encoding) }
            writer.endArray()
        }
        writer.field("step", step)
        writer.field("rtol", rtol)
        writer.field("atol", atol)
        writer.endObject()
        return writer.finish()
    }
}
