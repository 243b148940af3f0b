/// The names that datasets and networks are stored under.
public enum StoredName {
    /// The longest name, in characters.
    public static let maximumLength = 128

    /// Refuses a name that isn't 1 to 128 letters, digits, `.`, `_` and `-`, or that is `.` or `..` or looks
    /// like an id.
    ///
    /// - Throws: `Problem`.
    public static func check(_ name: String) throws(Problem) {
        let bytes = name.utf8
        let isPlain = bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...maximumLength).contains(bytes.count), name != ".", name != "..",
            !isID(name)
        else {
            throw Problem(
                .outOfRange,
                "a name has 1 to \(maximumLength) letters, digits, \".\", \"_\" and \"-\", and does "
                    + "not look like an id, but this is \"\(name.prefix(200))\"")
        }
    }

    /// Whether a text is written as an id is.
    public static func isID(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default: (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
            }
        }
    }
}
