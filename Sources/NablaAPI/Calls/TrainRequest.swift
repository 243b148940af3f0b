public import NablaJSON
public import NablaNetworks

/// The body of `POST /train`.
public struct TrainRequest: Sendable, Equatable {
    /// What a run is measured on that it isn't trained on.
    public enum Validation: Sendable, Equatable {
        /// Samples of their own.
        case samples(SamplesSource)
        /// That share of the samples, above 0 and below 1: drawn with the seed where the order is shuffled, else the last.
        case split(Double)
    }

    /// What is trained.
    public var network: NetworkSource
    /// What is minimised.
    public var loss: Loss
    /// What it is trained on.
    public var samples: SamplesSource
    /// How it is trained.
    public var settings: TrainingSettings
    /// What it is measured on after each epoch, if anything.
    public var validation: Validation?
    /// What people call the run.
    public var name: String?
    /// What people find the run by.
    public var tags: [String: String]
    /// Of the runs that wait, those of a higher priority begin first; one of `priorities`.
    public var priority: Int

    /// The priorities there are.
    public static let priorities = -100...100

    /// Makes a request with its samples written out.
    public init(
        network: NetworkSource, loss: Loss, samples: Samples, settings: TrainingSettings,
        validation: Validation? = nil, name: String? = nil, tags: [String: String] = [:],
        priority: Int = 0
    ) {
        self.init(
            network: network, loss: loss, samples: .inline(samples), settings: settings,
            validation: validation, name: name, tags: tags, priority: priority)
    }

    /// Makes a request.
    public init(
        network: NetworkSource, loss: Loss, samples: SamplesSource, settings: TrainingSettings,
        validation: Validation? = nil, name: String? = nil, tags: [String: String] = [:],
        priority: Int = 0
    ) {
        self.network = network
        self.loss = loss
        self.samples = samples
        self.settings = settings
        self.validation = validation
        self.name = name
        self.tags = tags
        self.priority = priority
    }

    /// Reads a request's body.
    ///
    /// - Parameters:
    ///   - body: The text.
    ///   - limits: The bounds of the JSON reader.
    /// - Throws: `Problem` that says what is wrong and where.
    public init(parsing body: [UInt8], limits: JSONLimits = JSONLimits()) throws(Problem) {
        self = try Problem.reporting {
            try JSONDocument.read(body, limits: limits) { try TrainRequest(reading: $0) }
        }
    }

    private static let fields: [StaticString] =
        [
            "network", "loss", "samples", "validation", "validation_split", "name", "tags",
            "priority",
        ] + TrainingSettings.fields

    init(reading value: JSONValue) throws {
        let object = try value.object(TrainRequest.fields)
        let settings = try TrainingSettings(reading: object, of: value)
        self.settings = settings
        network = try object.read("network") { try NetworkSource(reading: $0, as: settings.dtype) }
        loss = try object.read("loss") { try Loss(reading: $0) }
        samples = try object.read("samples") { try SamplesSource(reading: $0, as: settings.dtype) }
        validation = try Validation(reading: object, as: settings.dtype)
        name = try object.readIfPresent("name") { try $0.string() }
        tags = try object.readIfPresent("tags") { try [String: String](readingTags: $0) } ?? [:]
        priority = try object.readIfPresent("priority") { try Int(readingPriority: $0) } ?? 0
    }

    /// The request as the body of a message, with packed tensors.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("network")
        network.write(to: &writer, as: .base64)
        writer.key("samples")
        samples.write(to: &writer, as: .base64)
        if case .samples(let validation) = validation {
            writer.key("validation")
            validation.write(to: &writer, as: .base64)
        }
        writeSettings(to: &writer)
        writer.endObject()
        return writer.finish()
    }

    /// The request without its numbers, as a run keeps it: every setting, and how many samples there were.
    ///
    /// - Parameters:
    ///   - network: The network the run trains, which `network` may only name.
    ///   - trained: How many samples it is trained on, after any split.
    ///   - validated: How many it is measured on.
    /// - Returns: A JSON object.
    public func summary(network: Network, trained: Int, validated: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("network")
        network.write(to: &writer, numbers: false)
        switch self.network {
        case .inline: break
        case .run(let id): writer.field("network_of_run", id)
        case .stored(let name): writer.field("network_name", name)
        }
        writer.key("samples")
        writer.beginObject()
        writer.field("count", trained)
        if case .dataset(let name) = samples { writer.field("dataset", name) }
        writer.endObject()
        if validated > 0 {
            writer.key("validation")
            writer.beginObject()
            writer.field("count", validated)
            if case .samples(.dataset(let name)) = validation { writer.field("dataset", name) }
            writer.endObject()
        }
        writeSettings(to: &writer)
        writer.endObject()
        return writer.finish()
    }

    private func writeSettings(to writer: inout JSONWriter) {
        writer.key("loss")
        loss.write(to: &writer)
        if case .split(let share) = validation { writer.field("validation_split", share) }
        settings.write(to: &writer)
        writer.field("priority", priority)
        writer.field("name", name)
        guard !tags.isEmpty else { return }
        writer.key("tags")
        tags.write(to: &writer)
    }
}

extension TrainRequest.Validation {
    fileprivate init?(reading object: JSONObject, as dtype: DType) throws {
        let samples = try object.readIfPresent("validation") {
            try SamplesSource(reading: $0, as: dtype)
        }
        let split = try object.readIfPresent("validation_split") { value in
            let share = try value.double()
            guard share > 0, share < 1 else {
                throw Problem(
                    .outOfRange,
                    "validation_split is \(share), but must be above 0 and below 1",
                    pointer: value.pointer)
            }
            return share
        }
        switch (samples, split) {
        case (nil, nil): return nil
        case (let samples?, nil): self = .samples(samples)
        case (nil, let split?): self = .split(split)
        case (_?, _?):
            throw Problem(
                .inconsistent, "validation and validation_split exclude each other",
                pointer: object["validation_split"]?.pointer)
        }
    }
}

extension Int {
    fileprivate init(readingPriority value: JSONValue) throws {
        self = try value.int()
        let range = TrainRequest.priorities
        guard range.contains(self) else {
            throw Problem(
                .outOfRange,
                "priority is \(self), but must be from \(range.lowerBound) to \(range.upperBound)",
                pointer: value.pointer)
        }
    }
}

extension [String: String] {
    init(readingTags value: JSONValue) throws {
        self = [:]
        for (key, value) in try value.anyObject() { self[key] = try value.string() }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in sorted(by: { $0.key < $1.key }) {
            writer.key(escaping: name)
            writer.string(value)
        }
        writer.endObject()
    }
}
