import CSimdJSON

/// How much a JSON text may ask of its reader.
public struct JSONLimits: Sendable, Equatable {
    /// How many arrays and objects may be open at once, not counting an empty one; 64 by default.
    public var maximumDepth: Int
    /// How many bytes a text may have; 4 GiB − 1 by default, which is also the most possible.
    public var maximumByteCount: Int

    /// Makes limits.
    public init(maximumDepth: Int = 64, maximumByteCount: Int = 0xFFFF_FFFF) {
        self.maximumDepth = maximumDepth
        self.maximumByteCount = maximumByteCount
    }
}

/// A parsed JSON text.
///
/// The text is read as RFC 8259 has it, nothing more: no byte order mark, no comments, no NaN, no
/// lone surrogates. All of it is checked before the first value can be asked for, except that
/// objects are checked for duplicate keys when they are read. Numbers are float64 or, without
/// fraction and exponent and within 64 bits, whole numbers; a longer whole number is read as a
/// float64. `-0` is the whole number 0; `-0.0` keeps its sign.
///
/// A document may be made on one thread and read on others, by many at once: reading changes nothing.
public final class JSONDocument {
    private let parser: Parser
    let tape: Tape
    /// The arrays of numbers that aren't on the tape.
    let regions: NumberRegions?
    /// The document whose parser this one reads; nil for the one that has parsed the text.
    private let parsed: JSONDocument?

    /// Parses a text.
    ///
    /// An array with 64 bytes of spare capacity is read in place; another is copied first.
    ///
    /// - Parameters:
    ///   - bytes: The text in UTF-8.
    ///   - limits: How deep and how long it may be.
    /// - Throws: `JSONError` of kind `syntax`, `tooDeep`, `tooLarge` or `numberTooLarge`.
    public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        guard bytes.count <= limits.maximumByteCount, let parser = Parser.take(for: bytes.count)
        else { throw Self.tooLarge(bytes.count) }
        self.parser = parser
        regions = nil
        parsed = nil
        switch parser.parse(bytes, maximumDepth: limits.maximumDepth) {
        case NABLA_JSON_PARSED: break
        case NABLA_JSON_TOO_LARGE:
            parser.release()
            throw Self.tooLarge(bytes.count)
        default:
            do {
                try parser.parseAgain(bytes, maximumDepth: limits.maximumDepth)
            } catch {
                parser.release()
                throw error
            }
        }
        tape = parser.tape
    }

    /// Parses a text but for its large arrays of numbers; nil where it has none, or where it must be
    /// read as a whole.
    @usableFromInline
    init?(
        apart bytes: [UInt8], limits: JSONLimits, sharing runner: PartRunner
    ) {
        guard bytes.count <= limits.maximumByteCount else { return nil }
        var taken: Parser?
        let regions = NumberRegions(of: bytes, sharing: runner) { rest in
            taken = Parser.take(for: rest.count)
            guard let parser = taken,
                parser.parse(rest, maximumDepth: limits.maximumDepth) == NABLA_JSON_PARSED
            else { return nil }
            return parser.tape
        }
        guard let regions, let parser = taken else {
            taken?.release()
            return nil
        }
        self.parser = parser
        self.regions = regions
        tape = parser.tape
        parsed = nil
    }

    /// Parses a text and reads what it says.
    ///
    /// Large arrays of numbers are read straight from the text, in parts that several threads can
    /// share. What `body` gives and throws is what it gives and throws for a document of the text,
    /// but it may be called twice; and what it doesn't read is checked all the same.
    ///
    /// - Parameters:
    ///   - bytes: The text in UTF-8.
    ///   - limits: How deep and how long it may be.
    ///   - runner: Runs the parts of large arrays.
    ///   - body: Reads the text's value, which isn't kept beyond that.
    /// - Returns: What `body` gives.
    /// - Throws: `JSONError` of kind `syntax`, `tooDeep`, `tooLarge` or `numberTooLarge`, and what
    ///   `body` throws.
    @inlinable
    public static func read<Value>(
        _ bytes: [UInt8], limits: JSONLimits = JSONLimits(), sharing runner: PartRunner = .serial,
        _ body: (JSONValue) throws -> Value
    ) throws -> Value {
        // Whatever goes wrong is told by the document of the whole text.
        if bytes.count >= leastApart,
            let document = JSONDocument(apart: bytes, limits: limits, sharing: runner),
            let value = try? body(document.root), document.isAllRead
        {
            return value
        }
        return try body(JSONDocument(parsing: bytes, limits: limits).root)
    }

    /// Shorter texts are parsed as a whole: their numbers are read in a few tens of microseconds.
    @usableFromInline static let leastApart = 32 << 10

    /// Whether all arrays that aren't on the tape were read, and so are what they seemed to be.
    @usableFromInline var isAllRead: Bool { regions?.areAllRead ?? true }

    /// Makes another object of a document, which keeps that one alive.
    init(sharing document: JSONDocument) {
        parser = document.parser
        tape = document.tape
        regions = document.regions
        parsed = document
    }

    deinit { if parsed == nil { parser.release() } }

    /// The value that the text is.
    public var root: JSONValue { JSONValue(document: self, index: 1) }

    private static func tooLarge(_ count: Int) -> JSONError {
        JSONError(.tooLarge, "a text of \(count) bytes is more than can be read")
    }
}

extension Parser {
    /// What it made of the last text.
    var tape: Tape {
        Tape(words: nabla_json_tape(handle), strings: nabla_json_strings(handle))
    }

    func parse(_ bytes: [UInt8], maximumDepth: Int) -> nabla_json_outcome {
        bytes.withUnsafeBufferPointer { text in
            // An empty array may have no address; any will do for no bytes.
            guard let start = text.baseAddress else { return NABLA_JSON_REFUSED }
            // The spare capacity of an array belongs to the same allocation: simdjson may read it.
            let padded = bytes.capacity - bytes.count >= Int(NABLA_JSON_PADDING)
            return nabla_json_parse(handle, start, text.count, padded, max(0, maximumDepth))
        }
    }

    /// Finds out why simdjson refused the text, and reads it after all where it is only that a
    /// number was written in a way that simdjson doesn't read: a whole number beyond 64 bits, an
    /// exponent of many digits.
    func parseAgain(_ bytes: [UInt8], maximumDepth: Int) throws(JSONError) {
        var scanner = SyntaxScanner(bytes, maximumDepth: maximumDepth)
        let numbers = try scanner.scan()
        var rewritten: [UInt8] = []
        rewritten.reserveCapacity(bytes.count + Int(NABLA_JSON_PADDING))
        var copied = 0
        for number in numbers {
            rewritten += bytes[copied..<number.range.lowerBound]
            rewritten += Array(number.value.description.utf8)
            copied = number.range.upperBound
        }
        rewritten += bytes[copied...]
        guard parse(rewritten, maximumDepth: maximumDepth) == NABLA_JSON_PARSED else {
            throw JSONError(.tooLarge, "a text of \(bytes.count) bytes is more than can be read")
        }
    }
}
