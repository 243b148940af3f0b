/// What goes before a response's body (RFC 9112 §4).
public enum ResponseHead {
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

    /// Writes the head and the empty line after it.
    ///
    /// - Parameters:
    ///   - status: The status line's code and phrase.
    ///   - fields: The fields, in the order they are sent; without those the connection adds.
    ///   - framing: How the body ends; left out where the status allows no body (RFC 9110 §8.6).
    ///   - persistence: What `Connection` says.
    ///   - common: Complete lines that every response has, such as `ResponseStamp.lines`.
    ///   - bytes: Gets the head at its end.
    public static func write(
        _ status: Status, _ fields: Fields, framing: Framing, persistence: Persistence,
        common: [UInt8], to bytes: inout [UInt8]
    ) {
        // As spans, of which handing them to a closure counts no reference.
        let (common, lines) = (common.span, fields.text.span)
        bytes.append(addingCapacity: ownBytes + common.count + lines.count) { head in
            write(status, to: &head)
            head.append(copying: common)
            head.append(copying: lines)
            if status.allowsBody { write(framing, to: &head) }
            switch persistence {
            case .implied: break
            case .stated: head.append("Connection: keep-alive\r\n")
            case .none: head.append("Connection: close\r\n")
            }
            head.appendLineEnd()
        }
    }

    /// The most bytes of a head without its fields: its version, code and phrase, framing and persistence, each with a
    /// number where it has one.
    private static let ownBytes = 192

    private static func write(_ status: Status, to head: inout OutputSpan<UInt8>) {
        guard status != .ok else { return head.append("HTTP/1.1 200 OK\r\n") }
        head.append("HTTP/1.1 ")
        head.append(decimal: status.code)
        head.append(.space)
        head.append(status.reason)
        head.appendLineEnd()
    }

    private static func write(_ framing: Framing, to head: inout OutputSpan<UInt8>) {
        switch framing {
        case .length(let length):
            head.append("Content-Length: ")
            head.append(decimal: length)
            head.appendLineEnd()
        case .chunked:
            head.append("Transfer-Encoding: chunked\r\n")
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
