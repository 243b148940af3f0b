import CSimdJSON

/// What texts have in common that differ in numbers alone.
///
/// A caller that asks the same thing again and again, each time with other numbers, sends the same
/// bytes around them. Where these were read once, comparing them is enough: a text of the form is
/// JSON because the one that the form was made of is, and says the same but for the numbers.
/// - Source: Bonetta & Brantner 2017, FAD.js: Fast JSON Data Access Using JIT-based Speculative
///   Optimizations.
public struct JSONForm: Sendable {
    /// Which of the numbers read are those of each array, in the order of `init`.
    public let ranges: [Range<Int>]
    /// How many numbers are read.
    public let count: Int
    /// The bytes around the numbers, and how many there are before each and behind the last.
    private let literals: [UInt8]
    private let literalCount: Int
    private let lengths: [UInt32]

    /// Makes the form of a text in which the numbers of some arrays may be others.
    ///
    /// - Parameters:
    ///   - text: A text.
    ///   - arrays: Arrays of numbers of the text's document, that was read as a whole.
    public init(of text: [UInt8], opening arrays: [JSONValue]) {
        let open = arrays.map { $0.numberOrdinals }
        var isOpen = [Bool](repeating: false, count: open.map(\.upperBound).max() ?? 0)
        for range in open { for ordinal in range { isOpen[ordinal] = true } }
        // How many open numbers there are before each.
        var places = [0]
        for isOpen in isOpen { places.append(places[places.count - 1] + (isOpen ? 1 : 0)) }
        ranges = open.map { places[$0.lowerBound]..<places[$0.upperBound] }
        count = places[places.count - 1]
        var literals: [UInt8] = []
        var lengths: [UInt32] = []
        var (ordinal, copied, known) = (0, 0, 0)
        for number in NumberTokens(text) {
            defer { ordinal += 1 }
            guard ordinal < isOpen.count, isOpen[ordinal] else { continue }
            literals += text[copied..<number.lowerBound]
            lengths.append(UInt32(literals.count - known))
            (copied, known) = (number.upperBound, literals.count)
        }
        literals += text[copied...]
        lengths.append(UInt32(literals.count - known))
        literalCount = literals.count
        literals += repeatElement(0, count: Int(NABLA_JSON_LITERAL_PADDING))
        self.literals = literals
        self.lengths = lengths
    }

    /// Reads the numbers of a text of this form.
    ///
    /// - Parameters:
    ///   - text: A text.
    ///   - type: What numbers are rounded to, as `JSONValue.numbers` does.
    ///   - body: Gets `count` numbers, those of the arrays as they come in the text.
    /// - Returns: Whether `body` was called: not for a text of another form, and not for one with numbers that
    ///   are better read as a whole, such as those beyond the type's range.
    @inlinable
    public func withNumbers<N: JSONNumber>(
        of text: [UInt8], as type: N.Type, _ body: (Span<N>) -> Void
    ) -> Bool {
        N.readForm(self, of: text, body)
    }

    /// Writes a text of this form.
    ///
    /// - Parameter numbers: `count` numbers, as they come in the text.
    /// - Returns: The text, each number as `JSONWriter` writes it.
    @inlinable
    public func text<N: JSONNumber>(with numbers: Span<N>) -> [UInt8] {
        precondition(numbers.count == count, "the form has another number of numbers")
        return N.writeForm(self, with: numbers)
    }

    /// Reads with `read`, which takes a text, the literals, their lengths, and where to store how many
    /// numbers.
    @inline(__always)
    func withNumbers<N: JSONNumber>(
        of text: [UInt8], _ body: (Span<N>) -> Void,
        reading read: (
            UnsafePointer<UInt8>, Int, UnsafePointer<UInt8>, Int, UnsafePointer<UInt32>, Int,
            UnsafeMutablePointer<N>
        ) -> Bool
    ) -> Bool {
        text.withUnsafeBufferPointer { text in
            literals.withUnsafeBufferPointer { literals in
                lengths.withUnsafeBufferPointer { lengths in
                    guard let start = text.baseAddress, let literals = literals.baseAddress,
                        let lengths = lengths.baseAddress
                    else { return false }
                    return withUnsafeTemporaryAllocation(of: N.self, capacity: max(count, 1)) {
                        guard let numbers = $0.baseAddress,
                            read(
                                start, text.count, literals, literalCount, lengths, count, numbers)
                        else { return false }
                        body(UnsafeBufferPointer(start: numbers, count: count).span)
                        return true
                    }
                }
            }
        }
    }

    /// Writes numbers between the literals.
    @inline(__always)
    func write<N: ShortestDecimalFormat & BinaryFloatingPoint>(_ numbers: Span<N>) -> [UInt8] {
        var bytes: [UInt8] = []
        let room = literals.count + count * (NumberText.maximumCount + 1) + NumberText.scratchCount
        bytes.append(atMost: room) { place in
            literals.withUnsafeBufferPointer { literals in
                numbers.withUnsafeBufferPointer { numbers in
                    FilledDecimals.with(numbers) { decimals in
                        guard var literal = literals.baseAddress else { return place }
                        let text = NumberText()
                        var end = place
                        for (index, length) in lengths.enumerated() {
                            end.update(from: literal, count: Int(length))
                            end += Int(length)
                            literal += Int(length)
                            guard index < count else { break }
                            // Without the comma.
                            end = text.write(decimals.take(atMost: 1), at: end) - 1
                        }
                        return end
                    }
                }
            }
        }
        return bytes
    }
}

extension JSONValue {
    /// Which numbers of the document are those in the value, counted in the order of the text.
    fileprivate var numberOrdinals: Range<Int> {
        let first = tape.numberCount(1..<index)
        return first..<first + tape.numberCount(index..<tape.end(of: index))
    }
}

extension Tape {
    /// How many numbers there are between two values.
    fileprivate func numberCount(_ range: Range<Int>) -> Int {
        var (index, count) = (range.lowerBound, 0)
        while index < range.upperBound {
            switch type(at: index) {
            case .signed, .unsigned, .double: (index, count) = (index + 2, count + 1)
            default: index += 1
            }
        }
        return count
    }
}

/// Where the numbers of a text are that is known to be JSON.
private struct NumberTokens: Sequence, IteratorProtocol {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    mutating func next() -> Range<Int>? {
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let start = position
                while position < text.count, NumberTokens.isInNumber(text[position]) {
                    position += 1
                }
                return start..<position
            default: position += 1
            }
        }
        return nil
    }

    private mutating func skipString() {
        position += 1
        while position < text.count, text[position] != UInt8(ascii: "\"") {
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position += 1
    }

    private static func isInNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
