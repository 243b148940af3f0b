/// Reads one request after another from the bytes of a connection.
///
/// Small requests are parsed where the bytes were received; only what is left over is kept. A body
/// of announced length can be received straight into the array it is handed on in.
public struct RequestReader: Sendable {
    /// Capacity that every body has behind its last byte, so that a reader which loads whole
    /// vectors needs no copy.
    public static let spareBodyBytes = 64

    /// What reading led to.
    public enum Outcome: Sendable {
        /// The request is incomplete.
        case needsMore
        /// A request is complete; bytes behind it are kept for `next()`. The body is empty where
        /// `takeSink()` gives what has it.
        case request(RequestHead, body: [UInt8])
        /// The bytes are no request; nothing after them can be trusted.
        case invalid(MessageError)
    }

    /// What the reader is in the middle of.
    public enum Position: Sendable, Equatable {
        /// No byte of the next request has arrived.
        case betweenRequests
        /// A head is incomplete.
        case inHead
        /// A body is incomplete; so many bytes of it have arrived.
        case inBody(received: Int)
    }

    /// Gives what takes a body, or nil for memory.
    public typealias SinkChoice = @Sendable (RequestHead) -> (any BodySink)?

    private let limits: HTTPLimits
    private let chooseSink: SinkChoice
    private var parser: RequestParser
    /// The head of the request that is being read, or that was found to be invalid; nil as long as it isn't whole.
    public private(set) var head: RequestHead?
    private var decoder: ChunkedDecoder?
    private var body: [UInt8] = []
    private var sink: (any BodySink)?
    /// Bytes of the body that the sink has.
    private var sunk = 0
    /// Whether the client waits for `100 Continue`: it asked for it, and sent nothing of the body with the head.
    private var owesContinue = false
    /// Whether what was found to be invalid began as a HEAD request.
    private var refusedHEAD = false
    /// Whether the last request's body was left with the client, so that nothing that follows can be read.
    public private(set) var hasLeftBody = false
    @usableFromInline private(set) var kept: [UInt8] = []
    @usableFromInline private(set) var keptStart = 0

    /// Whether the body's sink has no room, so that nothing is to be received until `resume()`.
    public private(set) var isFull = false

    /// Makes a reader for a new connection.
    ///
    /// - Parameters:
    ///   - limits: What a message may have.
    ///   - sink: Is asked once for each PUT that has a body, when its head is there, and for each other request whose
    ///     body does not arrive together with its head; memory takes all bodies by default.
    public init(limits: HTTPLimits, sink: @escaping SinkChoice = { _ in nil }) {
        self.limits = limits
        chooseSink = sink
        parser = RequestParser(limits: limits)
    }

    /// Bytes that were received but not used yet.
    @inlinable public var keptBytes: Int {
        // Inlined, because a call from another module has the whole reader copied.
        kept.count - keptStart
    }

    /// What the reader is in the middle of.
    public var position: Position {
        if head != nil { return .inBody(received: body.count + sunk) }
        return keptBytes == 0 ? .betweenRequests : .inHead
    }

    /// Whether the request that is being read, or that was found to be invalid, is a HEAD, whose answer has no content
    /// whatever it says (RFC 9110 §9.3.2).
    public var isHEAD: Bool {
        if let head { return head.method == .head }
        return refusedHEAD || Self.isHEAD(kept.span.extracting(keptStart...))
    }

    /// Whether bytes begin as a HEAD request; one empty line before it is ignored (RFC 9112 §2.2).
    private static func isHEAD(_ bytes: Span<UInt8>) -> Bool {
        bytes.starts(with: Array("HEAD ".utf8)) || bytes.starts(with: Array("\r\nHEAD ".utf8))
    }

    /// Whether `100 Continue` is due: the client waits for it and somebody will read the body.
    ///
    /// True once for a request at most, and asked right after its head was read (RFC 9110 §10.1.1).
    public mutating func takeContinue() -> Bool {
        guard owesContinue else { return false }
        owesContinue = false
        return sink?.isRead ?? true
    }

    /// Takes what has the body of the request that was just completed, where memory hasn't.
    public mutating func takeSink() -> (any BodySink)? { sink.take() }

    /// Notes that the sink has room again.
    public mutating func resume() { isFull = false }

    /// Reads bytes that were just received; called only when the outcome before was `needsMore`.
    public mutating func read(_ bytes: Span<UInt8>) -> Outcome {
        guard keptBytes == 0 else {
            keep(bytes, from: 0)
            return next()
        }
        let (outcome, consumed) = advance(bytes)
        if consumed < bytes.count { keep(bytes, from: consumed) }
        return outcome
    }

    /// Reads on in the bytes that were kept.
    public mutating func next() -> Outcome {
        guard keptBytes > 0 else { return .needsMore }
        // Taken out while it is read, so that advancing has exclusive access to the rest.
        var bytes: [UInt8] = []
        swap(&bytes, &kept)
        let (outcome, consumed) = advance(bytes.span.extracting(keptStart...))
        swap(&bytes, &kept)
        keptStart += consumed
        if keptStart == kept.count {
            kept.removeAll(keepingCapacity: kept.capacity <= 4 << 10)
            keptStart = 0
        }
        return outcome
    }

    /// Receives straight into the body when its length was announced and nothing is kept.
    ///
    /// - Parameter receive: Fills the front of the buffer and returns how many bytes it wrote.
    /// - Returns: Nil when there is no such body to fill; call `read` then.
    public mutating func receiveBody(
        _ receive: (UnsafeMutableRawBufferPointer) -> Int
    ) -> Outcome? {
        guard case .length(let length) = head?.framing, keptBytes == 0, sink == nil else {
            return nil
        }
        makeRoom(for: length)
        let space = min(length, body.capacity - Self.spareBodyBytes) - body.count
        body.append(addingCapacity: space) { output in
            output.withUnsafeMutableBufferPointer { buffer, count in
                count = min(max(receive(UnsafeMutableRawBufferPointer(buffer)), 0), space)
            }
        }
        return body.count == length ? finish() : .needsMore
    }

    /// Lets the body grow with what arrived, never with what was announced alone: it doubles, and once an
    /// eighth is there, by 8 MiB at least, so that fewer bytes are moved again.
    private mutating func makeRoom(for length: Int) {
        guard body.capacity < length + Self.spareBodyBytes,
            body.capacity < 2 * Self.spareBodyBytes + body.count
        else { return }
        var room = max(64 << 10, 2 * body.count)
        if body.count > length / 8 { room = max(room, body.count + (8 << 20)) }
        body.reserveCapacity(min(length, room) + Self.spareBodyBytes)
    }

    private mutating func keep(_ bytes: Span<UInt8>, from start: Int) {
        if keptStart > 0 {
            kept.removeSubrange(0..<keptStart)
            keptStart = 0
        }
        bytes.extracting(start...).withUnsafeBufferPointer { kept.append(contentsOf: $0) }
    }

    /// Reads as far as the bytes go and says how many are done with.
    private mutating func advance(_ bytes: Span<UInt8>) -> (Outcome, consumed: Int) {
        var start = 0
        if head == nil {
            switch parser.parse(bytes) {
            case .needsMore: return (.needsMore, 0)
            case .invalid(let error):
                refusedHEAD = Self.isHEAD(bytes)
                return (.invalid(error), bytes.count)
            case .complete(let head, let consumed):
                start = consumed
                self.head = consume head
            }
            if case .some(.none) = self.head?.framing { return (finish(), start) }
            return begin(bytes, bodyAt: start)
        }
        let (outcome, consumed) = advanceBody(bytes.extracting(start...))
        return (outcome, start + consumed)
    }

    /// Begins with the body of the request whose head is there.
    private mutating func begin(_ bytes: Span<UInt8>, bodyAt start: Int) -> (Outcome, consumed: Int)
    {
        owesContinue = start == bytes.count && head?.expectsContinue ?? false
        var limits = self.limits
        var mayBeUpload = false
        if case .put = head?.method {
            mayBeUpload = true
            sink = head.flatMap(chooseSink)
            if let sink {
                limits.bodyBytes = min(sink.byteLimit, max(limits.bodyBytes, limits.uploadBytes))
            }
        }
        if case .length(let length) = head?.framing, length > limits.bodyBytes {
            return (.invalid(bodyTooLarge(limits.bodyBytes)), bytes.count)
        }
        if head?.framing == .chunked { decoder = ChunkedDecoder(limits: limits) }
        let (outcome, consumed) = advanceBody(bytes.extracting(start...))
        guard case .needsMore = outcome else { return (outcome, start + consumed) }
        // Most bodies come with their heads, so that nobody has to be asked.
        if !mayBeUpload, let chosen = head.flatMap(chooseSink) { divert(to: chosen) }
        guard let sink, !sink.isRead, owesContinue else { return (.needsMore, start + consumed) }
        // An answer that the body can't change is due at once (RFC 9110 §10.1.1).
        hasLeftBody = true
        return (finish(), bytes.count)
    }

    /// Has a sink take what there is of the body, and what follows.
    private mutating func divert(to sink: any BodySink) {
        self.sink = sink
        guard !body.isEmpty else { return }
        sunk = body.count
        if !sink.take(body.span) { isFull = true }
        body = []
    }

    private mutating func advanceBody(_ bytes: Span<UInt8>) -> (Outcome, consumed: Int) {
        switch head?.framing {
        case .length(let length):
            let count = min(length - body.count - sunk, bytes.count)
            if count > 0, let sink {
                sunk += count
                if !sink.take(bytes.extracting(0..<count)) { isFull = true }
            } else if count > 0 {
                if body.isEmpty { body.reserveCapacity(count + Self.spareBodyBytes) }
                bytes.extracting(0..<count).withUnsafeBufferPointer {
                    body.append(contentsOf: $0)
                }
            }
            return (body.count + sunk == length ? finish() : .needsMore, count)
        case .chunked:
            do throws(MessageError) {
                let (consumed, isComplete) =
                    try decoder?.decode(bytes, into: &body) ?? (bytes.count, false)
                if let sink, !body.isEmpty {
                    sunk += body.count
                    if !sink.take(body.span) { isFull = true }
                    body.removeAll(keepingCapacity: true)
                }
                return (isComplete ? finish() : .needsMore, consumed)
            } catch {
                // Nobody will have the rest.
                sink = nil
                return (.invalid(error), bytes.count)
            }
        case .some(.none), nil:
            return (finish(), 0)
        }
    }

    /// Hands the request on and begins anew.
    private mutating func finish() -> Outcome {
        // Moved out, not copied: a head holds many references.
        guard let head = head.take() else { return .needsMore }
        var whole: [UInt8] = []
        swap(&whole, &body)
        if whole.capacity < whole.count + Self.spareBodyBytes, !whole.isEmpty {
            whole.reserveCapacity(whole.count + Self.spareBodyBytes)
        }
        decoder = nil
        (sunk, isFull, owesContinue) = (0, false, false)
        return .request(head, body: whole)
    }
}
