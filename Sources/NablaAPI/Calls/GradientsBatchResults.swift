import NablaJSON

/// Some results of `POST /gradients/batch`, written one after another.
public struct GradientsBatchWriter {
    private var writer = JSONWriter()

    /// Makes a writer without results.
    public init() {}

    /// Writes a request's answer.
    public mutating func add(_ response: GradientsResponse, as encoding: Encoding) {
        response.write(to: &writer, as: encoding)
    }

    /// Writes what kept a request from being answered.
    public mutating func add(_ problem: Problem) {
        problem.write(to: &writer)
    }

    /// How many bytes have been written.
    public var byteCount: Int { writer.byteCount }

    /// The results, with commas between them.
    public consuming func finish() -> [UInt8] { writer.finish() }

    /// The whole answer.
    ///
    /// - Parameter parts: The results of all requests in order, as `finish` gave them; none empty.
    /// - Returns: A JSON object.
    public static func json(_ parts: [[UInt8]]) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: parts.reduce(32) { $0 + $1.count + 1 })
        writer.beginObject()
        writer.key("results")
        writer.beginArray()
        for part in parts { writer.json(part) }
        writer.endArray()
        writer.endObject()
        return writer.finish()
    }
}

/// What a client sends and gets with `POST /gradients/batch`.
public enum GradientsBatchCall {
    /// The body of a message with these requests.
    public static func json(_ requests: [GradientsRequest]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("requests")
        writer.beginArray()
        for request in requests { request.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.finish()
    }

    /// Reads an answer's body: for each request its answer, or a problem that points into it.
    ///
    /// - Throws: `Problem` when it isn't such an answer.
    public static func results(
        parsing body: [UInt8]
    ) throws(Problem) -> [Result<GradientsResponse, Problem>] {
        try Problem.reporting {
            try JSONDocument(parsing: body).root.anyObject().read("results") { results in
                try results.list { result in
                    result.hasField("gradients")
                        ? .success(try GradientsResponse(reading: result))
                        : .failure(try Problem(reading: result))
                }
            }
        }
    }
}
