import Crypto

/// The SHA-256 of a token's text, which is all that is kept of it.
///
/// No salt and no slow hash: a token is 256 random bits, which nobody finds by trying.
struct TokenDigest: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// The digest of a text.
    init(of text: some StringProtocol) {
        var hash = SHA256()
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable {
            hash.update(bufferPointer: UnsafeRawBufferPointer($0))
        }
        if isDone == nil { hash.update(data: Array(text.utf8)) }
        words = hash.finalize().withUnsafeBytes(TokenDigest.words)
    }

    /// The digest with those 32 bytes; nil for another number of them.
    init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        words = bytes.withUnsafeBytes(TokenDigest.words)
    }

    /// The 32 bytes.
    var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    private static func words(
        _ bytes: UnsafeRawBufferPointer
    ) -> (UInt64, UInt64, UInt64, UInt64) {
        func word(_ index: Int) -> UInt64 {
            bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
        }
        return (word(0), word(1), word(2), word(3))
    }

    /// Compares all bits whatever the first ones are, so that the time it takes tells nothing.
    static func == (one: TokenDigest, other: TokenDigest) -> Bool {
        let first = (one.words.0 ^ other.words.0) | (one.words.1 ^ other.words.1)
        let second = (one.words.2 ^ other.words.2) | (one.words.3 ^ other.words.3)
        return first | second == 0
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

/// Draws the texts of tokens.
enum TokenText {
    /// What every token begins with, so that one that leaks is recognised.
    static let prefix = "nabla_"

    /// A new token: the prefix and 256 bits of the system's randomness in base64url (RFC 4648, section 5).
    static func draw() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text = Array(prefix.utf8)
        var bits: UInt64 = 0
        var count = 0
        for _ in 0..<32 {
            bits = bits << 8 | UInt64(UInt8.random(in: .min ... .max, using: &generator))
            count += 8
            while count >= 6 {
                count -= 6
                text.append(digits[Int(bits >> UInt64(count) & 63)])
            }
        }
        text.append(digits[Int(bits << UInt64(6 - count) & 63)])
        return String(decoding: text, as: UTF8.self)
    }
}
