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
        private var bytes: AsyncThrowingStream<[UInt8], any Error>.Iterator
        private var parser = EventParser()
        private var ready: ArraySlice<RunEvent> = []

        fileprivate init(_ bytes: AsyncThrowingStream<[UInt8], any Error>.Iterator) {
            self.bytes = bytes
        }

        /// The next event; nil once the stream has ended.
        ///
        /// - Throws: `ClientError` when the stream breaks off or carries what the contract doesn't know.
        public mutating func next() async throws -> RunEvent? {
            while true {
                if let event = ready.popFirst() { return event }
                guard let chunk = try await bytes.next() else { return nil }
                do {
                    ready = try parser.take(chunk)[...]
                } catch let problem as Problem {
                    throw ClientError.unexpected(status: 200, detail: problem.detail)
                }
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

/// Cuts the bytes of an event stream into events.
///
/// - Source: WHATWG HTML, section 9.2.6, "Interpreting an event stream".
struct EventParser {
    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []

    /// Takes the next bytes, and gives the events they complete.
    mutating func take(_ bytes: [UInt8]) throws -> [RunEvent] {
        var events: [RunEvent] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.isEmpty {
                if let event = try dispatch() { events.append(event) }
            } else {
                take(line: line)
            }
            line.removeAll(keepingCapacity: true)
        }
        return events
    }

    private mutating func take(line: [UInt8]) {
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        let field = String(decoding: line[..<colon], as: UTF8.self)
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch field {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "data":
            if !data.isEmpty { data.append(UInt8(ascii: "\n")) }
            data += value
        // Comments have no name, `id` is in the data, and what else there may be is to be passed over.
        default: break
        }
    }

    private mutating func dispatch() throws -> RunEvent? {
        defer {
            name = ""
            data = []
        }
        guard !data.isEmpty else { return nil }
        return try RunEvent(name: name, data: data)
    }
}
