import NablaJSON

/// What all lists have in common on the wire: `{"runs": […], "next_cursor": "…"}`, with a key of their
/// own.
enum ListPage {
    /// The page as the body of a message.
    ///
    /// - Parameters:
    ///   - items: What is on the page.
    ///   - key: What the list is called.
    ///   - nextCursor: What to ask for to get the next page; nil on the last.
    ///   - write: Writes an item.
    /// - Returns: The bytes of the body.
    static func json<Item>(
        of items: [Item], as key: StaticString, nextCursor: String?,
        _ write: (Item, inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key(key)
        writer.beginArray()
        for item in items { write(item, &writer) }
        writer.endArray()
        writer.field("next_cursor", nextCursor)
        writer.endObject()
        return writer.finish()
    }

    /// Reads a page.
    ///
    /// - Parameters:
    ///   - body: The body of a message.
    ///   - key: What the list is called.
    ///   - read: Reads an item.
    /// - Returns: What is on the page, and what to ask for to get the next one.
    /// - Throws: `Problem` when it isn't one.
    static func read<Item>(
        _ body: [UInt8], as key: StaticString, _ read: (JSONValue) throws -> Item
    ) throws(Problem) -> (items: [Item], nextCursor: String?) {
        try Problem.reporting {
            let object = try JSONDocument(parsing: body).root.anyObject()
            return (
                try object.read(key) { try $0.list(read) },
                try object.readIfPresent("next_cursor") { try $0.string() }
            )
        }
    }
}
