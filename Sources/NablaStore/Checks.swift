/// Whether `text` is a UUID in lower case, as `8-4-4-4-12` hexadecimal digits.
func isRunID(_ text: String) -> Bool {
    let bytes = text.utf8
    guard bytes.count == 36 else { return false }
    return bytes.enumerated().allSatisfy { index, byte in
        switch index {
        case 8, 13, 18, 23: byte == UInt8(ascii: "-")
        default: (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
        }
    }
}

/// The longest text or blob, in bytes: SQLite's own default limit.
///
/// Checked here because GRDB ends the process when a value can't be bound.
private let maximumLength = 1_000_000_000

extension StoreError {
    /// Refuses what SQLite would cut short: a text ends at its first NUL there.
    static func check(text: String?, named name: String) throws(StoreError) {
        guard let text else { return }
        guard !text.utf8.contains(0) else {
            throw .invalidValue(why: "The \(name) contains a NUL character")
        }
        try check(length: text.utf8.count, named: name)
    }

    /// Refuses what is longer than SQLite can hold.
    static func check(length: Int, named name: String) throws(StoreError) {
        guard length <= maximumLength else {
            throw .invalidValue(why: "The \(name) is longer than \(maximumLength) bytes")
        }
    }

    /// Refuses NaN, which SQLite would store as NULL, and keys that it would cut short.
    static func check(metric key: String, _ value: Double) throws(StoreError) {
        try check(text: key, named: "metric's key")
        guard !value.isNaN else { throw .invalidValue(why: "The metric \(key) is NaN") }
    }

    static func check(tags: [String: String]) throws(StoreError) {
        for (key, value) in tags {
            try check(text: key, named: "tag's key")
            guard !key.isEmpty else { throw .invalidValue(why: "a tag's key is empty") }
            try check(text: value, named: "tag's value")
        }
    }
}
