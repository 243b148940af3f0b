import CSimdJSON

/// Base64 with the standard alphabet and padding, strictly: RFC 4648, section 4.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    /// The two characters, the first in the low byte, of each 12 bits.
    private static let pairs: [UInt16] = (0..<4096).map { bits in
        UInt16(alphabet[bits >> 6]) | UInt16(alphabet[bits & 63]) << 8
    }

    /// What a character stands for, moved to where it belongs in 24 bits, for each of the four
    /// positions in turn; `invalid` for other bytes.
    private static let values: [UInt32] = [18, 12, 6, 0].flatMap { shift in
        (UInt8.min...UInt8.max).map { byte in
            alphabet.firstIndex(of: byte).map { UInt32($0) << shift } ?? invalid
        }
    }
    private static let invalid: UInt32 = 1 << 24

    /// Appends the text for `source`.
    static func encode(_ source: UnsafeRawBufferPointer, onto bytes: inout [UInt8]) {
        let count = (source.count + 2) / 3 * 4
        bytes.append(addingCapacity: count) { span in
            span.withUnsafeMutableBufferPointer { buffer, used in
                pairs.withUnsafeBufferPointer { pairs in
                    let target = UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[used...])
                    encode(source, into: target, pairs: pairs)
                }
                used += count
            }
        }
    }

    private static func encode(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
        pairs: UnsafeBufferPointer<UInt16>
    ) {
        let ahead = encodeAhead(source, into: target)
        var written = ahead / 3 * 4
        let whole = source.count / 3 * 3
        for index in stride(from: ahead, to: whole, by: 3) {
            let bits =
                Int(source[index]) << 16 | Int(source[index + 1]) << 8 | Int(source[index + 2])
            let four = UInt32(pairs[bits >> 12]) | UInt32(pairs[bits & 0xFFF]) << 16
            target.storeBytes(of: four.littleEndian, toByteOffset: written, as: UInt32.self)
            written += 4
        }
        let rest = source.count - whole
        guard rest > 0 else { return }
        let bits = Int(source[whole]) << 16 | (rest == 2 ? Int(source[whole + 1]) << 8 : 0)
        target[written] = alphabet[bits >> 18]
        target[written + 1] = alphabet[bits >> 12 & 63]
        target[written + 2] = rest == 2 ? alphabet[bits >> 6 & 63] : padding
        target[written + 3] = padding
    }

    /// Writes what the processor can do in large pieces, and gives how many bytes that were.
    private static func encodeAhead(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Int {
        let (source, target) = (
            source.assumingMemoryBound(to: UInt8.self), target.assumingMemoryBound(to: UInt8.self)
        )
        guard let bytes = source.baseAddress, let text = target.baseAddress else { return 0 }
        return nabla_json_encode_base64(bytes, source.count, text, target.count)
    }

    /// Reads what the processor can do in large pieces, and gives how many characters that were.
    private static func decodeAhead(
        _ text: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableRawBufferPointer
    ) -> Int {
        let target = target.assumingMemoryBound(to: UInt8.self)
        guard let characters = text.baseAddress, let bytes = target.baseAddress else { return 0 }
        let room = min(decodedCount(of: text), target.count)
        return nabla_json_decode_base64(characters, text.count, bytes, room)
    }

    /// How many bytes a text of base64 stands for, going by its length and padding.
    static func decodedCount(of text: UnsafeBufferPointer<UInt8>) -> Int {
        let whole = text.count / 4 * 3
        // Behind a length that is wrong there is no padding: `decode` fills all fours before that.
        guard text.count.isMultiple(of: 4) else { return whole }
        return whole - text.suffix(2).count { $0 == padding }
    }

    /// Reads a text into `target`, which has `decodedCount(of:)` bytes.
    ///
    /// - Returns: nil, or the offset of the first character that can't stand where it stands: the
    ///   length of the text when it ends too early.
    static func decode(
        _ text: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        values.withUnsafeBufferPointer { values in
            // The last four characters may be padded, so they're read with care.
            let plain = max(0, (text.count - 1) / 4 * 4)
            let ahead = decodeAhead(text, into: target)
            var written = ahead / 4 * 3
            for index in stride(from: ahead, to: plain, by: 4) {
                let bits =
                    values[Int(text[index])] | values[256 + Int(text[index + 1])]
                    | values[512 + Int(text[index + 2])] | values[768 + Int(text[index + 3])]
                guard bits < invalid else { return firstInvalid(text, from: index) }
                target[written] = UInt8(truncatingIfNeeded: bits >> 16)
                target[written + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                target[written + 2] = UInt8(truncatingIfNeeded: bits)
                written += 3
            }
            return decodeLast(text, from: plain, into: target, at: written)
        }
    }

    private static func firstInvalid(_ text: UnsafeBufferPointer<UInt8>, from index: Int) -> Int {
        text[index...].firstIndex { values[Int($0)] == invalid } ?? text.count
    }

    /// Reads the last one to four characters, if there are any.
    private static func decodeLast(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int,
        into target: UnsafeMutableRawBufferPointer, at written: Int
    ) -> Int? {
        guard start < text.count else { return nil }
        let characters = text[start...].prefix { $0 != padding }
        if let wrong = characters.firstIndex(where: { values[Int($0)] == invalid }) { return wrong }
        guard characters.count >= 2 else { return start + characters.count }
        if let wrong = text[characters.endIndex...].firstIndex(where: { $0 != padding }) {
            return wrong
        }
        guard text.count - start == 4 else { return text.count }
        var bits: UInt32 = 0
        for (position, character) in characters.enumerated() {
            bits |= values[256 * position + Int(character)]
        }
        // RFC 4648, section 3.5: bits that nothing reads must be 0, so that a value has one text.
        let count = characters.count - 1
        guard bits << (8 + 8 * UInt32(count)) == 0 || count == 3 else {
            return characters.endIndex - 1
        }
        for position in 0..<count {
            target[written + position] = UInt8(truncatingIfNeeded: bits >> (16 - 8 * position))
        }
        return nil
    }
}
