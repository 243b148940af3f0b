import NablaCore
public import NablaSockets
import NablaStore

/// How the service is to run; every bound it has, with its default.
public struct Settings: Sendable {
    /// The HTTP server: where it listens, its limits and time-outs.
    public var server: ServerConfiguration
    /// The folder of the database; made where it is missing.
    public var dataDirectory = "data"
    /// Whether it may listen beyond loopback although there is no token to show.
    public var isInsecure = false
    /// The requests that each token allows, or all callers together where they need none.
    public var rate = RateLimit()
    /// The origins whose pages may read answers, as in `https://app.example.org`, or `*`; none by
    /// default.
    public var crossOrigins: [String] = []
    /// How deep a JSON body may nest.
    public var jsonDepth = 64
    /// The most multiplications of a gradient check, counted as 2 · parameters² · samples.
    ///
    /// A larger one is refused. The default keeps a worker for a second or two.
    public var checkProducts = 10_000_000_000
    /// Requests that a batch of gradient requests may have.
    public var batchRequests = 10_000
    /// Numbers that an answer may have beside the gradients of the parameters, and the answers of a batch
    /// together, with those; more is answered 400.
    ///
    /// As many are in memory, 4 or 8 bytes each, and again as text, up to 25 bytes each.
    public var resultNumbers = Workspace.defaultMostNumbers
    /// Bytes that all uploads may have on the disk at the same time, with what is made of them on the way to the
    /// database.
    ///
    /// What needs more is refused as on a full disk.
    public var scratchBytes = 16 << 30
    /// Compressed bodies.
    public var compression = CompressionSettings()
    /// What callers may ask of the history.
    public var queries = QuerySettings()
    /// The workers and their queue.
    public var pool = PoolSettings()
    /// The training runs.
    public var training = TrainingLimits()
    /// Bytes that the database's file may grow to; 0 for any number.
    ///
    /// What needs more is refused as on a full disk.
    public var databaseBytes = 0
    /// Which ended runs are deleted by themselves.
    public var retention = RetentionSettings()
    /// Bytes of freed memory that the process keeps for the next request, in each of its heaps.
    public var keptBytes = 64 << 20
    /// How long a graceful stop may take, in seconds.
    public var shutdownSeconds = 10

    /// Makes the settings with their defaults.
    public init() {
        server = ServerConfiguration()
    }
}

/// What callers may ask of the history of runs.
public struct QuerySettings: Sendable {
    /// Conditions that a filter may have; more is answered 400.
    public var filterConditions = 50
    /// Values that an `IN` of a filter may have; more is answered 400.
    public var filterValues = 1000
    /// Runs that may be compared with one another; more is answered 400.
    public var comparedRuns = 100
    /// Events that may come in while the reader of a stream takes nothing, before it is cut.
    public var missedEvents = 65_536

    /// Makes the settings with their defaults.
    public init() {}

    var filters: RunFilter.Limits {
        RunFilter.Limits(conditions: filterConditions, values: filterValues)
    }
}

/// Which bodies are read and sent compressed.
public struct CompressionSettings: Sendable {
    /// Bytes that may come of a compressed body; more is answered 413.
    public var inflatedBytes = 64 << 20
    /// Answers of at least this many bytes are compressed for those who ask for it: shorter ones fit
    /// into one packet either way.
    public var gzipBytes = 1024

    /// Makes the settings with their defaults.
    public init() {}
}

/// Which ended runs are deleted by themselves, with all that is theirs; by default none.
public struct RetentionSettings: Sendable {
    /// Those that ended more than so many days ago; 0 for none.
    public var days = 0
    /// All but so many of those that ended last; 0 for none.
    public var runs = 0

    /// Makes the settings with their defaults.
    public init() {}
}

/// Bounds of the workers and of what waits for them.
public struct PoolSettings: Sendable {
    /// Threads that compute, and as many that train; 0 for one a core.
    public var workers = 0
    /// Requests that may wait for a worker; the next is answered 503.
    public var queuedRequests = 256
    /// Bodies up to this many bytes are answered on the loop that read them, without a worker, where that
    /// is little work (see `NetworkSource.isLight`); 0 for none.
    public var inlineBytes = 4096
}

/// Bounds of the training runs.
public struct TrainingLimits: Sendable {
    /// Runs that train at the same time.
    public var concurrentRuns = 2
    /// Runs that may wait to train; the next is answered 503.
    public var queuedRuns = 64
    /// Runs of one token that may wait to train; 0 for any number.
    ///
    /// The next is answered 503.
    public var queuedRunsPerToken = 0
    /// How often a run that a process was training when it crashed is taken up again, unless it gets to a
    /// checkpoint in between; then it fails.
    public var restarts = 10
    /// Parameters that a trained network may have.
    public var parameters = 100_000_000
    /// Epochs that a run may have.
    public var epochs = 1_000_000_000
    /// Samples that a run may have, those of its validation included.
    public var samples = 100_000_000
    /// Bytes that a run may take in the database: its request, network and optimizer's state.
    public var storedBytes = 2_000_000_000
    /// Bytes that a run's name, tags and notes may have together; more is answered 400.
    public var textBytes = 65_536
    /// How readily threads that train leave a processor to others, from 0 to 19 as in nice(1); at 19
    /// gradients hardly notice them.
    public var niceness = 19
    /// The time a run keeps a worker before others get their turn, in milliseconds.
    public var sliceMilliseconds = 20
    /// The least time between two checkpoints of a run, in seconds; the last network is always stored.
    public var checkpointSeconds = 1
    /// The longest `Prefer: wait` that is granted, in seconds.
    public var waitSeconds = 60
}
