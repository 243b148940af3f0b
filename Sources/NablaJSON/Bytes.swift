import Glibc

/// Compares bytes.
func areEqual(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard one.count == other.count, let left = one.baseAddress, let right = other.baseAddress else {
        return one.count == other.count
    }
    return areEqual(left, right, count: one.count)
}

/// Compares as many bytes of both; up to 16, which most names are, as two words that may overlap.
@inline(__always)
func areEqual(
    _ one: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>, count: Int
) -> Bool {
    func word<Word: FixedWidthInteger & BitwiseCopyable>(_ type: Word.Type, at offset: Int) -> Bool
    {
        UnsafeRawPointer(one + offset).loadUnaligned(as: type)
            == UnsafeRawPointer(other + offset).loadUnaligned(as: type)
    }
    return switch count {
    case 8...16: word(UInt64.self, at: 0) && word(UInt64.self, at: count &- 8)
    case 4..<8: word(UInt32.self, at: 0) && word(UInt32.self, at: count &- 4)
    case 2..<4: word(UInt16.self, at: 0) && word(UInt16.self, at: count &- 2)
    case 1: one[0] == other[0]
    case 0: true
    default: word(UInt64.self, at: 0) && memcmp(one, other, count) == 0
    }
}

extension [UInt8] {
    /// Appends what `write` stores, which touches at most that many bytes and gives their end.
    @inline(__always)
    mutating func append(
        atMost room: Int, _ write: (UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>
    ) {
        append(addingCapacity: room) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                guard let start = buffer.baseAddress else { return }
                count = write(start + count) - start
            }
        }
    }
}
