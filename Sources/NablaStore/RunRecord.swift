/// A training run as it is stored.
public struct RunRecord: Sendable, Equatable {
    /// A UUIDv7 in lower case, 36 characters: its order is the order of creation.
    public var id: String
    /// The caller's name for it; several runs may share one.
    public var name: String?
    /// The caller's tags.
    public var tags: [String: String]
    /// What people note about it.
    public var notes: String?
    /// Where it stands.
    public var status: RunStatus
    /// When it was asked for, in milliseconds since 1970 UTC.
    public var createdAt: Int64
    /// When a worker first took it up, in milliseconds since 1970 UTC.
    public var startedAt: Int64?
    /// When it ended, in milliseconds since 1970 UTC.
    public var finishedAt: Int64?
    /// The request as JSON, without the numbers of samples and network.
    public var request: String
    /// How many numbers are being learned.
    public var parameters: Int
    /// How many epochs are done.
    public var epoch: Int
    /// How many epochs are to be done.
    public var epochs: Int
    /// How many optimizer updates are done.
    public var step: Int
    /// The pace of the last epoch.
    public var samplesPerSecond: Double?
    /// The value of each metric at the last epoch that had it.
    public var latest: [String: Double]
    /// The best value of each metric so far; which direction is better is the caller's to know.
    public var best: [String: Double]
    /// The problem that failed it, as JSON.
    public var error: String?

    /// How many bytes its name, tags and notes have together.
    var textBytes: Int {
        tags.reduce((name ?? "").utf8.count + (notes ?? "").utf8.count) {
            $0 + $1.key.utf8.count + $1.value.utf8.count
        }
    }

    /// Describes a run, by default one that was just asked for.
    public init(
        id: String, name: String? = nil, tags: [String: String] = [:],
        status: RunStatus = .queued, createdAt: Int64, startedAt: Int64? = nil,
        finishedAt: Int64? = nil, request: String, parameters: Int, epoch: Int = 0, epochs: Int,
        step: Int = 0, samplesPerSecond: Double? = nil, latest: [String: Double] = [:],
        best: [String: Double] = [:], error: String? = nil
    ) {
        self.id = id
        self.name = name
        self.tags = tags
        self.status = status
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.request = request
        self.parameters = parameters
        self.epoch = epoch
        self.epochs = epochs
        self.step = step
        self.samplesPerSecond = samplesPerSecond
        self.latest = latest
        self.best = best
        self.error = error
    }
}

/// What a caller changes about a run that exists.
public struct RunChange: Sendable, Equatable {
    /// The new name; `.some(nil)` takes the name away, nil (the default) leaves it.
    public var name: String??
    /// The tags to set, by key; a nil value takes the tag away, a key left out stays as it is.
    public var tags: [String: String?]

    /// The new notes; `.some(nil)` takes them away, nil (the default) leaves them.
    public var notes: String??

    /// Describes a change, by default none.
    public init(name: String?? = nil, tags: [String: String?] = [:], notes: String?? = nil) {
        self.name = name
        self.tags = tags
        self.notes = notes
    }
}
