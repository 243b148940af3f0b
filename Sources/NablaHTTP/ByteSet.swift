import Glibc

/// A set of ASCII characters; other bytes are never in it.
///
/// The sets are literals, so that they are laid out at compile time; the tests compare them byte by
/// byte with the grammar they stand for.
struct ByteSet {
    let low: UInt64
    let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        return ((byte < 64 ? low : high) >> UInt64(byte & 63)) & 1 == 1
    }

    /// tchar (RFC 9110 §5.6.2).
    static var token: ByteSet { ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }
    /// pchar and "/" (RFC 3986 §3.3), "%" included.
    static var path: ByteSet { ByteSet(low: 0x2FFF_FFF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }
    /// What may follow "?" in a target.
    ///
    /// That is pchar, "/" and "?" (RFC 3986 §3.4), and what browsers leave as it is there (WHATWG
    /// URL, query percent-encode set): [ ] \ ^ ` { | }
    static var query: ByteSet { ByteSet(low: 0xAFFF_FFF2_0000_0000, high: 0x7FFF_FFFF_FFFF_FFFF) }
    /// reg-name (RFC 3986 §3.2.2), but for "%" and its digits.
    static var registeredName: ByteSet {
        ByteSet(low: 0x2BFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    }
    /// What IPv6address is made of (RFC 3986 §3.2.2): hexadecimal digits, ":" and ".".
    static var addressIPv6: ByteSet {
        ByteSet(low: 0x07FF_4000_0000_0000, high: 0x0000_007E_0000_007E)
    }
    /// uri-host and port (RFC 3986 §3.2.2): reg-name, "%", brackets and ":".
    static var host: ByteSet { ByteSet(low: 0x2FFF_7FF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFE) }
}

extension UInt8 {
    static var tab: UInt8 { 0x09 }
    static var lineFeed: UInt8 { 0x0A }
    static var carriageReturn: UInt8 { 0x0D }
    static var space: UInt8 { 0x20 }
    static var colon: UInt8 { 0x3A }

    /// Whether the byte is a control character other than tab, which no head may hold.
    var isControl: Bool { (self < 0x20 && self != .tab) || self == 0x7F }

    /// The byte in lower case if it is an ASCII capital letter.
    @inline(__always)
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// The value of a hexadecimal digit, or nil.
    var hexDigit: Int? {
        switch self {
        case 0x30...0x39: Int(self) - 0x30
        case 0x41...0x46: Int(self) - 0x41 + 10
        case 0x61...0x66: Int(self) - 0x61 + 10
        default: nil
        }
    }

    /// The value of a decimal digit, or nil.
    var digit: Int? { (0x30...0x39).contains(self) ? Int(self) - 0x30 : nil }
}

extension Span<UInt8> {
    /// Whether the bytes are exactly those of `text`.
    @inline(__always)
    func spells(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in indices where self[index] != text.utf8Start[index] { return false }
        return true
    }

    /// Whether the first bytes are those of `prefix`.
    func starts(with prefix: [UInt8]) -> Bool {
        guard count >= prefix.count else { return false }
        return withUnsafeBytes { bytes in
            prefix.withUnsafeBytes { prefix in
                guard let bytes = bytes.baseAddress, let start = prefix.baseAddress else {
                    return prefix.isEmpty
                }
                return memcmp(bytes, start, prefix.count) == 0
            }
        }
    }

    /// Whether the bytes are those of `text`, which is in lower case, whatever their own case.
    @inline(__always)
    func spellsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in indices where self[index].lowercased != text.utf8Start[index] { return false }
        return true
    }

    /// The first control character at or after `start`, or nil.
    func firstControl(from start: Int) -> Int? {
        var index = start
        while index + 8 <= count {
            let marks = controlMarks(at: index)
            if marks != 0 {
                // The lowest mark is never a neighbour's; it may be a tab's.
                let first = index + marks.trailingZeroBitCount / 8
                if self[first] != .tab { return first }
                for offset in first + 1..<index + 8 where self[offset].isControl { return offset }
            }
            index += 8
        }
        // The last few bytes are looked at together with those before them.
        if index < count, count >= 8, controlMarks(at: count - 8) == 0 { return nil }
        while index < count {
            if self[index].isControl { return index }
            index += 1
        }
        return nil
    }

    /// Marks, in their top bits, the bytes below 0x20 or equal to 0x7F among eight; above the lowest
    /// of these, bytes that are neither may be marked, too.
    @inline(__always)
    private func controlMarks(at index: Int) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
        let low = (word &- (ones &* 0x20)) & ~word
        let flipped = word ^ (ones &* 0x7F)
        let delete = (flipped &- ones) & ~flipped
        return (low | delete) & (ones << 7)
    }

    /// Where the bytes are without spaces and tabs at either end: OWS (RFC 9110 §5.6.3).
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var first = range.lowerBound
        var end = range.upperBound
        while first < end, self[first] == .space || self[first] == .tab { first += 1 }
        while end > first, self[end - 1] == .space || self[end - 1] == .tab { end -= 1 }
        return first..<end
    }
}

extension String {
    /// Reads bytes as UTF-8; what isn't becomes U+FFFD.
    init(_ bytes: Span<UInt8>) {
        self = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
