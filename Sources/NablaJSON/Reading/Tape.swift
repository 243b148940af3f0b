/// The types of word on simdjson's tape: the top byte of a word.
///
/// - Source: simdjson, doc/tape.md.
struct TapeType: Equatable {
    let byte: UInt8

    static let object = TapeType(byte: UInt8(ascii: "{"))
    static let array = TapeType(byte: UInt8(ascii: "["))
    static let string = TapeType(byte: UInt8(ascii: "\""))
    static let signed = TapeType(byte: UInt8(ascii: "l"))
    static let unsigned = TapeType(byte: UInt8(ascii: "u"))
    static let double = TapeType(byte: UInt8(ascii: "d"))
    static let yes = TapeType(byte: UInt8(ascii: "t"))
    static let no = TapeType(byte: UInt8(ascii: "f"))
    static let null = TapeType(byte: UInt8(ascii: "n"))

    /// Matches in a `switch`.
    static func ~= (pattern: TapeType, value: TapeType) -> Bool { pattern == value }
}

/// What simdjson makes of a text: a word or two for each token, and the decoded strings.
///
/// It belongs to a parser, so it may be read only while the parser's document is alive; whoever
/// gives one out holds the document. It isn't a reference itself, so that reading counts none.
/// Indices come from the tape, which simdjson made whole: they aren't checked again.
struct Tape {
    let words: UnsafePointer<UInt64>
    let strings: UnsafePointer<UInt8>

    @inline(__always)
    func type(at index: Int) -> TapeType { TapeType(byte: UInt8(words[index] >> 56)) }

    /// The index just behind the value that begins at `index`.
    @inline(__always)
    func end(of index: Int) -> Int {
        switch type(at: index) {
        case .object, .array: Int(words[index] & 0xFFFF_FFFF)
        case .signed, .unsigned, .double: index + 2
        default: index + 1
        }
    }

    /// How many values an array has, or fields an object.
    func count(of index: Int) -> Int {
        // simdjson's count has 24 bits, and stays at their maximum beyond it.
        let count = Int(words[index] >> 32 & 0xFF_FFFF)
        guard count == 0xFF_FFFF else { return count }
        var walked = 0
        var child = index + 1
        while child < end(of: index) - 1 {
            child = end(of: child)
            walked += 1
        }
        return type(at: index) == .object ? walked / 2 : walked
    }

    /// The decoded bytes of a string or key.
    @inline(__always)
    func string(at index: Int) -> UnsafeBufferPointer<UInt8> {
        let start = strings + Int(words[index] & 0xFF_FFFF_FFFF_FFFF)
        let count = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
        return UnsafeBufferPointer(start: start + 4, count: Int(count))
    }

    /// Whether the string or key at `index` is this name, byte for byte.
    @inline(__always)
    func string(at index: Int, is name: StaticString) -> Bool {
        let string = string(at: index)
        guard string.count == name.utf8CodeUnitCount, let start = string.baseAddress else {
            return false
        }
        return areEqual(start, name.utf8Start, count: string.count)
    }

    /// The RFC 6901 pointer to the value that begins at `target`, or to the value of the key that
    /// does.
    func pointer(to target: Int) -> String {
        var pointer = ""
        var place = 1
        while place != target {
            let isObject = type(at: place) == .object
            var child = place + 1
            var position = 0
            // The child that is the target or holds it is the last one to begin at or before it.
            while true {
                let value = isObject ? end(of: child) : child
                guard end(of: value) <= target else {
                    let token = isObject ? escaped(string(at: child)) : String(position)
                    pointer += "/" + token
                    if target < value { return pointer }
                    place = value
                    break
                }
                child = end(of: value)
                position += 1
            }
        }
        return pointer
    }

    private func escaped(_ key: UnsafeBufferPointer<UInt8>) -> String {
        var token = ""
        for character in String(decoding: key, as: UTF8.self).unicodeScalars {
            switch character {
            case "~": token += "~0"
            case "/": token += "~1"
            default: token.unicodeScalars.append(character)
            }
        }
        return token
    }
}
