/// An array; iterating gives its values in order.
public struct JSONArray: Sequence {
    /// The array as a value.
    public let value: JSONValue

    /// How many values it has.
    public var count: Int { value.tape.count(of: value.index) }

    /// Where the array is, as an RFC 6901 pointer; ask only for an error's sake.
    public var pointer: String { value.pointer }

    /// How many values it has, so that what is made of them has its room at once.
    public var underestimatedCount: Int { count }

    /// The values in order.
    public func makeIterator() -> Iterator {
        Iterator(
            document: value.document, index: value.index + 1,
            end: value.tape.end(of: value.index) - 1)
    }

    /// Goes through the values of an array.
    public struct Iterator: IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var index: Int
        fileprivate let end: Int

        /// The next value, or nil after the last.
        public mutating func next() -> JSONValue? {
            guard index < end else { return nil }
            let value = JSONValue(document: document, index: index)
            index = document.tape.end(of: index)
            return value
        }
    }
}
