import NablaJSON

/// A page of the history, newest first: the answer of `GET /runs`.
public struct RunList: Sendable, Equatable {
    /// The runs of this page.
    public let runs: [Run]
    /// What to ask for as `cursor` to get the next page; nil on the last.
    public let nextCursor: String?

    /// Makes a page.
    public init(runs: [Run], nextCursor: String?) {
        self.runs = runs
        self.nextCursor = nextCursor
    }

    /// The page as the body of a message.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("runs")
        writer.beginArray()
        for run in runs { run.write(to: &writer) }
        writer.endArray()
        writer.field("next_cursor", nextCursor)
        writer.endObject()
        return writer.finish()
    }

    /// Reads a page that a server answered with.
    ///
    /// - Throws: `Problem` when it isn't one.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting {
            let object = try JSONDocument(parsing: body).root.anyObject()
            return RunList(
                runs: try object.read("runs") { try $0.list { try Run(reading: $0) } },
                nextCursor: try object.readIfPresent("next_cursor") { try $0.string() })
        }
    }
}
