public import NablaAPI

/// What happens to a run, event by event, until it ends.
public struct RunEvents: AsyncSequence, Sendable {
    /// What the sequence gives.
    public typealias Element = RunEvent

    private let bytes: AsyncThrowingStream<[UInt8], any Error>

    init(_ bytes: AsyncThrowingStream<[UInt8], any Error>) {
        self.bytes = bytes
    }

    /// Begins to read the events; they can be read once.
    public func makeAsyncIterator() -> Iterator {
        Iterator(bytes.makeAsyncIterator())
    }

    /// Reads the events one by one.
    public struct Iterator: AsyncIteratorProtocol {
        private var blocks: EventBlocks

        fileprivate init(_ bytes: AsyncThrowingStream<[UInt8], any Error>.Iterator) {
            blocks = EventBlocks(bytes)
        }

        /// The next event; nil once the stream has ended.
        ///
        /// - Throws: `ClientError` when the stream breaks off or carries what the contract doesn't know.
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
        var message = Message(path: Path.run(escaped(id), .events), isStream: true)
        message.fields = ["Accept: text/event-stream"]
        if epoch > 0 { message.fields.append("Last-Event-ID: \(epoch)") }
        return RunEvents(stream(message))
    }
}
