/// The fields of a message: names and values in the order they were sent or added.
///
/// They are kept as the lines they are on the wire, so that sending them is one copy; a name is
/// looked for in the text, and a value becomes a string only when it is asked for. Names are
/// compared without regard to case (RFC 9110 §5.1), and white space around a value is no part of
/// it (§5.5).
public struct Fields: Sendable {
    /// Each line is a name, ":", a value between optional white space, and CRLF.
    ///
    /// No other control character but tab stands in it.
    private(set) var text: [UInt8] = []

    /// Makes an empty list.
    public init() {}

    /// Takes over lines that a parser has checked.
    init(text: [UInt8]) {
        self.text = text
    }

    /// The number of field lines.
    public var count: Int { lines.count }

    /// The first value under a name, or nil.
    public subscript(name: String) -> String? {
        firstValue(under: name).map(string)
    }

    /// Every value under a name, in order.
    public func values(of name: String) -> [String] {
        lines.filter { isNamed($0, name) }.map { string(value(of: $0, under: name)) }
    }

    /// Adds a line at the end.
    ///
    /// Control characters become spaces (RFC 9110 §5.5), so that a value which holds what a caller
    /// sent can't begin another line.
    ///
    /// - Parameters:
    ///   - name: A token such as `Content-Type`.
    ///   - value: The value; sent as UTF-8.
    public mutating func add(_ name: String, _ value: String) {
        var next = text.count
        let value = value.utf8.span
        let name = name.utf8.span
        text.append(addingCapacity: name.count + value.count + 4) { line in
            line.append(copying: name)
            line.append(": ")
            line.append(copying: value)
            line.appendLineEnd()
        }
        while let control = control(from: next) {
            text[control] = .space
            next = control + 1
        }
    }

    /// Adds lines that are written byte by byte, of which no caller has any part that wasn't checked.
    ///
    /// They are counted in debug builds alone.
    ///
    /// - Parameters:
    ///   - lines: How many lines.
    ///   - length: The most bytes that they can have.
    ///   - write: Appends them as they are on the wire, each with its CRLF.
    public mutating func add(
        unchecked lines: Int, atMost length: Int, _ write: (inout OutputSpan<UInt8>) -> Void
    ) {
        let start = text.count
        text.append(addingCapacity: length, initializingWith: write)
        assert(countLines(from: start) == lines)
    }

    /// How many lines begin from `start` on; nil where a control character is in one, or the last has no end.
    private func countLines(from start: Int) -> Int? {
        var (start, count) = (start, 0)
        while start < text.count {
            guard let end = text.span.firstControl(from: start), end + 1 < text.count,
                text[end] == .carriageReturn, text[end + 1] == .lineFeed
            else { return nil }
            (start, count) = (end + 2, count + 1)
        }
        return count
    }

    /// Where the last line's first control character is, from `start` on; its end is none.
    private func control(from start: Int) -> Int? {
        text.span.extracting(..<(text.count - 2)).firstControl(from: start)
    }

    /// Puts one line in the place of all that have its name.
    public mutating func set(_ name: String, to value: String) {
        var rest: [UInt8] = []
        for line in lines where !isNamed(line, name) {
            rest.append(contentsOf: text[line])
            rest.appendLineEnd()
        }
        text = rest
        add(name, value)
    }

    /// Every line, in order.
    public var all: [(name: String, value: String)] {
        lines.map { line in
            let colon = text[line].firstIndex(of: .colon) ?? line.upperBound
            let name = string(line.lowerBound..<colon)
            return (name: name, value: string(value(of: line, under: name)))
        }
    }

    // MARK: Where things are

    private var lines: [Range<Int>] {
        var lines: [Range<Int>] = []
        while let line = line(from: lines.last.map { $0.upperBound + 2 } ?? 0) {
            lines.append(line)
        }
        return lines
    }

    /// The line that begins at `start`, without its CRLF; nil behind the last.
    private func line(from start: Int) -> Range<Int>? {
        text.span.firstControl(from: start).map { start..<$0 }
    }

    private func firstValue(under name: String) -> Range<Int>? {
        var start = 0
        while let line = line(from: start) {
            if isNamed(line, name) { return value(of: line, under: name) }
            start = line.upperBound + 2
        }
        return nil
    }

    private func isNamed(_ line: Range<Int>, _ name: String) -> Bool {
        let colon = line.lowerBound + name.utf8.count
        guard colon < line.upperBound, text[colon] == .colon else { return false }
        let bytes = text.span.extracting(line.lowerBound..<colon)
        let name = name.utf8.span
        for index in bytes.indices where bytes[index].lowercased != name[index].lowercased {
            return false
        }
        return true
    }

    private func value(of line: Range<Int>, under name: String) -> Range<Int> {
        text.span.trimmed(line.lowerBound + name.utf8.count + 1..<line.upperBound)
    }

    private func string(_ range: Range<Int>) -> String { String(text.span.extracting(range)) }
}

extension Fields: ExpressibleByDictionaryLiteral {
    /// Lists lines in the order written; a name may stand more than once.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { add(name, value) }
    }
}
