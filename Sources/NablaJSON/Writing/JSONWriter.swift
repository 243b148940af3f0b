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

    /// Makes a writer with room for that many bytes before it has to grow.
    public init(reservingCapacity capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Gives the text.
    public consuming func finish() -> [UInt8] { bytes }

    /// Begins an object.
    public mutating func beginObject() { begin(UInt8(ascii: "{")) }

    /// Ends the innermost object.
    public mutating func endObject() { bytes.append(UInt8(ascii: "}")) }

    /// Begins an array.
    public mutating func beginArray() { begin(UInt8(ascii: "[")) }

    /// Ends the innermost array.
    public mutating func endArray() { bytes.append(UInt8(ascii: "]")) }

    /// Writes the key of the value that comes next.
    public mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes a string.
    public mutating func string(_ value: String) {
        begin(UInt8(ascii: "\""))
        let isPlain = value.utf8.withContiguousStorageIfAvailable { text in
            guard text.allSatisfy({ !needsEscape($0) }) else { return false }
            bytes.append(contentsOf: text)
            return true
        }
        if isPlain != true { appendEscaped(value) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a boolean.
    public mutating func bool(_ value: Bool) { append(value ? "true" : "false") }

    /// Writes null.
    public mutating func null() { append("null") }

    /// Writes a whole number.
    public mutating func int(_ value: Int) {
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Writes a number.
    public mutating func number<N: JSONNumber>(_ value: N) {
        separate()
        withUnsafePointer(to: value) {
            N.writeNumbers(UnsafeBufferPointer(start: $0, count: 1), shape: [], to: &bytes)
        }
    }

    /// Writes numbers as a nested array.
    ///
    /// - Parameters:
    ///   - values: The numbers in row-major order: an array, a slice or a buffer.
    ///   - shape: The length along each axis; their product must be the count of the numbers.
    ///     Without axes, the one number stands by itself.
    public mutating func numbers<N: JSONNumber, Values: Collection<N>>(
        _ values: Values, shape: [Int]
    ) {
        precondition(shape.reduce(1, *) == values.count, "the shape must hold the numbers")
        separate()
        let isDone: Void? = values.withContiguousStorageIfAvailable {
            N.writeNumbers($0, shape: shape[...], to: &bytes)
        }
        if isDone == nil {
            Array(values).withUnsafeBufferPointer {
                N.writeNumbers($0, shape: shape[...], to: &bytes)
            }
        }
    }

    /// Writes numbers as a string: the base64 of their bytes, little-endian.
    ///
    /// - Parameter values: The numbers in row-major order: an array, a slice or a buffer.
    public mutating func base64<N: JSONNumber>(_ values: some Collection<N>) {
        begin(UInt8(ascii: "\""))
        let isDone: Void? = values.withContiguousStorageIfAvailable {
            Base64.encode(UnsafeRawBufferPointer($0), onto: &bytes)
        }
        if isDone == nil {
            Array(values).withUnsafeBytes { Base64.encode($0, onto: &bytes) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a value that is a JSON text already, as it is.
    public mutating func json(_ text: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
    }

    /// Writes a comma where a value comes after another.
    ///
    /// The last byte tells: a value never ends like one of these, for a string ends in a quote.
    private mutating func separate() {
        switch bytes.last {
        case nil, UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ":"): break
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func begin(_ byte: UInt8) {
        separate()
        bytes.append(byte)
    }

    private mutating func append(_ word: StaticString) {
        separate()
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    /// RFC 8259, section 7: quotes, backslashes and control characters.
    private mutating func appendEscaped(_ value: String) {
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
    }
}

private func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}
