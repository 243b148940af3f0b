public import NablaAPI

/// What happens to a run, event by event, until it ends.
///
/// A stream that breaks off is opened again behind the last event, for `streamRetrySeconds` of the
/// configuration at most. So is one of a run that a service interrupts by stopping, since the run goes on by
/// itself once the service starts again: an `end` whose run is `interrupted` is only given where it doesn't.
public struct RunEvents: AsyncSequence, Sendable {
    /// What the sequence gives.
    public typealias Element = RunEvent

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
        private var events: StreamedEvents<RunEvent>

        fileprivate init(_ source: EventSource) {
            events = StreamedEvents(source)
        }

        /// The next event; nil once the run has ended.
        ///
        /// - Throws: `ClientError` when the stream breaks off for good or carries what the contract doesn't know.
        public mutating func next() async throws -> RunEvent? { try await events.next() }
    }
}

extension Client {
    /// What happens to a run: what is stored already, then what comes, until the run ends.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - epoch: The epoch to go on after; 0 for the whole history.
    /// - Returns: The events; reading them throws `ClientError`.
    public func events(ofRun id: String, after epoch: Int = 0) -> RunEvents {
        RunEvents(
            EventSource(
                Path.run(escaped(id), .events), after: epoch > 0 ? String(epoch) : nil, ends: 1,
                self))
    }
}
