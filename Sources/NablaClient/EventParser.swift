import NablaAPI

/// An event as it stands in a stream.
struct EventBlock: Equatable {
    var name = ""
    /// Nil for an event without one.
    var id: String?
    var data: [UInt8] = []
}

/// Where a stream of events comes from, and goes on when it broke off.
struct EventSource: Sendable {
    /// The event to go on after; nil for the beginning.
    var lastID: String?
    /// How many runs end on it; `Int.max` for a stream without an end.
    let ends: Int
    /// When it is opened again.
    let retries: Retries
    /// Opens it, to go on after an event.
    let open: @Sendable (String?) -> AsyncThrowingStream<[UInt8], any Error>
}

extension EventSource {
    init(_ path: String, after id: String?, ends: Int, _ client: Client) {
        lastID = id
        self.ends = ends
        retries = client.configuration.retries
        open = { id in
            var message = Message(path: path, isStream: true)
            message.fields = ["Accept: text/event-stream"]
            if let id { message.fields.append("Last-Event-ID: \(id)") }
            return client.stream(message)
        }
    }
}

/// The events of a stream, one by one, over as many connections as it takes.
struct EventBlocks {
    private let source: EventSource
    private var bytes: AsyncThrowingStream<[UInt8], any Error>.Iterator?
    private var parser = EventParser()
    private var ready: ArraySlice<EventBlock> = []
    private var lastID: String?
    private var endsLeft: Int
    private var failures = 0
    private var opened = ContinuousClock.now

    init(_ source: EventSource) {
        self.source = source
        lastID = source.lastID
        endsLeft = source.ends
    }

    /// The next event that `read` knows; nil once the stream has ended.
    ///
    /// - Throws: `ClientError` when the stream breaks off, or `read` can't read an event.
    mutating func next<Event>(
        _ read: (EventBlock) throws(Problem) -> Event?
    ) async throws -> Event? {
        while true {
            while let block = ready.popFirst() {
                if let id = block.id { lastID = id }
                if block.name == "end" { endsLeft -= 1 }
                do {
                    if let event = try read(block) { return event }
                } catch {
                    throw ClientError.unexpected(status: 200, detail: error.detail)
                }
            }
            do {
                if bytes == nil { open() }
                if let chunk = try await bytes?.next() {
                    ready = parser.take(chunk)[...]
                    if !ready.isEmpty { failures = 0 }
                    continue
                }
                // A stream that ends before its runs was ended by a service that stops.
                guard endsLeft > 0, !Task.isCancelled, try await pause() else { return nil }
            } catch let error as ClientError {
                guard error.isPassing, try await pause() else { throw error }
            }
            bytes = nil
        }
    }

    private mutating func open() {
        parser = EventParser()
        opened = .now
        bytes = source.open(lastID).makeAsyncIterator()
    }

    /// Waits before the stream is opened again; false when that was tried often enough.
    private mutating func pause() async throws -> Bool {
        let longest = source.retries.longestMilliseconds
        // Something that held for long is no attempt that failed.
        if opened.duration(to: .now) > .milliseconds(longest) { failures = 0 }
        failures += 1
        guard let pause = source.retries.milliseconds(afterFailures: failures) else { return false }
        do {
            try await Task.sleep(for: .milliseconds(pause))
        } catch {
            throw ClientError.cancelled
        }
        return true
    }
}

/// Cuts the bytes of an event stream into events.
///
/// - Source: WHATWG HTML, section 9.2.6, "Interpreting an event stream".
struct EventParser {
    private var line: [UInt8] = []
    private var block = EventBlock()

    /// Takes the next bytes, and gives the events they complete.
    mutating func take(_ bytes: [UInt8]) -> [EventBlock] {
        var blocks: [EventBlock] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.isEmpty {
                if !block.data.isEmpty { blocks.append(block) }
                block = EventBlock()
            } else {
                take(line: line)
            }
            line.removeAll(keepingCapacity: true)
        }
        return blocks
    }

    private mutating func take(line: [UInt8]) {
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        let field = String(decoding: line[..<colon], as: UTF8.self)
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch field {
        case "event": block.name = String(decoding: value, as: UTF8.self)
        case "id": block.id = String(decoding: value, as: UTF8.self)
        case "data":
            if !block.data.isEmpty { block.data.append(UInt8(ascii: "\n")) }
            block.data += value
        // Comments have no name, and what else there may be is to be passed over.
        default: break
        }
    }
}
