/// A value in a document: cheap to copy, and able to say where it is.
///
/// Every accessor throws `JSONError` of kind `wrongType` when the value is of another kind.
public struct JSONValue {
    let document: JSONDocument
    /// Where on the tape the value begins.
    let index: Int

    var tape: Tape { document.tape }

    /// The region that it stands for on the tape, and its number.
    @inline(__always)
    var region: (regions: NumberRegions, number: Int)? {
        guard let regions = document.regions else { return nil }
        return regions.number(at: index).map { (regions, $0) }
    }

    /// The same value, in an object of the document that is its own.
    ///
    /// Values count references to their document. Threads that read values of one object wait for
    /// one another to do so; threads that read separated values don't.
    public func separated() -> JSONValue {
        JSONValue(document: JSONDocument(sharing: document), index: index)
    }

    /// What kind of value it is.
    public var kind: JSONKind {
        switch tape.type(at: index) {
        case .object: .object
        case .array: .array
        case .string: .string
        case .signed, .unsigned, .double: .number
        case .yes, .no: .boolean
        default: .null
        }
    }

    /// Whether it is an object.
    public var isObject: Bool { tape.type(at: index) == .object }

    /// Whether it is a string.
    public var isString: Bool { tape.type(at: index) == .string }

    /// Whether it is null.
    public var isNull: Bool { tape.type(at: index) == .null }

    /// Where the value is, as an RFC 6901 pointer; found by a walk from the root, so ask only for
    /// an error's sake.
    public var pointer: String { tape.pointer(to: index) }

    /// Reads a string.
    public func string() throws(JSONError) -> String {
        try expect(.string)
        guard region == nil else { throw NumberRegions.isNone }
        return String(decoding: tape.string(at: index), as: UTF8.self)
    }

    /// Reads a boolean.
    public func bool() throws(JSONError) -> Bool {
        try expect(.boolean)
        return tape.type(at: index) == .yes
    }

    /// Reads a whole number, which may be written as `3`, `3.0` or `3e0`.
    ///
    /// - Throws: `JSONError` also of kind `outOfRange` for a number with a fraction or beyond 64
    ///   bits.
    public func int() throws(JSONError) -> Int {
        try expect(.number)
        let bits = tape.words[index + 1]
        let value: Int? =
            switch tape.type(at: index) {
            case .signed: Int(truncatingIfNeeded: bits)
            case .unsigned: Int(exactly: bits)
            default: Int(exactly: Double(bitPattern: bits))
            }
        guard let value else {
            throw JSONError(
                .outOfRange, "expected a whole number within 64 bits, found \(number)", at: pointer)
        }
        return value
    }

    /// Reads a number as float64; a whole number beyond 2⁵³ is rounded to nearest.
    public func double() throws(JSONError) -> Double {
        try expect(.number)
        return number
    }

    /// Reads an array.
    public func array() throws(JSONError) -> JSONArray {
        try expect(.array)
        guard region == nil else { throw NumberRegions.isNone }
        return JSONArray(value: self)
    }

    /// Reads an object that may have these fields and no others.
    ///
    /// - Parameter known: The names of the fields.
    /// - Returns: The object, all of whose fields are known.
    /// - Throws: `JSONError` also of kind `unknownField`, whose detail suggests the nearest known
    ///   name, and `duplicateField`; both point at the field.
    public func object(_ known: [StaticString]) throws(JSONError) -> JSONObject {
        try expect(.object)
        // One walk tells what is nearly always so.
        let (marks, areFine) = tape.marks(of: index, known: known)
        let object = JSONObject(value: self, marks: marks)
        if !areFine { try object.refuseFields(but: known) }
        return object
    }

    /// Reads an object with fields of any names.
    ///
    /// - Throws: `JSONError` also of kind `duplicateField`, which points at the field.
    public func anyObject() throws(JSONError) -> JSONObject {
        try expect(.object)
        let object = JSONObject(value: self, marks: tape.marks(of: index))
        try object.refuseDuplicates()
        return object
    }

    /// Whether the value is an object with such a field; the object isn't checked for duplicates.
    public func hasField(_ name: StaticString) -> Bool {
        isObject && tape.field(name, of: index, marks: .max) != nil
    }

    /// Whether the value is this string, byte for byte, as a case of a `switch` asks.
    public static func ~= (pattern: StaticString, value: JSONValue) -> Bool {
        value.isString && value.tape.string(at: value.index, is: pattern)
    }

    private func expect(_ expected: JSONKind) throws(JSONError) {
        guard kind == expected else { throw wrongType(expected) }
    }

    func wrongType(_ expected: JSONKind) -> JSONError {
        JSONError(
            .wrongType(expected: expected, found: kind),
            "expected \(expected.phrase), found \(kind.phrase)", at: pointer)
    }

    private var number: Double {
        let bits = tape.words[index + 1]
        return switch tape.type(at: index) {
        case .signed: Double(Int64(bitPattern: bits))
        case .unsigned: Double(bits)
        default: Double(bitPattern: bits)
        }
    }
}
