/// An object without duplicate keys; iterating gives its fields in the order of the text.
public struct JSONObject: Sequence {
    /// The object as a value.
    public let value: JSONValue

    /// The marks of all its keys, which tell at once that most fields asked for aren't there.
    private let marks: UInt64

    init(value: JSONValue, marks: UInt64) {
        self.value = value
        self.marks = marks
    }

    /// How many fields it has.
    public var count: Int { tape.count(of: value.index) }

    /// Where the object is, as an RFC 6901 pointer; ask only for an error's sake.
    public var pointer: String { value.pointer }

    /// The value of a field, or nil when the object doesn't have it; a field that is null is there.
    @inlinable
    public subscript(name: StaticString) -> JSONValue? {
        // In two steps, so that asking for a field that isn't there counts no reference.
        guard let index = index(of: name) else { return nil }
        return value(at: index)
    }

    @usableFromInline
    func index(of name: StaticString) -> Int? {
        tape.field(name, of: value.index, marks: marks)
    }

    @usableFromInline
    func value(at index: Int) -> JSONValue { JSONValue(document: value.document, index: index) }

    /// Gives the value of a field.
    ///
    /// - Throws: `JSONError` of kind `missingField`, which points at the object.
    @inlinable
    public func required(_ name: StaticString) throws(JSONError) -> JSONValue {
        guard let index = index(of: name) else { throw missing(name) }
        return value(at: index)
    }

    @usableFromInline
    func missing(_ name: StaticString) -> JSONError {
        JSONError(
            .missingField(name: name.description), "the field \"\(name)\" is missing", at: pointer)
    }

    /// The fields in the order of the text.
    public func makeIterator() -> Iterator { Iterator(document: value.document, keys: keyIndices) }

    /// Goes through the fields of an object.
    public struct Iterator: IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var keys: KeyIndices

        /// The next field, or nil after the last.
        public mutating func next() -> (key: String, value: JSONValue)? {
            guard let index = keys.next() else { return nil }
            return (
                String(decoding: document.tape.string(at: index), as: UTF8.self),
                JSONValue(document: document, index: index + 1)
            )
        }
    }

    private var tape: Tape { value.tape }

    private var keyIndices: KeyIndices { KeyIndices(of: value.index, on: tape) }
}

/// Where on the tape the keys of an object are.
struct KeyIndices: Sequence, IteratorProtocol {
    private let tape: Tape
    private var index: Int
    private let end: Int

    @inline(__always)
    init(of object: Int, on tape: Tape) {
        self.tape = tape
        index = object + 1
        end = tape.end(of: object) - 1
    }

    @inline(__always)
    mutating func next() -> Int? {
        guard index < end else { return nil }
        let key = index
        index = tape.end(of: key + 1)
        return key
    }
}

extension Tape {
    /// Finds a field.
    ///
    /// - Parameters:
    ///   - name: The field's name.
    ///   - object: The index of the object.
    ///   - marks: Those of all its keys, or all there are where they aren't known.
    /// - Returns: The index of its value, or nil when the object doesn't have it.
    func field(_ name: StaticString, of object: Int, marks: UInt64) -> Int? {
        guard marks & Self.mark(name.utf8Start, count: name.utf8CodeUnitCount) != 0 else {
            return nil
        }
        for key in KeyIndices(of: object, on: self) where string(at: key, is: name) {
            return key + 1
        }
        return nil
    }

    /// The marks of all keys of an object.
    func marks(of object: Int) -> UInt64 {
        var marks: UInt64 = 0
        for key in KeyIndices(of: object, on: self) { marks |= mark(of: key) }
        return marks
    }

    /// The marks of all keys of an object, and whether all are known and none is there twice; it
    /// may fail to see that where there are more than 64 known.
    func marks(of object: Int, known: [StaticString]) -> (marks: UInt64, areFine: Bool) {
        var (marks, seen): (UInt64, UInt64) = (0, 0)
        var areFine = true
        for key in KeyIndices(of: object, on: self) {
            marks |= mark(of: key)
            let place = known.firstIndex { string(at: key, is: $0) } ?? 64
            let bit: UInt64 = 1 << UInt64(place)
            areFine = areFine && bit & ~seen != 0
            seen |= bit
        }
        return (marks, areFine)
    }

    @inline(__always)
    private func mark(of key: Int) -> UInt64 {
        let key = string(at: key)
        return key.baseAddress.map { Self.mark($0, count: key.count) } ?? 0
    }

    /// One bit of 64 for a name, from its length and first byte: a name without bytes ends in a 0.
    @inline(__always)
    private static func mark(_ name: UnsafePointer<UInt8>, count: Int) -> UInt64 {
        1 &<< UInt64(truncatingIfNeeded: count &+ Int(name.pointee))
    }
}

// MARK: - Refusals

extension JSONObject {
    /// Objects with this many fields at most have their keys compared each with each, which is
    /// quicker than hashing.
    private static let fewFields = 8

    /// Refuses duplicate fields, and then those that aren't known.
    func refuseFields(but known: [StaticString]) throws(JSONError) {
        try refuseDuplicates()
        for key in keyIndices
        where !known.contains(where: { tape.string(at: key, is: $0) }) {
            throw unknownField(key, known: known.map(\.description))
        }
    }

    /// Refuses duplicate fields.
    func refuseDuplicates() throws(JSONError) {
        guard count > Self.fewFields else {
            for key in keyIndices {
                let name = tape.string(at: key)
                for earlier in keyIndices {
                    if earlier == key { break }
                    if areEqual(tape.string(at: earlier), name) { throw duplicate(key) }
                }
            }
            return
        }
        var seen = Set<KeyBytes>(minimumCapacity: count)
        for key in keyIndices where !seen.insert(KeyBytes(bytes: tape.string(at: key))).inserted {
            throw duplicate(key)
        }
    }

    private func duplicate(_ key: Int) -> JSONError {
        let name = String(decoding: tape.string(at: key), as: UTF8.self)
        return JSONError(
            .duplicateField(name: name), "the field \"\(shortened(name))\" is there twice",
            at: tape.pointer(to: key))
    }

    private func unknownField(_ key: Int, known: [String]) -> JSONError {
        let name = String(decoding: tape.string(at: key), as: UTF8.self)
        var detail = "there is no field \"\(shortened(name))\" here"
        let near = nearest(to: name, among: known)
        detail += near.map { "; did you mean \"\($0)\"?" } ?? "."
        let list = known.map { "\"\($0)\"" }.joined(separator: ", ")
        detail += known.isEmpty ? " The object has no fields" : " The fields are \(list)"
        return JSONError(
            .unknownField(known: known), detail, at: tape.pointer(to: key))
    }

    /// So that a message doesn't grow with what was sent.
    private func shortened(_ name: String) -> String {
        name.count <= 64 ? name : name.prefix(64) + "…"
    }

    /// A key as a member of a set.
    ///
    /// The hash is seeded for each process, so no text can be built against it.
    private struct KeyBytes: Hashable {
        let bytes: UnsafeBufferPointer<UInt8>

        static func == (one: KeyBytes, other: KeyBytes) -> Bool { areEqual(one.bytes, other.bytes) }

        func hash(into hasher: inout Hasher) {
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
    }
}
