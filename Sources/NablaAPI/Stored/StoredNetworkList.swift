import NablaJSON
public import NablaNetworks

/// A stored network, described: the answer of `PUT /networks/{name}`, and a line of `GET /networks`.
public struct NetworkDescription: Sendable, Equatable {
    /// What requests name it by.
    public let name: String
    /// The shape of one sample's inputs.
    public let inputShape: Shape
    /// The shape of one sample's outputs.
    public let outputShape: Shape
    /// How many layers it has.
    public let layers: Int
    /// How many numbers are learned in it.
    public let parameters: Int
    /// How many bytes it takes.
    public let bytes: Int
    /// When it was stored.
    public let createdAt: Timestamp

    /// Describes a network.
    public init(
        name: String, inputShape: Shape, outputShape: Shape, layers: Int, parameters: Int,
        bytes: Int, createdAt: Timestamp
    ) {
        self.name = name
        self.inputShape = inputShape
        self.outputShape = outputShape
        self.layers = layers
        self.parameters = parameters
        self.bytes = bytes
        self.createdAt = createdAt
    }

    /// The description as the body of a message.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.finish()
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("name", name)
        writer.key("input_shape")
        inputShape.write(to: &writer)
        writer.key("output_shape")
        outputShape.write(to: &writer)
        writer.field("layers", layers)
        writer.field("parameters", parameters)
        writer.field("bytes", bytes)
        writer.field("created_at", createdAt.text)
        writer.endObject()
    }

    /// Reads a description that a server answered with.
    ///
    /// - Throws: `Problem` when it isn't one.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting {
            try NetworkDescription(reading: JSONDocument(parsing: body).root)
        }
    }

    init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        self.init(
            name: try object.read("name") { try $0.string() },
            inputShape: try object.read("input_shape") { try Shape(reading: $0) },
            outputShape: try object.read("output_shape") { try Shape(reading: $0) },
            layers: try object.read("layers") { try $0.int() },
            parameters: try object.read("parameters") { try $0.int() },
            bytes: try object.read("bytes") { try $0.int() },
            createdAt: try object.read("created_at") { try Timestamp(reading: $0) })
    }
}

/// A page of the stored networks, by name: the answer of `GET /networks`.
public struct StoredNetworkList: Sendable, Equatable {
    /// The networks of this page.
    public let networks: [NetworkDescription]
    /// What to ask for as `cursor` to get the next page; nil on the last.
    public let nextCursor: String?

    /// Makes a page.
    public init(networks: [NetworkDescription], nextCursor: String?) {
        self.networks = networks
        self.nextCursor = nextCursor
    }

    /// The page as the body of a message.
    public func json() -> [UInt8] {
        ListPage.json(of: networks, as: "networks", nextCursor: nextCursor) { $0.write(to: &$1) }
    }

    /// Reads a page that a server answered with.
    ///
    /// - Throws: `Problem` when it isn't one.
    public init(parsing body: [UInt8]) throws(Problem) {
        (networks, nextCursor) = try ListPage.read(body, as: "networks") {
            try NetworkDescription(reading: $0)
        }
    }
}
