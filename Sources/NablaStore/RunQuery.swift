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
    /// The most runs on a page, 1 to 1,000; 50 by default.
    public var limit: Int
    /// Where the page begins: the `nextCursor` of the page before; nil for the newest.
    public var cursor: String?

    /// Describes a query, by default for the 50 newest runs.
    public init(
        statuses: Set<RunStatus> = [], name: String? = nil, tags: [String: String] = [:],
        limit: Int = 50, cursor: String? = nil
    ) {
        self.statuses = statuses
        self.name = name
        self.tags = tags
        self.limit = limit
        self.cursor = cursor
    }
}

/// Some of the runs that a query matches, newest first.
public struct RunPage: Sendable, Equatable {
    /// The runs, by falling `createdAt`, then by falling id.
    public var runs: [RunRecord]
    /// Where the next page begins, or nil when this is the last one.
    public var nextCursor: String?
}

/// A place in the order of runs: just after the run that it names.
///
/// It says where a page ended and not how many runs came before, so that runs which are added or
/// deleted meanwhile neither repeat nor hide another.
struct RunCursor: Equatable {
    let createdAt: Int64
    let id: String

    init(createdAt: Int64, id: String) {
        self.createdAt = createdAt
        self.id = id
    }

    /// Reads a cursor's text, of which only `text` itself gives every character.
    init(text: String) throws(StoreError) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let createdAt = Int64(parts[0], radix: 36) else {
            throw .invalidCursor
        }
        self.init(createdAt: createdAt, id: String(parts[1]))
        guard isRunID(id), self.text == text else { throw .invalidCursor }
    }

    /// The cursor as a caller carries it: letters, digits and `.-`, safe in a URL.
    var text: String {
        "\(String(createdAt, radix: 36)).\(id)"
    }
}
