/// What goes before a response's body (RFC 9112 §4).
public struct ResponseHead: Sendable {
    /// How the client learns where the body ends (RFC 9112 §6.3).
    public enum Framing: Sendable, Equatable {
        /// `Content-Length`.
        case length(Int)
        /// `Transfer-Encoding: chunked`.
        case chunked
        /// The connection's end, for HTTP/1.0 clients.
        case untilClose
    }

    /// What `Connection` says.
    public enum Persistence: Sendable, Equatable {
        /// Nothing: an HTTP/1.1 connection stays.
        case implied
        /// `keep-alive`, which an HTTP/1.0 client needs to hear.
        case stated
        /// `close`: this is the last response.
        case none
    }

    /// The status line's code and phrase.
    public let status: Status
    /// The fields, in the order they are sent; without those the connection adds.
    public let fields: Fields
    /// How the body ends; left out where the status allows no body (RFC 9110 §8.6).
    public let framing: Framing
    /// What `Connection` says.
    public let persistence: Persistence

    /// Puts a head together.
    public init(status: Status, fields: Fields, framing: Framing, persistence: Persistence) {
        self.status = status
        self.fields = fields
        self.framing = framing
        self.persistence = persistence
    }

    /// Writes the head and the empty line after it.
    ///
    /// - Parameters:
    ///   - bytes: Gets the head at its end.
    ///   - common: Complete lines that every response has, such as `ResponseStamp.lines`.
    public func write(to bytes: inout [UInt8], common: [UInt8]) {
        if status == .ok {
            bytes.append("HTTP/1.1 200 OK\r\n")
        } else {
            bytes.append("HTTP/1.1 ")
            bytes.appendDecimal(status.code)
            bytes.append(.space)
            bytes.append(textOf: status.reason)
            bytes.appendLineEnd()
        }
        bytes.append(contentsOf: common)
        bytes.append(contentsOf: fields.text)
        if status.allowsBody { writeFraming(to: &bytes) }
        switch persistence {
        case .implied: break
        case .stated: bytes.append("Connection: keep-alive\r\n")
        case .none: bytes.append("Connection: close\r\n")
        }
        bytes.appendLineEnd()
    }

    private func writeFraming(to bytes: inout [UInt8]) {
        switch framing {
        case .length(let length):
            bytes.append("Content-Length: ")
            bytes.appendDecimal(length)
            bytes.appendLineEnd()
        case .chunked:
            bytes.append("Transfer-Encoding: chunked\r\n")
        case .untilClose:
            break
        }
    }
}

/// The chunks of a response whose length isn't known beforehand (RFC 9112 §7.1).
public enum ResponseChunk {
    /// The bytes that end a chunked body without trailers.
    public static let last: [UInt8] = Array("0\r\n\r\n".utf8)

    /// Frames `data`, which isn't empty, as one chunk.
    public static func frame(_ data: [UInt8]) -> [UInt8] {
        var chunk: [UInt8] = []
        chunk.reserveCapacity(data.count + 20)
        chunk.append(contentsOf: String(data.count, radix: 16).utf8)
        chunk.appendLineEnd()
        chunk.append(contentsOf: data)
        chunk.appendLineEnd()
        return chunk
    }
}

extension [UInt8] {
    mutating func appendLineEnd() {
        append("\r\n")
    }

    /// Appends a constant, of which no string is made.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a string's bytes where they lie: as a collection they are copied one by one.
    mutating func append(textOf string: String) {
        string.utf8.span.withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    /// Appends a number that isn't negative.
    mutating func appendDecimal(_ number: Int, width: Int = 1) {
        var digits: (low: UInt64, count: Int) = (0, 0)
        var rest = number
        // Small numbers are all there are in most heads: eight digits fit into one word.
        guard number < 100_000_000 else { return append(contentsOf: String(number).utf8) }
        repeat {
            digits.low = digits.low << 8 | UInt64(0x30 + rest % 10)
            digits.count += 1
            rest /= 10
        } while rest > 0 || digits.count < width
        for _ in 0..<digits.count {
            append(UInt8(truncatingIfNeeded: digits.low))
            digits.low >>= 8
        }
    }
}
