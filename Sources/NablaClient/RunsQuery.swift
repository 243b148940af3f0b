public import NablaAPI

/// Which runs a page of the history is to show.
public struct RunsQuery: Sendable, Equatable {
    /// Only those in this status.
    public var status: RunStatus?
    /// Only those of this name.
    public var name: String?
    /// Only those with all of these tags.
    public var tags: [String: String]
    /// Only those that meet these conditions, in MLflow's grammar, as in
    /// `metrics.loss < 0.1 and params.optimizer = 'adam'`.
    public var filter: String?
    /// What orders them, as in `metrics.loss ASC`; newest first where nil.
    public var orderBy: String?
    /// How many at most; the service's own bound where nil.
    public var limit: Int?
    /// Where the page before this one ended.
    public var cursor: String?

    /// Makes a query; of everything, unless it says otherwise.
    public init(
        status: RunStatus? = nil, name: String? = nil, tags: [String: String] = [:],
        filter: String? = nil, orderBy: String? = nil, limit: Int? = nil, cursor: String? = nil
    ) {
        self.status = status
        self.name = name
        self.tags = tags
        self.filter = filter
        self.orderBy = orderBy
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
        if let filter { parts.append("filter=\(escaped(filter))") }
        if let orderBy { parts.append("order_by=\(escaped(orderBy))") }
        if let limit { parts.append("limit=\(limit)") }
        if let cursor { parts.append("cursor=\(escaped(cursor))") }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }
}
