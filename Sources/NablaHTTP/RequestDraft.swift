/// What is known of a head while its lines are being read.
struct RequestDraft: Sendable {
    private(set) var fieldCount = 0
    private var method = Method.get
    private var target: RequestTarget?
    private var version = Version.http11
    private var framing = MessageFraming()
    private var hasHost = false
    private var saysClose = false
    private var saysKeepAlive = false
    private var expectsContinue = false
    private var hasContentCoding = false
    /// Whether the first Content-Type is that of JSON; nil before there is one.
    private var isJSON: Bool?
    private var requestID: String?

    /// Reads `method SP target SP version` (RFC 9112 §3); other white space is refused.
    mutating func readRequestLine(
        _ line: Span<UInt8>, limits: HTTPLimits
    ) throws(MessageError) {
        var methodEnd = 0
        while methodEnd < line.count, ByteSet.token.contains(line[methodEnd]) { methodEnd += 1 }
        guard methodEnd > 0, methodEnd < line.count, line[methodEnd] == .space else {
            throw MessageError(.badRequest, "the request does not begin with a method and a space")
        }
        // A method longer than any that is known (RFC 9112 §3.1), and the one that makes a tunnel.
        let name = line.extracting(0..<methodEnd)
        guard methodEnd <= 32, !name.spells("CONNECT") else {
            throw MessageError(.notImplemented, "the method is not implemented")
        }
        method = Method(name)
        let targetStart = methodEnd + 1
        var targetEnd = targetStart
        while targetEnd < line.count, line[targetEnd] != .space { targetEnd += 1 }
        guard targetEnd - targetStart <= limits.targetBytes else {
            throw MessageError(
                .uriTooLong, "the request target is longer than \(limits.targetBytes) bytes")
        }
        guard targetEnd < line.count else {
            throw MessageError(.badRequest, "the request line has no version")
        }
        version = try Self.version(line.extracting((targetEnd + 1)...))
        target = try RequestTarget(line.extracting(targetStart..<targetEnd), method: method)
    }

    /// Reads `HTTP/1.1`; a later minor version counts as 1.1 (RFC 9110 §2.5), another major one is
    /// refused with 505.
    private static func version(_ text: Span<UInt8>) throws(MessageError) -> Version {
        guard text.count == 8, text.extracting(0..<5).spells("HTTP/"),
            let major = text[5].digit, text[6] == UInt8(ascii: "."), let minor = text[7].digit
        else {
            throw MessageError(.badRequest, "the request line does not end with a version")
        }
        guard major == 1 else {
            throw MessageError(.versionNotSupported, "only HTTP/1.0 and HTTP/1.1 are spoken")
        }
        return minor == 0 ? .http10 : .http11
    }

    /// Reads `name ":" OWS value OWS` (RFC 9112 §5).
    mutating func readField(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(MessageError) {
        let (name, value) = try fieldLine(bytes, line)
        fieldCount += 1
        try heed(bytes.extracting(name), bytes.extracting(value))
    }

    /// Notes what the fields say that decide a message's form.
    private mutating func heed(
        _ name: Span<UInt8>, _ value: Span<UInt8>
    ) throws(MessageError) {
        switch name.count {
        case 4 where name.spellsIgnoringCase("host"):
            // More than one, or one that is no host, is refused (RFC 9112 §3.2).
            guard !hasHost, isHost(value) else {
                throw MessageError(.badRequest, "Host is given twice or is not a host")
            }
            hasHost = true
        case 6 where name.spellsIgnoringCase("expect"):
            try readExpectations(value)
        case 10 where name.spellsIgnoringCase("connection"):
            readConnection(value)
        case 12 where name.spellsIgnoringCase("content-type"):
            if isJSON == nil { isJSON = value.spells("application/json") }
        case 12 where name.spellsIgnoringCase("x-request-id"):
            if requestID == nil { requestID = String(value) }
        case 14 where name.spellsIgnoringCase("content-length"):
            try framing.readLength(value)
        case 16 where name.spellsIgnoringCase("content-encoding"):
            readContentCodings(value)
        case 17 where name.spellsIgnoringCase("transfer-encoding"):
            try framing.readCodings(value)
        default:
            break
        }
    }

    /// Reads the expectations, of which there is one that can be met (RFC 9110 §10.1.1).
    private mutating func readExpectations(_ value: Span<UInt8>) throws(MessageError) {
        for element in listElements(value) {
            guard value.extracting(element).spellsIgnoringCase("100-continue") else {
                throw MessageError(.expectationFailed, "only 100-continue can be expected")
            }
            expectsContinue = true
        }
    }

    /// Reads the content codings (RFC 9110 §8.4); identity is none.
    private mutating func readContentCodings(_ value: Span<UInt8>) {
        for element in listElements(value)
        where !value.extracting(element).spellsIgnoringCase("identity") {
            hasContentCoding = true
        }
    }

    /// Reads the connection options (RFC 9110 §7.6.1); those unknown are ignored.
    private mutating func readConnection(_ value: Span<UInt8>) {
        for element in listElements(value) {
            let option = value.extracting(element)
            if option.spellsIgnoringCase("close") { saysClose = true }
            if option.spellsIgnoringCase("keep-alive") { saysKeepAlive = true }
        }
    }

    /// Puts the head together once its last line has been read.
    func head(
        from bytes: Span<UInt8>, fields range: Range<Int>
    ) throws(MessageError) -> RequestHead {
        // HTTP/1.1 demands a Host (RFC 9112 §3.2).
        guard let target, hasHost || version == .http10 else {
            throw MessageError(.badRequest, "Host is missing")
        }
        let text = bytes.extracting(range).withUnsafeBufferPointer { [UInt8]($0) }
        return RequestHead(
            method: method, target: target, version: version,
            fields: Fields(text: text),
            framing: try framing.resolved(version: version),
            keepAlive: !saysClose && (version == .http11 || saysKeepAlive),
            // A 1.0 client's expectation is ignored (RFC 9110 §10.1.1).
            expectsContinue: expectsContinue && version == .http11,
            hasContentCoding: hasContentCoding, isJSON: isJSON ?? false, requestID: requestID)
    }
}
