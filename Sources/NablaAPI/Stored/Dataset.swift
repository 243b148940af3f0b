import NablaJSON
public import NablaNetworks

/// A stored dataset, described: the answer of `PUT` and `GET /datasets/{name}`.
public struct Dataset: Sendable, Equatable {
    /// A UUIDv7.
    public let id: String
    /// What requests name it by.
    public let name: String
    /// The SHA-256 of its samples as they are stored, in hexadecimal digits.
    public let sha256: String
    /// How many samples it has.
    public let samples: Int
    /// The shape of one sample's inputs.
    public let inputShape: Shape
    /// The shape of one sample's targets; without axes for one number each.
    public let targetShape: Shape
    /// Whether its samples have weights.
    public let hasWeights: Bool
    /// How many bytes it takes.
    public let bytes: Int
    /// When it was stored.
    public let createdAt: Timestamp
    /// The samples themselves, where they were asked for.
    public var content: Samples?

    /// Describes a dataset.
    public init(
        id: String, name: String, sha256: String, samples: Int, inputShape: Shape,
        targetShape: Shape, hasWeights: Bool, bytes: Int, createdAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.sha256 = sha256
        self.samples = samples
        self.inputShape = inputShape
        self.targetShape = targetShape
        self.hasWeights = hasWeights
        self.bytes = bytes
        self.createdAt = createdAt
    }

    /// The description as the body of a message.
    ///
    /// - Parameter encoding: How the samples' tensors are written, where there are any.
    /// - Returns: A JSON object.
    public func json(as encoding: Encoding = .json) -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer, as: encoding)
        return writer.finish()
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding = .json) {
        writer.beginObject()
        writer.field("id", id)
        writer.field("name", name)
        writer.field("sha256", sha256)
        writer.field("count", samples)
        writer.key("input_shape")
        inputShape.write(to: &writer)
        writer.key("target_shape")
        targetShape.write(to: &writer)
        writer.field("has_weights", hasWeights)
        writer.field("bytes", bytes)
        writer.field("created_at", createdAt.text)
        if let content {
            writer.key("samples")
            content.write(to: &writer, as: encoding)
        }
        writer.endObject()
    }

    /// Reads a description that a server answered with.
    ///
    /// - Throws: `Problem` when it isn't one.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting { try Dataset(reading: JSONDocument(parsing: body).root) }
    }

    init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        self.init(
            id: try object.read("id") { try $0.string() },
            name: try object.read("name") { try $0.string() },
            sha256: try object.read("sha256") { try $0.string() },
            samples: try object.read("count") { try $0.int() },
            inputShape: try object.read("input_shape") { try Shape(reading: $0) },
            targetShape: try object.read("target_shape") { try Shape(reading: $0) },
            hasWeights: try object.read("has_weights") { try $0.bool() },
            bytes: try object.read("bytes") { try $0.int() },
            createdAt: try object.read("created_at") { try Timestamp(reading: $0) })
        content = try object.readIfPresent("samples") { try Samples(reading: $0, as: .float64) }
    }
}

/// A page of the stored datasets, by name: the answer of `GET /datasets`.
public struct DatasetList: Sendable, Equatable {
    /// The datasets of this page.
    public let datasets: [Dataset]
    /// What to ask for as `cursor` to get the next page; nil on the last.
    public let nextCursor: String?

    /// Makes a page.
    public init(datasets: [Dataset], nextCursor: String?) {
        self.datasets = datasets
        self.nextCursor = nextCursor
    }

    /// The page as the body of a message.
    public func json() -> [UInt8] {
        ListPage.json(of: datasets, as: "datasets", nextCursor: nextCursor) { $0.write(to: &$1) }
    }

    /// Reads a page that a server answered with.
    ///
    /// - Throws: `Problem` when it isn't one.
    public init(parsing body: [UInt8]) throws(Problem) {
        (datasets, nextCursor) = try ListPage.read(body, as: "datasets") {
            try Dataset(reading: $0)
        }
    }
}
