/// A strict reader of RFC 8259 that makes no values: it finds the byte at which a text goes wrong.
///
/// simdjson says that a text is wrong, but not where. So this runs after simdjson has refused a
/// text, never before. It stops at the first byte that can't go on from what stands before it.
struct SyntaxScanner {
    /// A number that only a float64 can hold, in a form that simdjson doesn't read.
    struct LongNumber {
        let range: Range<Int>
        let value: Double
    }

    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var position = 0
    /// The closing brackets awaited, outermost first.
    private var awaited: [UInt8] = []
    private var longNumbers: [LongNumber] = []

    init(_ bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// Reads the whole text.
    ///
    /// - Throws: What is wrong with it, if anything is.
    mutating func scan() throws(JSONError) -> [LongNumber] {
        repeat {
            skipSpace()
            guard try scanValue() else { continue }
            try closeBrackets()
        } while !awaited.isEmpty
        skipSpace()
        if next != nil { throw unexpected("nothing more after the value") }
        return longNumbers
    }

    /// Reads a value, or the beginning of an array or object that holds something; says whether the
    /// value ended.
    private mutating func scanValue() throws(JSONError) -> Bool {
        switch next {
        case UInt8(ascii: "["): return try open(closing: UInt8(ascii: "]"))
        case UInt8(ascii: "{"): return try open(closing: UInt8(ascii: "}"))
        case UInt8(ascii: "\""): try scanString()
        case UInt8(ascii: "-"): try scanNumber()
        case .some(let byte) where isDigit(byte): try scanNumber()
        case UInt8(ascii: "t"): try scanWord("true")
        case UInt8(ascii: "f"): try scanWord("false")
        case UInt8(ascii: "n"): try scanWord("null")
        default: throw unexpected("a value")
        }
        return true
    }

    private mutating func open(closing: UInt8) throws(JSONError) -> Bool {
        let start = position
        position += 1
        skipSpace()
        if next == closing {
            position += 1
            return true
        }
        guard awaited.count < maximumDepth else {
            throw JSONError(
                .tooDeep(offset: start),
                "more than \(maximumDepth) arrays and objects are open at byte \(start)")
        }
        awaited.append(closing)
        if closing == UInt8(ascii: "}") { try scanKey("a key in quotes or }") }
        return false
    }

    /// After a value: reads closing brackets up to the comma before the next value, or to the end.
    private mutating func closeBrackets() throws(JSONError) {
        while let closing = awaited.last {
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
                if closing == UInt8(ascii: "}") {
                    skipSpace()
                    try scanKey("a key in quotes")
                }
                return
            }
            guard next == closing else {
                throw unexpected("a comma or \(Character(UnicodeScalar(closing)))")
            }
            position += 1
            awaited.removeLast()
        }
    }

    private mutating func scanKey(_ expected: String) throws(JSONError) {
        guard next == UInt8(ascii: "\"") else { throw unexpected(expected) }
        try scanString()
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw unexpected("a colon after the key") }
        position += 1
    }

    private mutating func scanWord(_ word: StaticString) throws(JSONError) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard next == word.utf8Start[offset] else { throw unexpected("\(word)") }
            position += 1
        }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private func unexpected(_ expected: String) -> JSONError {
        let found =
            switch next {
            case nil: "the text ends"
            case .some(let byte) where byte > 0x20 && byte < 0x7F:
                "there is '\(Character(UnicodeScalar(byte)))'"
            case .some(let byte): "there is the byte 0x\(String(byte, radix: 16, uppercase: true))"
            }
        return JSONError(
            .syntax(offset: position), "at byte \(position) \(found) where \(expected) should be")
    }
}

// MARK: - Numbers

extension SyntaxScanner {
    /// RFC 8259, section 6.
    private mutating func scanNumber() throws(JSONError) {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") {
            position += 1
            if let byte = next, isDigit(byte) {
                throw unexpected("the end of the number 0")
            }
        } else {
            try scanDigits()
        }
        var isWhole = true
        if next == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try scanDigits()
        }
        var exponentDigits = 0
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            let first = position
            try scanDigits()
            exponentDigits = position - first
        }
        try noteNumber(start..<position, isWhole: isWhole, exponentDigits: exponentDigits)
    }

    private mutating func scanDigits() throws(JSONError) {
        guard let byte = next, isDigit(byte) else { throw unexpected("a digit") }
        while let byte = next, isDigit(byte) { position += 1 }
    }

    private mutating func noteNumber(
        _ range: Range<Int>, isWhole: Bool, exponentDigits: Int
    ) throws(JSONError) {
        // A short number is neither out of range nor long; parsing it again would only cost time.
        guard range.count >= 19 || exponentDigits > 2 else { return }
        let text = String(decoding: bytes[range], as: UTF8.self)
        if isWhole, Int64(text) != nil || UInt64(text) != nil { return }
        guard let value = Double(text), value.isFinite else {
            throw JSONError(
                .numberTooLarge(offset: range.lowerBound),
                "the number at byte \(range.lowerBound) is beyond ±1.8e308, the range of a float64")
        }
        if isWhole || exponentDigits > 3 {
            longNumbers.append(LongNumber(range: range, value: value))
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}

// MARK: - Strings

extension SyntaxScanner {
    /// RFC 8259, section 7, and the well-formed sequences of the Unicode Standard, table 3-7.
    private mutating func scanString() throws(JSONError) {
        position += 1
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"): try scanEscape()
            case 0x00..<0x20: throw unexpected("a control character's escape")
            case 0x20..<0x80: position += 1
            default: try scanMultibyte(lead: byte)
            }
        }
        throw unexpected("a closing quote")
    }

    private mutating func scanEscape() throws(JSONError) {
        let start = position
        position += 1
        guard let byte = next else { throw unexpected("an escaped character") }
        guard byte == UInt8(ascii: "u") else {
            guard #""\/bfnrt"#.utf8.contains(byte) else {
                throw unexpected(#"one of "\/bfnrtu after a backslash"#)
            }
            position += 1
            return
        }
        let unit = try scanHexadecimal()
        guard (0xD800..<0xE000).contains(unit) else { return }
        let half = JSONError(
            .syntax(offset: start), "the escape at byte \(start) is half of a surrogate pair")
        guard unit < 0xDC00 else { throw half }
        if next == UInt8(ascii: "\\") {
            position += 1
            if next == UInt8(ascii: "u") {
                guard (0xDC00..<0xE000).contains(try scanHexadecimal()) else { throw half }
                return
            }
        }
        throw next == nil ? unexpected("the other half of a surrogate pair") : half
    }

    /// Reads a `u` and four digits.
    private mutating func scanHexadecimal() throws(JSONError) -> UInt32 {
        position += 1
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw unexpected("a hexadecimal digit")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    private mutating func scanMultibyte(lead: UInt8) throws(JSONError) {
        let (count, second): (Int, ClosedRange<UInt8>)
        switch lead {
        case 0xC2...0xDF: (count, second) = (2, 0x80...0xBF)
        case 0xE0: (count, second) = (3, 0xA0...0xBF)
        case 0xED: (count, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (count, second) = (3, 0x80...0xBF)
        case 0xF0: (count, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (count, second) = (4, 0x80...0xBF)
        case 0xF4: (count, second) = (4, 0x80...0x8F)
        default: throw unexpected("UTF-8")
        }
        for offset in 1..<count {
            let allowed = offset == 1 ? second : 0x80...0xBF
            guard position + offset < bytes.count, allowed.contains(bytes[position + offset]) else {
                throw unexpected("UTF-8")
            }
        }
        position += count
    }
}
