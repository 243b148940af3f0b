/// An object without duplicate keys; iterating gives its fields in the order of the text.
public struct JSONObject: Sequence {
    /// The object as a value.
    public let value: JSONValue

    init(value: JSONValue) { self.value = value }

    /// How many fields it has.
    public var count: Int { value.tape.count(of: value.index) }

    /// Where the object is, as an RFC 6901 pointer; ask only for an error's sake.
    public var pointer: String { value.pointer }

    /// The value of a field, or nil when the object doesn't have it; a field that is null is there.
    public subscript(name: String) -> JSONValue? {
        let tape = value.tape
        for key in keyIndices where tape.key(key, is: name) {
            return JSONValue(document: value.document, index: key + 1)
        }
        return nil
    }

    /// Gives the value of a field.
    ///
    /// - Throws: `JSONError` of kind `missingField`, which points at the object.
    public func required(_ name: String) throws(JSONError) -> JSONValue {
        guard let field = self[name] else {
            throw JSONError(
                .missingField(name: name), "the field \"\(name)\" is missing", at: pointer)
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

    var keyIndices: KeyIndices {
        KeyIndices(
            tape: value.tape, index: value.index + 1, end: value.tape.end(of: value.index) - 1)
    }

    /// Where on the tape the keys of an object are.
    struct KeyIndices: Sequence, IteratorProtocol {
        let tape: Tape
        var index: Int
        let end: Int

        mutating func next() -> Int? {
            guard index < end else { return nil }
            defer { index = tape.end(of: index + 1) }
            return index
        }
    }
}

// MARK: - Refusals

extension JSONObject {
    /// Keys with this many fields at most are compared each with each, which is quicker than
    /// hashing.
    private static let fewFields = 8

    func refuseDuplicates() throws(JSONError) {
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

    func unknownField(_ key: Int, known: [String]) -> JSONError {
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
