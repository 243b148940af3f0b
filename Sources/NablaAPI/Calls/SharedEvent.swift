import NablaJSON

/// An event of a stream that carries many runs: what `GET /events` sends.
public struct SharedEvent: Sendable, Equatable {
    /// The id of the run it happened to.
    public let run: String
    /// What happened.
    public let event: RunEvent
    /// What `Last-Event-ID` takes to go on after it; nil for an event that isn't stored.
    public let id: String?

    /// Makes an event.
    public init(run: String, event: RunEvent, id: String?) {
        self.run = run
        self.event = event
        self.id = id
    }

    /// The event as a block of the stream.
    public func block() -> [UInt8] { event.block(of: run, id: id) }

    /// Reads an event from the fields of its block; nil for a name that a later version may add.
    ///
    /// - Throws: `Problem` when the data isn't what the name promises.
    public init?(name: String, id: String?, data: [UInt8]) throws(Problem) {
        guard let event = try RunEvent(name: name, data: data) else { return nil }
        self.event = event
        self.id = id
        run = try Problem.reporting {
            try JSONDocument(parsing: data).root.anyObject().read("run") { try $0.string() }
        }
    }
}
