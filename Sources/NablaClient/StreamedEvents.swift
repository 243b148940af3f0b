import NablaAPI

/// Where a stream of events comes from, and goes on when it broke off.
struct EventSource: Sendable {
    /// The event to go on after; nil for the beginning.
    var lastID: String?
    /// How many runs end on it; nil for a stream without an end.
    let ends: Int?
    /// Whether the ends of its runs may lie before the event to go on after.
    var mayBeOver = false
    /// When it is opened again.
    let attempts: StreamAttempts
    /// Opens it, to go on after an event.
    let open: @Sendable (String?) -> AsyncThrowingStream<[UInt8], any Error>
    /// Whether the service takes requests, and so isn't one that stops.
    let isReady: @Sendable () async -> Bool
}

extension EventSource {
    init(
        _ path: String, after id: String?, ends: Int?, mayBeOver: Bool = false, _ client: Client
    ) {
        lastID = id
        self.ends = ends
        self.mayBeOver = mayBeOver
        attempts = StreamAttempts(client.configuration)
        open = { id in
            var message = Message(path: path, isStream: true)
            message.fields = ["Accept: text/event-stream"]
            if let id { message.fields.append("Last-Event-ID: \(id)") }
            return client.stream(message)
        }
        isReady = { await client.isReady() }
    }
}

/// The events of a stream, one by one, over as many connections as it takes.
struct StreamedEvents<Event: StreamedEvent> {
    /// What is under way now.
    private struct Connection {
        var bytes: AsyncThrowingStream<[UInt8], any Error>.Iterator
        let opened = ContinuousClock.now
        /// Whether the service said before that it takes requests, where that was asked.
        let wasReady: Bool
        var parser = EventParser()
        var hasGivenBlocks = false

        init(_ bytes: AsyncThrowingStream<[UInt8], any Error>, wasReady: Bool) {
            self.bytes = bytes.makeAsyncIterator()
            self.wasReady = wasReady
        }
    }

    private let source: EventSource
    private var attempts: StreamAttempts
    private var ends: RunEnds<Event>
    private var lastID: String?
    private var connection: Connection?
    private var ready: ArraySlice<EventBlock> = []
    /// What is given at last, once nothing more is read.
    private var rest: ArraySlice<Event>?

    init(_ source: EventSource) {
        self.source = source
        attempts = source.attempts
        ends = RunEnds(of: source.ends)
        lastID = source.lastID
    }

    /// The next event; nil once its runs have ended, or the task is cancelled.
    ///
    /// - Throws: `ClientError` when the stream breaks off for good, or carries what can't be read.
    mutating func next() async throws -> Event? {
        while rest == nil {
            while let block = ready.popFirst() {
                if let event = try take(block) { return event }
            }
            var connection = self.connection ?? open(wasReady: false)
            do {
                let chunk = try await connection.bytes.next()
                if let chunk {
                    ready = connection.parser.take(chunk)[...]
                    connection.hasGivenBlocks = connection.hasGivenBlocks || !ready.isEmpty
                    self.connection = connection
                    // A service that stops says again and again that the run was interrupted.
                    if ends.withheld.isEmpty { attempts.noteBytes() }
                    continue
                }
                guard !Task.isCancelled else { return nil }
                try await goOn(after: connection, nil)
            } catch let failure as StreamFailure {
                try await goOn(after: connection, failure)
            }
        }
        return rest?.popFirst()
    }

    /// Reads an event, and gives it where the caller is to have it.
    private mutating func take(_ block: EventBlock) throws(ClientError) -> Event? {
        let event: Event?
        do {
            event = try Event(block)
        } catch {
            throw .unexpected(status: 200, detail: error.detail)
        }
        let verdict = event.map { ends.take($0) }
        // Behind an end that is kept back the service tells how the run stands by then.
        if verdict == .withheld { return nil }
        attempts.noteEvent()
        if let id = block.id { lastID = id }
        return verdict == .given ? event : nil
    }

    private func open(wasReady: Bool) -> Connection {
        Connection(source.open(lastID), wasReady: wasReady)
    }

    /// Opens the stream again after a while, or has it be over.
    ///
    /// - Parameters:
    ///   - last: What was read.
    ///   - failure: How that ended; nil where the service ended it.
    /// - Throws: `ClientError` where the stream broke off for good.
    private mutating func goOn(after last: Connection, _ failure: StreamFailure?) async throws {
        connection = nil
        if ends.areAllThere { return rest = [] }
        let heldLong =
            last.opened.duration(to: .now) > .milliseconds(attempts.longestMilliseconds)
        if let failure {
            guard failure.error.isPassing else { throw failure.error }
        } else if ends.withheld.isEmpty {
            // There was nothing to tell behind the event to go on after.
            if source.mayBeOver, !last.hasGivenBlocks { return rest = [] }
        } else if last.wasReady, !heldLong, ends.areAllThereOrWithheld {
            // Whoever takes requests again takes the runs up before.
            return rest = ends.withheld[...]
        }
        // Something that held for long is no attempt that failed, unless all that came was silence.
        if heldLong, failure.map({ !$0.error.isTimeOut }) ?? true { attempts.noteEvent() }
        guard let pause = attempts.pause(retryAfterSeconds: failure?.retryAfterSeconds ?? 0) else {
            if ends.areAllThereOrWithheld { return rest = ends.withheld[...] }
            throw failure?.error ?? .connection("the stream ended before its runs did")
        }
        do {
            try await Task.sleep(for: .milliseconds(pause))
        } catch {
            throw ClientError.cancelled
        }
        let wasReady = ends.withheld.isEmpty ? false : await source.isReady()
        connection = open(wasReady: wasReady)
    }
}

extension ClientError {
    /// Whether nothing came for too long.
    fileprivate var isTimeOut: Bool { if case .timedOut = self { true } else { false } }
}
