/// What Content-Length and Transfer-Encoding say about where a body ends (RFC 9112 §6).
struct MessageFraming: Sendable {
    private var length: Int?
    private var codings = 0
    private var endsChunked = false

    /// Reads a Content-Length: digits, and once (RFC 9110 §8.6); a number too large for this
    /// machine counts as its largest, and so exceeds every limit.
    mutating func readLength(_ value: Span<UInt8>) throws(MessageError) {
        guard length == nil, value.count > 0 else {
            throw MessageError(.badRequest, "Content-Length is given twice or is empty")
        }
        var number = 0
        for index in value.indices {
            guard let digit = value[index].digit else {
                throw MessageError(.badRequest, "Content-Length is not a number of bytes")
            }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, stillTooLarge) = product.addingReportingOverflow(digit)
            number = tooLarge || stillTooLarge || number == .max ? .max : sum
        }
        length = number
    }

    /// Reads a Transfer-Encoding, whose last coding alone may be chunked (RFC 9112 §6.1, §7.1).
    mutating func readCodings(_ value: Span<UInt8>) throws(MessageError) {
        for element in listElements(value) {
            guard !endsChunked else {
                throw MessageError(.badRequest, "chunked is not the last transfer coding")
            }
            codings += 1
            endsChunked = value.extracting(element).spellsIgnoringCase("chunked")
        }
        guard codings > 0 else {
            throw MessageError(.badRequest, "Transfer-Encoding is empty")
        }
    }

    /// Decides how the body ends (RFC 9112 §6.3).
    func resolved(version: Version) throws(MessageError) -> RequestHead.Framing {
        if codings > 0 {
            // Both fields, or the newer one in a 1.0 message, are how requests are smuggled (§6.1).
            guard length == nil, version == .http11 else {
                throw MessageError(
                    .badRequest, "Transfer-Encoding goes with neither Content-Length nor HTTP/1.0")
            }
            guard endsChunked else {
                throw MessageError(.badRequest, "the last transfer coding is not chunked")
            }
            guard codings == 1 else {
                throw MessageError(.notImplemented, "chunked is the only transfer coding known")
            }
            return .chunked
        }
        guard let length, length > 0 else { return .none }
        return .length(length)
    }
}

func bodyTooLarge(_ limit: Int) -> MessageError {
    MessageError(.contentTooLarge, "the body is longer than \(limit) bytes")
}

/// Finds a field line's name and value.
///
/// - Throws: 400 for a name that isn't a token (RFC 9110 §5.1), for white space before the colon
///   (RFC 9112 §5.1) and for a line that continues the one before it (obs-fold, §5.2).
func fieldLine(
    _ bytes: Span<UInt8>, _ line: Range<Int>
) throws(MessageError) -> (name: Range<Int>, value: Range<Int>) {
    var colon = line.lowerBound
    while colon < line.upperBound, ByteSet.token.contains(bytes[colon]) { colon += 1 }
    guard colon < line.upperBound, bytes[colon] == .colon else {
        throw MessageError(.badRequest, "a field line does not begin with a name and a colon")
    }
    guard colon > line.lowerBound else {
        throw MessageError(.badRequest, "a field has no name")
    }
    return (line.lowerBound..<colon, bytes.trimmed(colon + 1..<line.upperBound))
}

/// Finds the elements of a comma-separated list, of which empty ones are ignored (RFC 9110 §5.6.1).
func listElements(_ value: Span<UInt8>) -> [Range<Int>] {
    var elements: [Range<Int>] = []
    var start = 0
    for index in 0...value.count
    where index == value.count || value[index] == UInt8(ascii: ",") {
        let element = value.trimmed(start..<index)
        if !element.isEmpty { elements.append(element) }
        start = index + 1
    }
    return elements
}
