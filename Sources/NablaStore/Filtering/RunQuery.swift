/// Which runs are wanted.
public struct RunQuery: Sendable, Equatable {
    /// The limits that are accepted.
    public static let limits = 1...1000
    /// The most tags that may be asked for at once: what one SQL statement can well hold.
    public static let maximumTags = 100

    /// The statuses wanted; empty (the default) for all.
    public var statuses: Set<RunStatus>
    /// The exact name wanted; nil (the default) for all.
    public var name: String?
    /// Tags of which a run must have all, with these values; at most `maximumTags`.
    public var tags: [String: String]
    /// What else must hold of a run; nothing by default.
    public var conditions: [RunCondition]
    /// The order of the runs; newest first by default.
    public var order: RunOrder
    /// The most runs on a page, 1 to 1,000; 50 by default.
    public var limit: Int
    /// Where the page begins: the `nextCursor` of the page before; nil for the newest.
    public var cursor: String?

    /// Describes a query, by default for the 50 newest runs.
    public init(
        statuses: Set<RunStatus> = [], name: String? = nil, tags: [String: String] = [:],
        conditions: [RunCondition] = [], order: RunOrder = .newestFirst, limit: Int = 50,
        cursor: String? = nil
    ) {
        self.statuses = statuses
        self.name = name
        self.tags = tags
        self.conditions = conditions
        self.order = order
        self.limit = limit
        self.cursor = cursor
    }
}

/// Some of the runs that a query matches.
public struct RunPage: Sendable, Equatable {
    /// The runs in the query's order: by default by falling `createdAt`, then by falling id.
    public var runs: [RunRecord]
    /// Where the next page begins, or nil when this is the last one.
    public var nextCursor: String?
}
