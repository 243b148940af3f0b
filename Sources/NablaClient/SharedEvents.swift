public import NablaAPI

/// What happens to many runs, event by event.
///
/// A stream that breaks off is opened again as one of a single run is, and an `end` whose run is `interrupted`
/// is kept back likewise where the runs were named (`RunEvents`).
public struct SharedEvents: AsyncSequence, Sendable {
    /// What the sequence gives.
    public typealias Element = SharedEvent

    private let source: EventSource

    init(_ source: EventSource) {
        self.source = source
    }

    /// Begins to read the events, from the beginning each time.
    public func makeAsyncIterator() -> Iterator {
        Iterator(source)
    }

    /// Reads the events one by one.
    public struct Iterator: AsyncIteratorProtocol {
        private var events: StreamedEvents<SharedEvent>

        fileprivate init(_ source: EventSource) {
            events = StreamedEvents(source)
        }

        /// The next event; nil once all runs have ended that were named.
        ///
        /// - Throws: `ClientError` when the stream breaks off for good or carries what the contract doesn't know.
        public mutating func next() async throws -> SharedEvent? { try await events.next() }
    }
}

extension Client {
    /// What happens to many runs, on one stream.
    ///
    /// - Parameters:
    ///   - ids: The runs: all that is stored of them, then what comes, until the last one ends. None
    ///     for all runs from now on, without an end.
    ///   - id: The id of the event to go on after; nil for the beginning.
    /// - Returns: The events; reading them throws `ClientError`.
    public func events(ofRuns ids: [String] = [], after id: String? = nil) -> SharedEvents {
        let query = ids.map { "run=\(escaped($0))" }.joined(separator: "&")
        return SharedEvents(
            EventSource(
                query.isEmpty ? Path.events : "\(Path.events)?\(query)", after: id,
                ends: ids.isEmpty ? nil : Set(ids).count, mayBeOver: id != nil, self))
    }
}
