/// Takes a chunked body out of its chunks (RFC 9112 §7.1), as the bytes arrive.
public struct ChunkedDecoder: Sendable {
    /// What the next byte belongs to.
    private enum Expectation: Sendable {
        case sizeDigits
        case semicolon
        case chunkExtension
        case sizeLineFeed
        case data(remaining: Int)
        case dataReturn
        case dataLineFeed
        case trailer
    }

    private let limits: HTTPLimits
    private var expectation = Expectation.sizeDigits
    private var size = 0
    private var lineBytes = 0
    private var extensionBytes = 0
    /// Bytes of the body so far.
    private var decoded = 0
    private var trailer: [UInt8] = []
    private var trailerStart = 0
    private var trailerCount = 0

    /// Makes a decoder for one body.
    public init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Decodes as much as there is.
    ///
    /// - Parameters:
    ///   - bytes: What arrived since the call before.
    ///   - body: Gets the decoded bytes at its end; at most `limits.bodyBytes` in all calls together.
    /// - Returns: How many bytes were used, and whether the body is complete. All are used while it
    ///   isn't.
    /// - Throws: 400 for a malformed chunk, 413 and 431 where a limit is exceeded.
    public mutating func decode(
        _ bytes: Span<UInt8>, into body: inout [UInt8]
    ) throws(MessageError) -> (consumed: Int, isComplete: Bool) {
        var index = 0
        while index < bytes.count {
            if case .data(let remaining) = expectation {
                let count = min(remaining, bytes.count - index)
                bytes.extracting(index..<index + count).withUnsafeBufferPointer {
                    body.append(contentsOf: $0)
                }
                index += count
                decoded += count
                expectation = count == remaining ? .dataReturn : .data(remaining: remaining - count)
            } else {
                let isComplete = try read(bytes[index])
                index += 1
                if isComplete { return (index, true) }
            }
        }
        return (index, false)
    }

    /// Reads a byte of the framing; true when it was the last one.
    private mutating func read(_ byte: UInt8) throws(MessageError) -> Bool {
        switch expectation {
        case .sizeDigits:
            try readSize(byte)
        case .semicolon:
            try readSpace(byte)
        case .chunkExtension:
            try readExtension(byte)
        case .sizeLineFeed:
            try demand(byte, .lineFeed)
            guard size <= limits.bodyBytes - decoded else { throw bodyTooLarge(limits.bodyBytes) }
            expectation = size == 0 ? .trailer : .data(remaining: size)
            (size, lineBytes) = (0, 0)
        case .dataReturn:
            try demand(byte, .carriageReturn)
            expectation = .dataLineFeed
        case .dataLineFeed:
            try demand(byte, .lineFeed)
            expectation = .sizeDigits
        case .trailer:
            return try readTrailer(byte)
        case .data:
            break
        }
        return false
    }

    private func demand(_ byte: UInt8, _ wanted: UInt8) throws(MessageError) {
        guard byte == wanted else {
            throw MessageError(.badRequest, "a chunk or its size is not followed by CRLF")
        }
    }

    /// Reads 1*HEXDIG; a recipient guards against overflow (RFC 9112 §7.1), here by 15 digits.
    private mutating func readSize(_ byte: UInt8) throws(MessageError) {
        if let digit = byte.hexDigit {
            lineBytes += 1
            guard lineBytes <= 15 else {
                throw MessageError(.badRequest, "a chunk size has more than 15 digits")
            }
            size = size << 4 | digit
            return
        }
        guard lineBytes > 0 else {
            throw MessageError(.badRequest, "a chunk does not begin with its size")
        }
        switch byte {
        case .carriageReturn: expectation = .sizeLineFeed
        default: try readSpace(byte)
        }
    }

    /// Reads up to the semicolon of an extension, before which there may be white space (BWS, RFC
    /// 9112 §7.1.1); white space without an extension is refused.
    private mutating func readSpace(_ byte: UInt8) throws(MessageError) {
        switch byte {
        case UInt8(ascii: ";"):
            expectation = .chunkExtension
        case .space, .tab:
            expectation = .semicolon
            try countExtensionByte()
        default:
            throw MessageError(.badRequest, "a chunk size is not a hexadecimal number")
        }
    }

    /// Passes over extensions, which are ignored but bounded (RFC 9112 §7.1.1).
    private mutating func readExtension(_ byte: UInt8) throws(MessageError) {
        guard byte != .carriageReturn else {
            expectation = .sizeLineFeed
            return
        }
        guard !byte.isControl else {
            throw MessageError(.badRequest, "a chunk extension holds a control byte")
        }
        try countExtensionByte()
    }

    private mutating func countExtensionByte() throws(MessageError) {
        lineBytes += 1
        extensionBytes += 1
        guard lineBytes <= limits.chunkLineBytes, extensionBytes <= limits.chunkExtensionBytes
        else {
            throw MessageError(.badRequest, "a chunk extension is too long")
        }
    }

    /// Reads trailers, which must be well-formed and are then discarded (RFC 9112 §7.1.2).
    private mutating func readTrailer(_ byte: UInt8) throws(MessageError) -> Bool {
        trailer.append(byte)
        guard trailer.count <= limits.trailerBytes else {
            throw MessageError(
                .fieldsTooLarge, "the trailers are longer than \(limits.trailerBytes) bytes")
        }
        let follows = trailer.count >= 2 && trailer[trailer.count - 2] == .carriageReturn
        guard follows == (byte == .lineFeed), byte == .carriageReturn || follows || !byte.isControl
        else {
            throw MessageError(.badRequest, "a trailer line holds a control byte or lacks its CRLF")
        }
        guard byte == .lineFeed else { return false }
        let line = trailerStart..<trailer.count - 2
        trailerStart = trailer.count
        guard !line.isEmpty else { return true }
        _ = try fieldLine(trailer.span, line)
        trailerCount += 1
        guard trailerCount <= limits.fieldCount else {
            throw MessageError(
                .fieldsTooLarge, "the trailers have more than \(limits.fieldCount) fields")
        }
        return false
    }
}
