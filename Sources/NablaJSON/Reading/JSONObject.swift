/// An object without duplicate keys; iterating gives its fields in the order of the text.
public struct JSONObject: Sequence {
    /// The object as a value.
    public let value: JSONValue

    /// The marks of all its keys, which tell at once that most of the fields asked for aren't there.
    private let marks: UInt64

    /// Takes a value that is an object, and refuses it for a duplicate key.
    init(_ value: JSONValue) throws(JSONError) {
        self.value = value
        var marks: UInt64 = 0
        for key in KeyIndices(of: value) { marks |= value.tape.mark(of: key) }
        self.marks = marks
        try refuseDuplicates()
    }

    /// Takes a value that is an object, and refuses it for a duplicate key or, after that, for one
    /// that isn't known.
    init(_ value: JSONValue, known: [StaticString]) throws(JSONError) {
        self.value = value
        // One walk tells what is nearly always so: that all fields are among the first 64 known,
        // and none is there twice.
        let tape = value.tape
        var (marks, seen): (UInt64, UInt64) = (0, 0)
        var isFine = true
        for key in KeyIndices(of: value) {
            marks |= tape.mark(of: key)
            let place = known.firstIndex { tape.string(at: key, is: $0) } ?? 64
            let bit: UInt64 = 1 << UInt64(place)
            isFine = isFine && bit & ~seen != 0
            seen |= bit
        }
        self.marks = marks
        if !isFine { try refuseFields(but: known) }
    }

    /// How many fields it has.
    public var count: Int { value.tape.count(of: value.index) }

    /// Where the object is, as an RFC 6901 pointer; ask only for an error's sake.
    public var pointer: String { value.pointer }

    /// The value of a field, or nil when the object doesn't have it; a field that is null is there.
    public subscript(name: StaticString) -> JSONValue? {
        value.tape.field(name, of: value.index, marks: marks).map {
            JSONValue(document: value.document, index: $0)
        }
    }

    /// Gives the value of a field.
    ///
    /// - Throws: `JSONError` of kind `missingField`, which points at the object.
    public func required(_ name: StaticString) throws(JSONError) -> JSONValue {
        guard let field = self[name] else {
            throw JSONError(
                .missingField(name: name.description), "the field \"\(name)\" is missing",
                at: pointer)
        }
        return field
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

    var keyIndices: KeyIndices { KeyIndices(of: value) }
}

/// Where on the tape the keys of an object are.
struct KeyIndices: Sequence, IteratorProtocol {
    private let tape: Tape
    private var index: Int
    private let end: Int

    @inline(__always)
    init(of value: JSONValue) { self.init(of: value.index, on: value.tape) }

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

    @inline(__always)
    fileprivate func mark(of key: Int) -> UInt64 {
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
    /// Objects with this many fields at most have their keys compared each with each, which is quicker than
    /// hashing.
    private static let fewFields = 8

    /// Refuses duplicate fields, and then those that aren't known.
    private func refuseFields(but known: [StaticString]) throws(JSONError) {
        try refuseDuplicates()
        let tape = value.tape
        for key in keyIndices
        where !known.contains(where: { tape.string(at: key, is: $0) }) {
            throw unknownField(key, known: known.map(\.description))
        }
    }

    private func refuseDuplicates() throws(JSONError) {
        let tape = value.tape
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
        let name = String(decoding: value.tape.string(at: key), as: UTF8.self)
        return JSONError(
            .duplicateField(name: name), "the field \"\(shortened(name))\" is there twice",
            at: value.tape.pointer(to: key))
    }

    private func unknownField(_ key: Int, known: [String]) -> JSONError {
        let name = String(decoding: value.tape.string(at: key), as: UTF8.self)
        var detail = "there is no field \"\(shortened(name))\" here"
        let near = nearest(to: name, among: known)
        detail += near.map { "; did you mean \"\($0)\"?" } ?? "."
        let list = known.map { "\"\($0)\"" }.joined(separator: ", ")
        detail += known.isEmpty ? " The object has no fields" : " The fields are \(list)"
        return JSONError(
            .unknownField(known: known), detail, at: value.tape.pointer(to: key))
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
