import NablaJSON

/// The answer of `POST /check`.
public struct CheckResponse: Sendable, Equatable {
    /// One entry of the gradients.
    public struct Entry: Sendable, Equatable {
        /// Its place in the network: `/layers/0/weights/1/0`.
        public let pointer: String
        /// The claim's number; nil without a claim.
        public let claimed: Double?
        /// The service's own number.
        public let analytic: Double
        /// The difference quotient.
        public let numeric: Double
        /// The larger error of the two: |x − numeric| / max(|x|, |numeric|, atol/rtol).
        public let relativeError: Double
        /// What makes the quotient unreliable; nil where nothing does.
        public let kink: Kink?

        /// Puts the numbers of an entry together.
        public init(
            pointer: String, claimed: Double?, analytic: Double, numeric: Double,
            relativeError: Double, kink: Kink?
        ) {
            self.pointer = pointer
            self.claimed = claimed
            self.analytic = analytic
            self.numeric = numeric
            self.relativeError = relativeError
            self.kink = kink
        }
    }

    /// A corner of an activation or of the loss that lies within the step.
    public struct Kink: Sendable, Equatable {
        /// The layer whose activation has it; nil for the loss, or where it isn't known.
        public let layer: Int?
        /// The unit of the layer, or the output; nil where it isn't known.
        public let unit: Int?
        /// The sample it was met at; nil where it isn't known.
        public let sample: Int?

        /// Describes a kink.
        public init(layer: Int?, unit: Int?, sample: Int?) {
            self.layer = layer
            self.unit = unit
            self.sample = sample
        }
    }

    /// What was found out about one tensor.
    public struct TensorCheck: Sendable, Equatable {
        /// Its place in the network: `/layers/0/weights`.
        public let pointer: String
        /// How many entries it has.
        public let entries: Int
        /// How many of them don't pass.
        public let failures: Int
        /// The largest relative error.
        public let maximumRelativeError: Double
        /// The largest |claimed − numeric|; |analytic − numeric| without a claim.
        public let maximumAbsoluteError: Double
        /// What the claim's tensor looks like; nil where it passes.
        public let finding: String?

        /// Puts the results of a tensor together.
        public init(
            pointer: String, entries: Int, failures: Int, maximumRelativeError: Double,
            maximumAbsoluteError: Double, finding: String?
        ) {
            self.pointer = pointer
            self.entries = entries
            self.failures = failures
            self.maximumRelativeError = maximumRelativeError
            self.maximumAbsoluteError = maximumAbsoluteError
            self.finding = finding
        }
    }

    /// Whether every entry passes.
    public let passes: Bool
    /// The largest relative error of an entry.
    public let maximumRelativeError: Double
    /// The entry with that error.
    public let worst: Entry
    /// What it comes to, in words.
    public let diagnosis: String
    /// Every tensor, layer by layer.
    public let tensors: [TensorCheck]
    /// The first entries at which a kink makes differences unreliable.
    public let unreliable: [Entry]
    /// How many such entries there are.
    public let unreliableCount: Int
    /// The step that was taken, times max(1, |θ|).
    public let step: Double
    /// The relative tolerance that was used.
    public let rtol: Double
    /// The absolute tolerance that was used.
    public let atol: Double

    /// Makes an answer.
    public init(
        passes: Bool, maximumRelativeError: Double, worst: Entry, diagnosis: String,
        tensors: [TensorCheck], unreliable: [Entry], unreliableCount: Int, step: Double,
        rtol: Double, atol: Double
    ) {
        self.passes = passes
        self.maximumRelativeError = maximumRelativeError
        self.worst = worst
        self.diagnosis = diagnosis
        self.tensors = tensors
        self.unreliable = unreliable
        self.unreliableCount = unreliableCount
        self.step = step
        self.rtol = rtol
        self.atol = atol
    }
}

extension CheckResponse {
    /// The answer as the body of a message.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("passes", passes)
        writer.field("max_relative_error", maximumRelativeError)
        writer.key("worst")
        worst.write(to: &writer)
        writer.field("diagnosis", diagnosis)
        writer.key("tensors")
        writer.beginArray()
        for tensor in tensors { tensor.write(to: &writer) }
        writer.endArray()
        writer.key("unreliable")
        writer.beginArray()
        for entry in unreliable { entry.write(to: &writer) }
        writer.endArray()
        writer.field("unreliable_count", unreliableCount)
        writer.field("step", step)
        writer.field("rtol", rtol)
        writer.field("atol", atol)
        writer.endObject()
        return writer.finish()
    }

    /// Reads an answer's body; fields that a later version adds are passed over.
    ///
    /// - Throws: `Problem` when it isn't such an answer.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting {
            let object = try JSONDocument(parsing: body).root.anyObject()
            return CheckResponse(
                passes: try object.read("passes") { try $0.bool() },
                maximumRelativeError: try object.read("max_relative_error") { try $0.double() },
                worst: try object.read("worst") { try Entry(reading: $0) },
                diagnosis: try object.read("diagnosis") { try $0.string() },
                tensors: try object.read("tensors") {
                    try $0.list { try TensorCheck(reading: $0) }
                },
                unreliable: try object.read("unreliable") {
                    try $0.list { try Entry(reading: $0) }
                },
                unreliableCount: try object.read("unreliable_count") { try $0.int() },
                step: try object.read("step") { try $0.double() },
                rtol: try object.read("rtol") { try $0.double() },
                atol: try object.read("atol") { try $0.double() })
        }
    }
}

extension CheckResponse.Entry {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("pointer", pointer)
        writer.field("claimed", claimed)
        writer.field("analytic", analytic)
        writer.field("numeric", numeric)
        writer.field("relative_error", relativeError)
        if let kink {
            writer.key("kink")
            writer.beginObject()
            writer.field("layer", kink.layer)
            writer.field("unit", kink.unit)
            writer.field("sample", kink.sample)
            writer.endObject()
        }
        writer.endObject()
    }

    fileprivate init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        self.init(
            pointer: try object.read("pointer") { try $0.string() },
            claimed: try object.readIfPresent("claimed") { try $0.double() },
            analytic: try object.read("analytic") { try $0.double() },
            numeric: try object.read("numeric") { try $0.double() },
            relativeError: try object.read("relative_error") { try $0.double() },
            kink: try object.readIfPresent("kink") { kink in
                let fields = try kink.anyObject()
                return CheckResponse.Kink(
                    layer: try fields.readIfPresent("layer") { try $0.int() },
                    unit: try fields.readIfPresent("unit") { try $0.int() },
                    sample: try fields.readIfPresent("sample") { try $0.int() })
            })
    }
}

extension CheckResponse.TensorCheck {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("pointer", pointer)
        writer.field("entries", entries)
        writer.field("failures", failures)
        writer.field("max_relative_error", maximumRelativeError)
        writer.field("max_absolute_error", maximumAbsoluteError)
        writer.field("finding", finding)
        writer.endObject()
    }

    fileprivate init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        self.init(
            pointer: try object.read("pointer") { try $0.string() },
            entries: try object.read("entries") { try $0.int() },
            failures: try object.read("failures") { try $0.int() },
            maximumRelativeError: try object.read("max_relative_error") { try $0.double() },
            maximumAbsoluteError: try object.read("max_absolute_error") { try $0.double() },
            finding: try object.readIfPresent("finding") { try $0.string() })
    }
}
