extension OutputSpan<UInt8> {
    /// Appends a constant, of which no string is made.
    @inlinable @inline(__always)
    public mutating func append(_ text: StaticString) {
        append(
            copying: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a number that isn't negative.
    public mutating func append(decimal number: Int) {
        if number >= 10 { append(decimal: number / 10) }
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }

    /// Appends the first `count` bytes of a word, of which the lowest is the first; there must be room for all eight.
    @inlinable @inline(__always)
    public mutating func append(_ count: Int, of word: UInt64) {
        precondition(count <= 8 && freeCapacity >= 8)
        // Safe by that.
        withUnsafeMutableBufferPointer { buffer, used in
            let free = UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(buffer)[used..<used + 8])
            free.storeBytes(of: word.littleEndian, as: UInt64.self)
            used += count
        }
    }

    /// Appends bytes at once.
    @inlinable @inline(__always)
    public mutating func append(copying bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { append(copying: $0) }
    }

    @inlinable @inline(__always)
    mutating func append(copying bytes: UnsafeRawBufferPointer) {
        precondition(freeCapacity >= bytes.count)
        // Safe by that.
        withUnsafeMutableBufferPointer { buffer, count in
            let free = UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
            free.copyMemory(from: bytes)
            count += bytes.count
        }
    }

    @inline(__always)
    mutating func appendLineEnd() {
        append(.carriageReturn)
        append(.lineFeed)
    }
}

extension [UInt8] {
    mutating func appendLineEnd() {
        append(.carriageReturn)
        append(.lineFeed)
    }

    /// Appends a number that isn't negative, with zeros in front where it has fewer digits than `width`.
    mutating func appendDecimal(_ number: Int, width: Int) {
        let digits = String(number).utf8
        for _ in 0..<Swift.max(0, width - digits.count) { append(UInt8(ascii: "0")) }
        append(contentsOf: digits)
    }
}
