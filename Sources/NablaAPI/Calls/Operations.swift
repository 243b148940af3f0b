import NablaJSON

/// What `GET /healthz` and `GET /readyz` answer: whether the service is alive, and ready for more.
public struct HealthResponse: Sendable, Equatable {
    /// `ok`, or what keeps the service from taking requests.
    public let status: String

    /// Makes an answer.
    public init(status: String = "ok") {
        self.status = status
    }

    /// The answer as the body of a message.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("status", status)
        writer.endObject()
        return writer.finish()
    }
}

extension HealthResponse {
    /// Reads an answer.
    ///
    /// - Throws: `Problem` when it isn't one.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting {
            try HealthResponse(
                status: JSONDocument(parsing: body).root.anyObject().read("status") {
                    try $0.string()
                })
        }
    }
}

/// What `GET /version` answers.
public struct VersionResponse: Sendable, Equatable {
    /// The program's name.
    public let name: String
    /// Its semantic version.
    public let version: String

    /// Makes an answer.
    public init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    /// The answer as the body of a message.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("name", name)
        writer.field("version", version)
        writer.endObject()
        return writer.finish()
    }

    /// Reads an answer.
    ///
    /// - Throws: `Problem` when it isn't one.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting {
            let object = try JSONDocument(parsing: body).root.anyObject()
            return VersionResponse(
                name: try object.read("name") { try $0.string() },
                version: try object.read("version") { try $0.string() })
        }
    }
}
