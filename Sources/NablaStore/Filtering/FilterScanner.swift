/// Why a filter or an order can't be read.
public struct RunFilterError: Error, Sendable, Equatable {
    /// What is wrong, and what would be right.
    public let detail: String
    /// Where, in bytes of UTF-8 from the text's beginning.
    public let offset: Int
}

/// The words of a filter or an order, one after the other.
struct FilterScanner {
    /// A word.
    enum Token: Equatable {
        /// Letters, digits and what else stands in names and numbers, as in `metrics.loss` and `-1e3`.
        case word(String)
        /// What stood in single quotes.
        case text(String)
        /// What stood in double quotes: a text, or the key of a field.
        case quoted(String)
        /// What stood in backticks: the key of a field.
        case key(String)
        /// A comparison, a parenthesis or a comma.
        case symbol(String)
        /// The end of the text.
        case end
    }

    private let bytes: [UInt8]
    private var position = 0
    /// The word that comes next.
    private(set) var next = Token.end
    /// Where that word begins.
    private(set) var offset = 0
    /// Where the word before it ended.
    private(set) var previousEnd = 0

    init(_ text: String) throws(RunFilterError) {
        bytes = Array(text.utf8)
        try advance()
    }

    /// Goes on to the next word.
    mutating func advance() throws(RunFilterError) {
        previousEnd = position
        while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
        offset = position
        guard position < bytes.count else {
            next = .end
            return
        }
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "'"): next = .text(try quoted(by: byte))
        case UInt8(ascii: "\""): next = .quoted(try quoted(by: byte))
        case UInt8(ascii: "`"): next = .key(try quoted(by: byte))
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","):
            position += 1
            next = .symbol(String(decoding: [byte], as: UTF8.self))
        case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"):
            next = .symbol(try comparison())
        default:
            let start = position
            while position < bytes.count, FilterScanner.isWord(bytes[position]) { position += 1 }
            guard position > start else {
                let text = String(decoding: bytes[start...], as: UTF8.self)
                throw RunFilterError(
                    detail: "\"\(text.prefix(1))\" has no meaning here", offset: offset)
            }
            next = .word(String(decoding: bytes[start..<position], as: UTF8.self))
        }
    }

    /// Whether the next word is this one, in capitals or not.
    func isAt(_ keyword: String) -> Bool {
        if case .word(let word) = next { word.uppercased() == keyword } else { false }
    }

    /// Goes past the next word if it is this one, and says whether it was.
    mutating func skip(_ keyword: String) throws(RunFilterError) -> Bool {
        guard isAt(keyword) else { return false }
        try advance()
        return true
    }

    /// Goes past the next word if it is this symbol, and says whether it was.
    mutating func skip(symbol: String) throws(RunFilterError) -> Bool {
        guard next == .symbol(symbol) else { return false }
        try advance()
        return true
    }

    /// Says that something else was expected where the next word stands.
    func expected(_ what: String) -> RunFilterError {
        let found =
            switch next {
            case .word(let word): "\"\(word)\""
            case .text(let text): "'\(text)'"
            case .quoted(let text): "\"\(text)\""
            case .key(let key): "`\(key)`"
            case .symbol(let symbol): "\"\(symbol)\""
            case .end: "the end"
            }
        return RunFilterError(detail: "expected \(what), but found \(found)", offset: offset)
    }

    /// Reads up to the closing quote; a doubled one stands for itself.
    private mutating func quoted(by quote: UInt8) throws(RunFilterError) -> String {
        var content: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            guard byte == quote else {
                content.append(byte)
                continue
            }
            guard position < bytes.count, bytes[position] == quote else {
                return String(decoding: content, as: UTF8.self)
            }
            content.append(quote)
            position += 1
        }
        throw RunFilterError(detail: "this quote is never closed", offset: offset)
    }

    private mutating func comparison() throws(RunFilterError) -> String {
        let start = position
        while position < bytes.count, position - start < 2,
            [UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">")]
                .contains(bytes[position])
        { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        switch text {
        case "==": return "="
        case "<>": return "!="
        default:
            guard RunCondition.Comparison(rawValue: text) != nil else {
                throw RunFilterError(
                    detail: "\"\(text)\" is no comparison; there are =, !=, <, <=, > and >=",
                    offset: start)
            }
            return text
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "/"), 0x80...:
            true
        default: false
        }
    }
}

extension FilterScanner {
    /// Reads a field: `metrics.loss`, `` tags.`any key` ``, `params."any key"` or an attribute.
    mutating func field() throws(RunFilterError) -> RunField {
        guard case .word(let word) = next else { throw expected("a field: \(RunField.known)") }
        let start = offset
        let end = start + word.utf8.count
        try advance()
        var (prefix, key): (String?, String) = (nil, word)
        if let dot = word.firstIndex(of: ".") {
            prefix = String(word[..<dot])
            key = String(word[word.index(after: dot)...])
        }
        // A key in quotes stands right behind the dot.
        if key.isEmpty, offset == end {
            switch next {
            case .key(let quoted), .quoted(let quoted):
                key = quoted
                try advance()
            default: break
            }
        }
        guard !key.utf8.contains(0), let field = RunField(prefix: prefix, key: key) else {
            throw RunFilterError(
                detail: "there is nothing named \(word) in a run; there are \(RunField.known)",
                offset: start)
        }
        return field
    }
}
