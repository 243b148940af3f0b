/// What a run is to do, kept so that another process can take it up.
public struct RequestRecord: Sendable, Equatable {
    /// The whole request with its numbers, as the service reads it; at most 1,000,000,000 bytes.
    public var body: [UInt8]
    /// Of the runs that wait, those of a higher priority begin first.
    public var priority: Int
    /// Whose run it is: the name of a token; nil where none was needed.
    public var owner: String?

    /// Describes a request.
    public init(body: [UInt8], priority: Int = 0, owner: String? = nil) {
        self.body = body
        self.priority = priority
        self.owner = owner
    }
}

/// A run that waits, and what decides about its turn.
public struct QueuedRun: Sendable, Equatable {
    /// The run.
    public var run: RunRecord
    /// Of the runs that wait, those of a higher priority begin first.
    public var priority: Int
    /// Whose run it is: the name of a token; nil where none was needed.
    public var owner: String?

    /// Describes a run that waits.
    public init(run: RunRecord, priority: Int, owner: String?) {
        self.run = run
        self.priority = priority
        self.owner = owner
    }
}

/// Where a training can be taken up: its network, and what else it needs to go on.
public struct CheckpointRecord: Sendable, Equatable {
    /// The network at the end of an epoch.
    public var network: NetworkRecord
    /// What the training has beside it, as it wrote it.
    public var state: [UInt8]
    /// Whether it is where a caller last had the run go on, and not a later one.
    public var isResumed: Bool

    /// Describes a checkpoint.
    public init(network: NetworkRecord, state: [UInt8], isResumed: Bool = false) {
        self.network = network
        self.state = state
        self.isResumed = isResumed
    }
}
