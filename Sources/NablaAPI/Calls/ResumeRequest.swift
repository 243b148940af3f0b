public import NablaJSON

/// The body of `POST /runs/{id}/resume`; an empty one asks for the epochs that are left.
public struct ResumeRequest: Sendable, Equatable {
    /// How many epochs to train beyond those that are done, at least 1; nil for those that are left.
    public var epochs: Int?

    /// Makes a request.
    public init(epochs: Int? = nil) {
        self.epochs = epochs
    }

    /// Reads a request's body.
    ///
    /// - Parameters:
    ///   - body: The text.
    ///   - limits: The bounds of the JSON reader.
    /// - Throws: `Problem` that says what is wrong and where.
    public init(parsing body: [UInt8], limits: JSONLimits = JSONLimits()) throws(Problem) {
        guard !body.isEmpty else { return }
        self = try Problem.reporting {
            try ResumeRequest(reading: JSONDocument(parsing: body, limits: limits).root)
        }
    }

    private init(reading value: JSONValue) throws {
        epochs = try value.object(["epochs"]).readIfPresent("epochs") { value in
            let epochs = try value.int()
            guard epochs >= 1 else {
                throw Problem(
                    .outOfRange, "epochs is \(epochs), but must be at least 1",
                    pointer: value.pointer)
            }
            return epochs
        }
    }

    /// The request as the body of a message.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("epochs", epochs)
        writer.endObject()
        return writer.finish()
    }
}
