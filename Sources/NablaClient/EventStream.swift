public import NablaAPI

/// What happens to a run, event by event, until it ends.
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
        private var blocks: EventBlocks

        fileprivate init(_ source: EventSource) {
            blocks = EventBlocks(source)
        }

        /// The next event; nil once the stream has ended.
        ///
        /// - Throws: `ClientError` when the stream breaks off for good or carries what the contract doesn't know.
        public mutating func next() async throws -> RunEvent? {
            try await blocks.next { block throws(Problem) in
                try RunEvent(name: block.name, data: block.data)
            }
        }
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
