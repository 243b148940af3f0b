/// What is wrong with a JSON text, or with a value in it.
public struct JSONError: Error, Sendable, Equatable {
    /// What kind of wrong it is.
    ///
    /// Offsets count bytes from the start of the text.
    public enum Kind: Sendable, Equatable {
        /// The text isn't JSON; `offset` is that of the first byte that can't stand where it
        /// stands.
        case syntax(offset: Int)
        /// More arrays and objects are open than the limits allow.
        case tooDeep(offset: Int)
        /// The text is longer than the limits allow, or than there is memory for.
        case tooLarge
        /// A number beyond ±1.8 × 10³⁰⁸, which no float64 can hold.
        case numberTooLarge(offset: Int)
        case wrongType(expected: JSONKind, found: JSONKind)
        /// A field that the object may not have; `known` are those it may.
        case unknownField(known: [String])
        case missingField(name: String)
        case duplicateField(name: String)
        /// An array whose rows differ in length or depth.
        case ragged
        /// A number of the right kind that the type wanted can't hold.
        case outOfRange
        /// A string that isn't base64, or not that of whole numbers; `offset` is within the string.
        case base64(offset: Int)
    }

    /// What kind of wrong it is.
    public let kind: Kind
    /// What is wrong and what would be right, as a sentence without a full stop.
    public let detail: String
    /// Where it is, as an RFC 6901 pointer, or nil where only an offset can say.
    public let pointer: String?

    init(_ kind: Kind, _ detail: String, at pointer: String? = nil) {
        self.kind = kind
        self.detail = detail
        self.pointer = pointer
    }
}

/// The kinds of JSON value.
public enum JSONKind: String, Sendable, CaseIterable {
    case object
    case array
    case string
    case number
    case boolean
    case null

    /// The kind as a sentence names it: "an object".
    public var phrase: String {
        switch self {
        case .object, .array: "an \(rawValue)"
        case .string, .number, .boolean: "a \(rawValue)"
        case .null: "null"
        }
    }
}
