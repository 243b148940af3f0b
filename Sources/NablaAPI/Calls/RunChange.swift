public import NablaJSON

/// The body of `PATCH /runs/{id}`: a JSON merge patch of what people say of a run.
///
/// - Source: RFC 7396: a field that is left out stays as it is, one that is null goes.
public struct RunChange: Sendable, Equatable {
    /// The new name; `.some(nil)` takes it away, nil (the default) leaves it.
    public var name: String??
    /// The tags to set, by key; nil takes a tag away, others stay.
    public var tags: [String: String?]
    /// The new notes; `.some(nil)` takes them away, nil (the default) leaves them.
    public var notes: String??

    /// Makes a change, by default none.
    public init(name: String?? = nil, tags: [String: String?] = [:], notes: String?? = nil) {
        self.name = name
        self.tags = tags
        self.notes = notes
    }

    /// The media types its body may have.
    public static let mediaTypes = ["application/json", "application/merge-patch+json"]

    /// Reads a request's body.
    ///
    /// - Throws: `Problem` that says what is wrong and where.
    public init(parsing body: [UInt8], limits: JSONLimits = JSONLimits()) throws(Problem) {
        self = try Problem.reporting {
            let object = try JSONDocument(parsing: body, limits: limits).root
                .object(["name", "tags", "notes"])
            var change = RunChange()
            change.name = try object["name"].map { try $0.isNull ? nil : $0.string() }
            change.notes = try object["notes"].map { try $0.isNull ? nil : $0.string() }
            if let tags = object["tags"] {
                for (key, value) in try tags.anyObject() {
                    change.tags[key] = .some(value.isNull ? nil : try value.string())
                }
            }
            return change
        }
    }

    /// The change as the body of a message.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        if let name {
            writer.key("name")
            writer.write(orNull: name)
        }
        if !tags.isEmpty {
            writer.key("tags")
            writer.beginObject()
            for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
                writer.key(escaping: key)
                writer.write(orNull: value)
            }
            writer.endObject()
        }
        if let notes {
            writer.key("notes")
            writer.write(orNull: notes)
        }
        writer.endObject()
        return writer.finish()
    }
}

extension JSONWriter {
    /// Writes a text, or null.
    mutating func write(orNull text: String?) {
        if let text { string(text) } else { null() }
    }
}
