public import NablaAPI

/// Which runs a page of the history is to show.
public struct RunsQuery: Sendable, Equatable {
    /// Only those in this status.
    public var status: RunStatus?
    /// Only those of this name.
    public var name: String?
    /// Only those with all of these tags.
    public var tags: [String: String]
    /// How many at most; the service's own bound where nil.
    public var limit: Int?
    /// Where the page before this one ended.
    public var cursor: String?

    /// Makes a query; of everything, unless it says otherwise.
    public init(
        status: RunStatus? = nil, name: String? = nil, tags: [String: String] = [:],
        limit: Int? = nil, cursor: String? = nil
    ) {
        self.status = status
        self.name = name
        self.tags = tags
        self.limit = limit
        self.cursor = cursor
    }

    /// The query as it stands in a target.
    var text: String {
        var parts: [String] = []
        if let status { parts.append("status=\(status.rawValue)") }
        if let name { parts.append("name=\(escaped(name))") }
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
            parts.append("tag.\(escaped(key))=\(escaped(value))")
        }
        if let limit { parts.append("limit=\(limit)") }
        if let cursor { parts.append("cursor=\(escaped(cursor))") }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }
}
