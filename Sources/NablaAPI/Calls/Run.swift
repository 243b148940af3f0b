import NablaJSON

/// Where a run stands.
public enum RunStatus: String, Sendable, CaseIterable {
    case queued
    case running
    case succeeded
    case failed
    case cancelled
    /// Cut off by the end of the process it ran in.
    case interrupted

    /// Whether it will never change again.
    public var isEnded: Bool {
        switch self {
        case .queued, .running: false
        case .succeeded, .failed, .cancelled, .interrupted: true
        }
    }
}

/// One training, as `GET /runs/{id}` tells it.
public struct Run: Sendable, Equatable {
    /// How far a run has come.
    public struct Progress: Sendable, Equatable {
        /// Epochs done.
        public var epoch: Int
        /// Epochs to do.
        public var epochs: Int
        /// Training speed since it started, once known.
        public var samplesPerSecond: Double?
        /// The time to the end at that speed, once known.
        public var etaSeconds: Double?

        /// Makes a progress.
        public init(
            epoch: Int, epochs: Int, samplesPerSecond: Double? = nil, etaSeconds: Double? = nil
        ) {
            self.epoch = epoch
            self.epochs = epochs
            self.samplesPerSecond = samplesPerSecond
            self.etaSeconds = etaSeconds
        }
    }

    /// A UUIDv7.
    public let id: String
    /// What people call it.
    public var name: String?
    /// What people find it by.
    public var tags: [String: String]
    /// What people note about it.
    public var notes: String?
    /// Where it stands.
    public var status: RunStatus
    /// When it was acknowledged.
    public var createdAt: Timestamp
    /// When its first step began.
    public var startedAt: Timestamp?
    /// When it ended.
    public var finishedAt: Timestamp?
    /// The request without its numbers, as JSON text.
    public var request: String
    /// How many parameters it trains.
    public var parameters: Int
    /// How far it has come.
    public var progress: Progress
    /// The last value of each metric.
    public var latest: [String: Double]
    /// The best value of each metric.
    public var best: [String: Double]
    /// Why it failed.
    public var error: Problem?

    /// Makes a run.
    public init(
        id: String, status: RunStatus, createdAt: Timestamp, request: String, parameters: Int,
        progress: Progress
    ) {
        self.id = id
        self.status = status
        self.createdAt = createdAt
        self.request = request
        self.parameters = parameters
        self.progress = progress
        tags = [:]
        latest = [:]
        best = [:]
    }
}

extension Run {
    /// The run as the body of a message.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.finish()
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeFields(to: &writer)
        writer.endObject()
    }

    /// Writes its fields into the object that is open.
    func writeFields(to writer: inout JSONWriter) {
        writer.field("id", id)
        writer.field("name", name)
        writer.key("tags")
        tags.write(to: &writer)
        writer.field("notes", notes)
        writer.field("status", status.rawValue)
        writer.field("created_at", createdAt.text)
        writer.field("started_at", startedAt?.text)
        writer.field("finished_at", finishedAt?.text)
        writer.key("request")
        writer.json(request.utf8)
        writer.field("parameters", parameters)
        writer.key("progress")
        progress.write(to: &writer)
        writer.field("latest", latest)
        writer.field("best", best)
        if let error {
            writer.key("error")
            writer.json(error.json())
        }
    }

    /// Reads a run that a server answered with; fields that a later version adds are passed over.
    ///
    /// - Throws: `Problem` when it isn't a run.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting { try Run(reading: JSONDocument(parsing: body).root) }
    }

    init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        self.init(
            id: try object.read("id") { try $0.string() },
            status: try object.read("status") { status in
                try status.name(of: "status", among: RunStatus.allCases.map(\.rawValue)) {
                    RunStatus(rawValue: $0)
                }
            },
            createdAt: try object.read("created_at") { try Timestamp(reading: $0) },
            request: try object.read("request") { try $0.jsonText() },
            parameters: try object.read("parameters") { try $0.int() },
            progress: try object.read("progress") { try Progress(reading: $0) })
        name = try object.readIfPresent("name") { try $0.string() }
        tags = try object.readIfPresent("tags") { try [String: String](readingTags: $0) } ?? [:]
        notes = try object.readIfPresent("notes") { try $0.string() }
        startedAt = try object.readIfPresent("started_at") { try Timestamp(reading: $0) }
        finishedAt = try object.readIfPresent("finished_at") { try Timestamp(reading: $0) }
        latest = try object.read("latest") { try [String: Double](readingMetrics: $0) }
        best = try object.read("best") { try [String: Double](readingMetrics: $0) }
        error = try object.readIfPresent("error") { try Problem(reading: $0) }
    }
}

extension Run.Progress {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("epoch", epoch)
        writer.field("epochs", epochs)
        writer.field("samples_per_second", samplesPerSecond)
        writer.field("eta_seconds", etaSeconds)
        writer.endObject()
    }

    init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        self.init(
            epoch: try object.read("epoch") { try $0.int() },
            epochs: try object.read("epochs") { try $0.int() },
            samplesPerSecond: try object.readIfPresent("samples_per_second") { try $0.double() },
            etaSeconds: try object.readIfPresent("eta_seconds") { try $0.double() })
    }
}

extension Timestamp {
    init(reading value: JSONValue) throws {
        guard let time = Timestamp(try value.string()) else {
            throw Problem(
                .wrongType, "expected a time such as 2026-01-02T03:04:05.678Z",
                pointer: value.pointer)
        }
        self = time
    }
}

extension [String: Double] {
    init(readingMetrics value: JSONValue) throws {
        self = [:]
        for (key, value) in try value.anyObject() { self[key] = try value.double() }
    }
}
