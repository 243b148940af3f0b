/// The fields of a message: names and values in the order they were sent or added.
///
/// All names and values lie in one buffer, and a value becomes a string only when it is asked for.
/// Names are compared without regard to case (RFC 9110 §5.1).
public struct Fields: Sendable {
    /// Where a line lies in `text`: name from `name` to `nameEnd`, value from `value` to `end`.
    struct Line: Sendable {
        var name: UInt32
        var nameEnd: UInt32
        var value: UInt32
        var end: UInt32
    }

    private(set) var text: [UInt8] = []
    private(set) var lines: [Line] = []

    /// Makes an empty list.
    public init() {}

    /// Makes an empty list with room for so many lines and bytes of names and values.
    public init(lineCapacity: Int, byteCapacity: Int) {
        lines.reserveCapacity(lineCapacity)
        text.reserveCapacity(byteCapacity)
    }

    /// Takes over lines that a parser found in `text`.
    init(text: [UInt8], lines: [Line]) {
        self.text = text
        self.lines = lines
    }

    /// The number of field lines.
    public var count: Int { lines.count }

    /// The first value under a name, or nil.
    public subscript(name: String) -> String? {
        guard let line = lines.first(where: { isNamed($0, name) }) else { return nil }
        return value(of: line)
    }

    /// Every value under a name, in order.
    public func values(of name: String) -> [String] {
        lines.filter { isNamed($0, name) }.map(value(of:))
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
        let start = text.count
        text.append(contentsOf: name.utf8)
        let nameEnd = text.count
        text.append(contentsOf: ": ".utf8)
        let valueStart = text.count
        text.append(contentsOf: value.utf8)
        while let control = text.span.firstControl(from: start) { text[control] = .space }
        lines.append(
            Line(
                name: UInt32(truncatingIfNeeded: start),
                nameEnd: UInt32(truncatingIfNeeded: nameEnd),
                value: UInt32(truncatingIfNeeded: valueStart),
                end: UInt32(truncatingIfNeeded: text.count)))
    }

    /// Puts one line in the place of all that have its name.
    public mutating func set(_ name: String, to value: String) {
        lines = lines.filter { !isNamed($0, name) }
        add(name, value)
    }

    /// Every line, in order.
    public var all: [(name: String, value: String)] {
        lines.map { line in
            (name: string(Int(line.name)..<Int(line.nameEnd)), value: value(of: line))
        }
    }

    private func isNamed(_ line: Line, _ name: String) -> Bool {
        let length = Int(line.nameEnd - line.name)
        guard name.utf8.count == length else { return false }
        var index = Int(line.name)
        for byte in name.utf8 {
            guard text[index].lowercased == byte.lowercased else { return false }
            index += 1
        }
        return true
    }

    private func value(of line: Line) -> String { string(Int(line.value)..<Int(line.end)) }

    private func string(_ range: Range<Int>) -> String {
        text.withUnsafeBufferPointer { text in
            String(decoding: text[range], as: UTF8.self)
        }
    }
}

extension Fields: ExpressibleByDictionaryLiteral {
    /// Lists lines in the order written; a name may stand more than once.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { add(name, value) }
    }
}
