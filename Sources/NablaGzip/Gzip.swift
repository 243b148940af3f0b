import CZlib

/// The gzip format (RFC 1952), whole bodies at a time.
public enum Gzip {
    /// zlib's fastest level: on the digits that most answers are made of, the best one takes 5 times
    /// as long for a tenth less.
    private static let level: Int32 = 1

    /// Compresses `bytes`.
    ///
    /// - Parameter bytes: Less than 4 GiB.
    /// - Returns: Nil when there are more bytes, or no memory to do it.
    public static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        guard let count = UInt32(exactly: bytes.count) else { return nil }
        let stream = Stream()
        guard nabla_deflate_begin(stream.pointer, level) == Z_OK else { return nil }
        defer { deflateEnd(stream.pointer) }
        let bound = Int(deflateBound(stream.pointer, UInt(count)))
        guard let space = UInt32(exactly: bound) else { return nil }
        var isDone = false
        let compressed = [UInt8](unsafeUninitializedCapacity: bound) { output, written in
            bytes.withUnsafeBufferPointer { input in
                stream.offer(input, count: count)
                stream.pointer.pointee.next_out = output.baseAddress
                stream.pointer.pointee.avail_out = space
                isDone = deflate(stream.pointer, Z_FINISH) == Z_STREAM_END
            }
            written = bound - Int(stream.pointer.pointee.avail_out)
        }
        return isDone ? compressed : nil
    }

    /// Inflates `bytes`, which are one gzip member or several behind one another.
    ///
    /// - Parameters:
    ///   - bytes: What was compressed.
    ///   - limit: The most bytes that may come of it; nothing beyond them is inflated.
    ///   - spareBytes: Capacity that the result has behind its last byte.
    /// - Returns: What was compressed.
    /// - Throws: `GzipError`.
    public static func inflated(
        _ bytes: [UInt8], limit: Int, spareBytes: Int = 0
    ) throws(GzipError) -> [UInt8] {
        let stream = Stream()
        guard nabla_inflate_begin(stream.pointer) == Z_OK else { throw .noMemory }
        defer { inflateEnd(stream.pointer) }
        var result: [UInt8] = []
        var consumed = 0
        while true {
            // One byte more than may be is enough to know that there are too many.
            let most = limit < .max ? limit + 1 : limit
            result.makeRoom(atMost: most, spareBytes: spareBytes)
            let code = stream.step(bytes, &consumed, &result, atMost: most)
            guard result.count <= limit else { throw .tooLarge }
            switch code {
            case Z_OK, Z_BUF_ERROR:
                // With room for more and nothing to make it of, the stream is cut short.
                guard consumed < bytes.count || stream.pointer.pointee.avail_out == 0 else {
                    throw .truncated
                }
            case Z_STREAM_END:
                guard consumed < bytes.count else {
                    result.reserveCapacity(result.count + spareBytes)
                    return result
                }
                guard inflateReset(stream.pointer) == Z_OK else { throw .malformed }
            case Z_MEM_ERROR:
                throw .noMemory
            default:
                throw .malformed
            }
        }
    }
}

/// Why bytes can't be inflated.
public enum GzipError: Error, Sendable, Equatable {
    /// They are no gzip, or damaged: the checksum at the end counts.
    case malformed
    /// They end before their stream does.
    case truncated
    /// More would come of them than may.
    case tooLarge
    /// The system has no memory for it.
    case noMemory
}

/// zlib's stream, which must stay where it is: what zlib keeps points back at it.
struct Stream: ~Copyable {
    let pointer = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() {
        pointer.initialize(to: z_stream())
    }

    deinit {
        pointer.deallocate()
    }

    /// Tells what is to be read.
    func offer(_ input: UnsafeBufferPointer<UInt8>, count: UInt32) {
        // zlib only reads through this pointer.
        pointer.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        pointer.pointee.avail_in = count
    }

    /// Inflates from `consumed` on into the capacity of `result`, and gives zlib's code.
    func step(
        _ bytes: [UInt8], _ consumed: inout Int, _ result: inout [UInt8], atMost most: Int
    ) -> Int32 {
        let space = UInt32(clamping: min(result.capacity, most) - result.count)
        var code = Z_OK
        consumed += bytes.withUnsafeBufferPointer { bytes in
            let rest = UnsafeBufferPointer(rebasing: bytes[consumed...])
            let count = UInt32(clamping: rest.count)
            offer(rest, count: count)
            result.append(addingCapacity: Int(space)) { output in
                output.withUnsafeMutableBufferPointer { buffer, written in
                    pointer.pointee.next_out = buffer.baseAddress
                    pointer.pointee.avail_out = space
                    code = inflate(pointer, Z_NO_FLUSH)
                    written = Int(space - pointer.pointee.avail_out)
                }
            }
            return Int(count - pointer.pointee.avail_in)
        }
        return code
    }
}

extension [UInt8] {
    /// Lets the result grow with what was inflated, never with what a stream may claim.
    fileprivate mutating func makeRoom(atMost most: Int, spareBytes: Int) {
        guard count == capacity || capacity == 0 else { return }
        let wanted = Swift.max(16 << 10, 2 * count)
        reserveCapacity(
            wanted < most - Swift.min(spareBytes, most) ? wanted : most + spareBytes)
    }
}
