import CZlib

/// Inflates gzip as it arrives: one member, or several behind one another.
public struct GzipReader: ~Copyable {
    private let stream: Stream
    private let limit: Int
    private var inflatedBytes = 0
    /// Whether a member has ended and none has begun since.
    private var isBetweenMembers = false
    private var room = [UInt8](repeating: 0, count: 64 << 10)

    /// Makes a reader of one body.
    ///
    /// - Parameter limit: The most bytes that may come of it; nothing beyond them is inflated.
    /// - Throws: `noMemory`.
    public init(limit: Int) throws(GzipError) {
        stream = Stream()
        guard nabla_inflate_begin(stream.pointer) == Z_OK else { throw .noMemory }
        self.limit = limit
    }

    deinit { inflateEnd(stream.pointer) }

    /// Inflates the next bytes.
    ///
    /// - Parameters:
    ///   - bytes: What arrived since the call before.
    ///   - body: Gets what comes of them, piece by piece.
    /// - Throws: `GzipError`; nothing may be inflated after it.
    public mutating func inflate(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(GzipError) {
        var consumed = 0
        while true {
            if isBetweenMembers {
                guard consumed < bytes.count else { return }
                guard inflateReset(stream.pointer) == Z_OK else { throw .malformed }
                isBetweenMembers = false
            }
            let (code, isFull) = step(bytes, &consumed, body)
            guard inflatedBytes <= limit else { throw .tooLarge }
            switch code {
            case Z_OK, Z_BUF_ERROR:
                guard consumed < bytes.count || isFull else { return }
            case Z_STREAM_END: isBetweenMembers = true
            case Z_MEM_ERROR: throw .noMemory
            default: throw .malformed
            }
        }
    }

    /// Says that no more bytes come.
    ///
    /// - Throws: `truncated` where there should be more.
    public func finish() throws(GzipError) {
        guard isBetweenMembers else { throw .truncated }
    }

    /// Inflates once from `consumed` on; gives zlib's code, and whether all room was needed.
    private mutating func step(
        _ bytes: [UInt8], _ consumed: inout Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> (code: Int32, isFull: Bool) {
        // One byte more than may be is enough to know that there are too many.
        let left = limit - inflatedBytes
        let space = UInt32(left < room.count ? left + 1 : room.count)
        let pointer = stream.pointer
        var code = Z_OK
        let given = room.withUnsafeMutableBufferPointer { output in
            consumed += bytes.withUnsafeBufferPointer { bytes in
                let rest = UnsafeBufferPointer(rebasing: bytes[consumed...])
                let count = UInt32(clamping: rest.count)
                stream.offer(rest, count: count)
                pointer.pointee.next_out = output.baseAddress
                pointer.pointee.avail_out = space
                code = CZlib.inflate(pointer, Z_NO_FLUSH)
                return Int(count - pointer.pointee.avail_in)
            }
            return Int(space - pointer.pointee.avail_out)
        }
        inflatedBytes += given
        if given > 0, inflatedBytes <= limit {
            room.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<given])) }
        }
        return (code, given == space)
    }
}
