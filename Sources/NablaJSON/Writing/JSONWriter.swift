/// Writes a JSON text into bytes, value by value.
///
/// Commas and colons come by themselves; that brackets are closed, and that an object has a key
/// before each value, is the caller's part. Numbers get the shortest text that reads back to the
/// same value of their own type, with a point or an exponent; NaN and the infinities, which JSON
/// doesn't have, are written as `null`, as JavaScript does.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.key("loss")
///     writer.number(0.25)
///     writer.endObject()
///     writer.finish()  // {"loss":0.25}
public struct JSONWriter {
    private var bytes: [UInt8]
    /// Whether the next value stands behind another.
    private var needsComma = false
    private let runner: PartRunner

    /// Makes a writer.
    ///
    /// - Parameters:
    ///   - capacity: How many bytes it has room for before it has to grow.
    ///   - runner: Runs the parts that many numbers are written in.
    public init(reservingCapacity capacity: Int = 0, sharing runner: PartRunner = .serial) {
        bytes = []
        self.runner = runner
        bytes.reserveCapacity(capacity)
    }

    /// Gives the text.
    public consuming func finish() -> [UInt8] { bytes }

    /// How many bytes the text has so far.
    public var byteCount: Int { bytes.count }

    /// Begins an object.
    public mutating func beginObject() { begin(UInt8(ascii: "{")) }

    /// Ends the innermost object.
    public mutating func endObject() { end(UInt8(ascii: "}")) }

    /// Begins an array.
    public mutating func beginArray() { begin(UInt8(ascii: "[")) }

    /// Ends the innermost array.
    public mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes the key of the value that comes next.
    ///
    /// - Parameter name: A name without quotes, backslashes and control characters.
    public mutating func key(_ name: StaticString) {
        let text = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        assert(!text.contains(where: needsEscape), "a name with escapes is no constant key")
        bytes.append(atMost: text.count + 4) { [needsComma] place in
            let end = quote(text, behindComma: needsComma, at: place)
            end.pointee = UInt8(ascii: ":")
            return end + 1
        }
        needsComma = false
    }

    /// Writes the key of the value that comes next, which may be any text.
    public mutating func key(escaping name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string.
    public mutating func string(_ value: String) {
        let isDone: Bool? = value.utf8.withContiguousStorageIfAvailable { text in
            guard !text.contains(where: needsEscape) else { return false }
            bytes.append(atMost: text.count + 3) { [needsComma] in
                quote(text, behindComma: needsComma, at: $0)
            }
            return true
        }
        if isDone != true { appendEscaped(value) }
        needsComma = true
    }

    /// Writes a boolean.
    public mutating func bool(_ value: Bool) { append(value ? "true" : "false") }

    /// Writes null.
    public mutating func null() { append("null") }

    /// Writes a whole number.
    public mutating func int(_ value: Int) {
        separate()
        let digits = 20
        bytes.append(atMost: digits) { place in
            // From the last digit backwards, then moved to where they belong.
            var first = place + digits
            var rest = value.magnitude
            repeat {
                first -= 1
                first.pointee = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 {
                first -= 1
                first.pointee = UInt8(ascii: "-")
            }
            let count = place + digits - first
            place.update(from: first, count: count)
            return place + count
        }
        needsComma = true
    }

    /// Writes a number.
    @inlinable
    public mutating func number<N: JSONNumber>(_ value: N) {
        withUnsafePointer(to: value) {
            N.writeNumbers(
                UnsafeBufferPointer(start: $0, count: 1),
                shape: UnsafeBufferPointer(start: nil, count: 0), to: &self)
        }
    }

    /// Writes numbers as a nested array.
    ///
    /// - Parameters:
    ///   - values: The numbers in row-major order: an array, a slice or a buffer.
    ///   - shape: The length along each axis; their product must be the count of the numbers.
    ///     Without axes, the one number stands by itself.
    @inlinable
    public mutating func numbers<N: JSONNumber>(
        _ values: some Collection<N>, shape: some Collection<Int>
    ) {
        withContiguousStorage(of: shape) { shape in
            withContiguousStorage(of: values) { N.writeNumbers($0, shape: shape, to: &self) }
        }
    }

    /// Writes numbers as a string: the base64 of their bytes, little-endian.
    ///
    /// - Parameter values: The numbers in row-major order: an array, a slice or a buffer.
    public mutating func base64<N: JSONNumber>(_ values: some Collection<N>) {
        begin(UInt8(ascii: "\""))
        withContiguousStorage(of: values) {
            Base64.encode(UnsafeRawBufferPointer($0), onto: &bytes)
        }
        end(UInt8(ascii: "\""))
    }

    /// Writes a value that is a JSON text already, as it is.
    public mutating func json(_ text: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
        needsComma = true
    }

    /// Does what `numbers` does.
    @inline(__always)
    mutating func writeNumbers<N: ShortestDecimalFormat & BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<N>, shape: UnsafeBufferPointer<Int>
    ) {
        precondition(shape.reduce(1, *) == values.count, "the shape must hold the numbers")
        separate()
        appendRows(values, shape: shape, sharing: runner, to: &bytes)
        needsComma = true
    }
}

extension JSONWriter {
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func begin(_ byte: UInt8) {
        bytes.append(atMost: 2) { [needsComma] place in
            place.pointee = UInt8(ascii: ",")
            let end = needsComma ? place + 1 : place
            end.pointee = byte
            return end + 1
        }
        needsComma = false
    }

    private mutating func end(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func append(_ word: StaticString) {
        separate()
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        needsComma = true
    }

    /// RFC 8259, section 7: quotes, backslashes and control characters.
    private mutating func appendEscaped(_ value: String) {
        begin(UInt8(ascii: "\""))
        for byte in value.utf8 {
            guard needsEscape(byte) else {
                bytes.append(byte)
                continue
            }
            bytes.append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
            case 0x0A: bytes.append(UInt8(ascii: "n"))
            case 0x0D: bytes.append(UInt8(ascii: "r"))
            case 0x09: bytes.append(UInt8(ascii: "t"))
            default:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// Gives `body` a collection's elements as a buffer: where they lie, or copied together.
@inlinable
func withContiguousStorage<Element>(
    of elements: some Collection<Element>, _ body: (UnsafeBufferPointer<Element>) -> Void
) {
    let isDone: Void? = elements.withContiguousStorageIfAvailable(body)
    if isDone == nil { Array(elements).withUnsafeBufferPointer(body) }
}

private func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}

/// Stores a text in quotes, behind a comma where there must be one, and gives the end of it.
@inline(__always)
private func quote(
    _ text: UnsafeBufferPointer<UInt8>, behindComma isBehindComma: Bool,
    at place: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
    place.pointee = UInt8(ascii: ",")
    var end = isBehindComma ? place + 1 : place
    end.pointee = UInt8(ascii: "\"")
    end += 1
    if let start = text.baseAddress { end.update(from: start, count: text.count) }
    end += text.count
    end.pointee = UInt8(ascii: "\"")
    return end + 1
}
