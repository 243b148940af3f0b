/// Reads a request's head, line by line, as its bytes arrive.
///
/// The parser is strict: what RFC 9112 lets a server refuse, it refuses, because a byte that two
/// programs on a request's way read differently is how requests are smuggled. Each byte is looked
/// at once, however small the pieces are in which a head arrives.
public struct RequestParser: Sendable {
    private let limits: HTTPLimits
    private var draft = RequestDraft()
    /// The bytes before this one are known to be good.
    private var scanned = 0
    private var lineStart = 0
    private var fieldsStart = 0
    private var skippedBlankLine = false
    /// The last head that came in one piece: most clients send the same again.
    private var known: RequestHead?
    /// Its bytes.
    private var knownBytes: [UInt8] = []
    /// Longer heads are read anew each time, so that idle connections hold on to little.
    private static let longestKnown = 2048

    /// Makes a parser for one head after another.
    public init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Looks for a head at the beginning of `bytes`.
    ///
    /// - Parameter bytes: Everything that has arrived since the last complete message. After
    ///   `needsMore` the next call must show the same bytes, with more behind them.
    /// - Returns: The head, or that it is incomplete, or what is wrong with it.
    public mutating func parse(_ bytes: Span<UInt8>) -> ParseResult<RequestHead> {
        if scanned == 0, !knownBytes.isEmpty, bytes.starts(with: knownBytes), let known {
            return .complete(known, consumed: knownBytes.count)
        }
        let isWhole = scanned == 0
        do throws(MessageError) {
            while let end = try lineEnd(in: bytes) {
                let line = lineStart..<end
                lineStart = end + 2
                scanned = lineStart
                if fieldsStart > 0, line.isEmpty {
                    let head = try draft.head(from: bytes, fields: fieldsStart..<end)
                    let consumed = lineStart
                    begin(knowing: isWhole ? head : nil, bytes.extracting(0..<consumed))
                    return .complete(head, consumed: consumed)
                }
                try read(line, in: bytes)
            }
            return .needsMore
        } catch {
            return .invalid(error)
        }
    }

    /// Begins anew behind a head of those bytes.
    private mutating func begin(knowing head: RequestHead?, _ bytes: Span<UInt8>) {
        let (known, knownBytes) = (self.known, self.knownBytes)
        self = RequestParser(limits: limits)
        if let head, bytes.count <= RequestParser.longestKnown {
            self.known = head
            self.knownBytes = bytes.withUnsafeBufferPointer { [UInt8]($0) }
        } else {
            (self.known, self.knownBytes) = (known, knownBytes)
        }
    }

    private mutating func read(_ line: Range<Int>, in bytes: Span<UInt8>) throws(MessageError) {
        guard fieldsStart == 0 else {
            guard draft.fieldCount < limits.fieldCount else {
                throw MessageError(
                    .fieldsTooLarge, "the request has more than \(limits.fieldCount) fields")
            }
            return try draft.readField(bytes, line)
        }
        // One empty line before a request is ignored (RFC 9112 §2.2).
        if line.isEmpty, !skippedBlankLine {
            skippedBlankLine = true
            return
        }
        try draft.readRequestLine(bytes.extracting(line), limits: limits)
        fieldsStart = lineStart
    }

    /// Where the current line's CRLF begins, or nil when it hasn't arrived.
    private mutating func lineEnd(in bytes: Span<UInt8>) throws(MessageError) -> Int? {
        // The request line has a limit of its own: the target's, and room for method and version.
        let inRequestLine = fieldsStart == 0
        let limit = inRequestLine ? lineStart + limits.targetBytes + 64 : limits.headBytes
        let shown = bytes.extracting(0..<min(bytes.count, limit))
        let control = shown.firstControl(from: scanned) ?? shown.count
        if control < shown.count, shown[control] != .carriageReturn {
            throw illegal(shown[control])
        }
        guard control + 1 < shown.count else {
            // A CR at the very end is looked at again, together with what follows it.
            scanned = control
            guard shown.count < limit else { throw tooLong(inRequestLine) }
            return nil
        }
        guard shown[control + 1] == .lineFeed else { throw illegal(.carriageReturn) }
        return control
    }

    private func tooLong(_ inRequestLine: Bool) -> MessageError {
        inRequestLine
            ? MessageError(
                .uriTooLong, "the request target is longer than \(limits.targetBytes) bytes")
            : MessageError(
                .fieldsTooLarge, "the request's head is longer than \(limits.headBytes) bytes")
    }

    /// A line ends in CRLF and nothing else (RFC 9112 §2.2); no other control character may stand
    /// in a request line (§3) or in a field (RFC 9110 §5.5).
    private func illegal(_ byte: UInt8) -> MessageError {
        switch byte {
        case .carriageReturn: MessageError(.badRequest, "a CR is not followed by an LF")
        case .lineFeed: MessageError(.badRequest, "an LF does not follow a CR")
        default: MessageError(.badRequest, "the head holds a control character")
        }
    }
}
