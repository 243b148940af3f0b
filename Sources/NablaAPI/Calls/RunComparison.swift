import NablaJSON

/// Runs side by side: the answer of `GET /runs/compare`.
public struct RunComparison: Sendable, Equatable {
    /// A run, in short.
    public struct Column: Sendable, Equatable {
        /// The run's id.
        public let id: String
        /// Its name.
        public let name: String?
        /// Where it stands.
        public let status: RunStatus
    }

    /// A setting that differs.
    public struct Setting: Sendable, Equatable {
        /// Its name in the request, as in `optimizer.learning_rate`.
        public let key: String
        /// Its value in each run as JSON; nil where the run doesn't have it.
        public let values: [String?]
    }

    /// A metric that some of the runs have.
    public struct Metric: Sendable, Equatable {
        /// Its name.
        public let key: String
        /// Its last value in each run.
        public let latest: [Double?]
        /// Its best value in each run.
        public let best: [Double?]
    }

    /// The runs, in the order they were asked for.
    public let runs: [Column]
    /// The settings that aren't the same in all of them.
    public let settings: [Setting]
    /// Their metrics.
    public let metrics: [Metric]

    /// Compares runs.
    ///
    /// - Throws: `Problem` when a run's request can't be read.
    public init(of runs: [Run]) throws(Problem) {
        let settings = try Problem.reporting { try runs.map { try RunSettings(of: $0.request) } }
        var keys: [String] = []
        var known: Set<String> = []
        for (key, _) in settings.flatMap(\.values) where known.insert(key).inserted {
            keys.append(key)
        }
        let values = settings.map { settings in
            Dictionary(settings.values.map { ($0.key, $0.json) }) { first, _ in first }
        }
        self.runs = runs.map { Column(id: $0.id, name: $0.name, status: $0.status) }
        self.settings = keys.compactMap { key in
            let row = values.map { $0[key] }
            return row.allSatisfy { $0 == row[0] } ? nil : Setting(key: key, values: row)
        }
        metrics = Set(runs.flatMap { $0.latest.keys }).sorted().map { key in
            Metric(key: key, latest: runs.map { $0.latest[key] }, best: runs.map { $0.best[key] })
        }
    }
}

extension RunComparison {
    /// The comparison as the body of a message.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("runs")
        writer.beginArray()
        for run in runs {
            writer.beginObject()
            writer.field("id", run.id)
            writer.field("name", run.name)
            writer.field("status", run.status.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writer.key("settings")
        writer.beginObject()
        for setting in settings {
            writer.key(escaping: setting.key)
            writer.beginArray()
            for value in setting.values {
                if let value { writer.json(value.utf8) } else { writer.null() }
            }
            writer.endArray()
        }
        writer.endObject()
        writer.key("metrics")
        writer.beginObject()
        for metric in metrics {
            writer.key(escaping: metric.key)
            writer.beginObject()
            for (name, values) in [
                ("latest" as StaticString, metric.latest), ("best", metric.best),
            ] {
                writer.key(name)
                writer.beginArray()
                for value in values {
                    if let value { writer.number(value) } else { writer.null() }
                }
                writer.endArray()
            }
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
        return writer.finish()
    }

    /// Reads a comparison that a server answered with.
    ///
    /// - Throws: `Problem` when it isn't one.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting {
            let object = try JSONDocument(parsing: body).root.anyObject()
            return RunComparison(
                runs: try object.read("runs") { try $0.list { try Column(reading: $0) } },
                settings: try object.read("settings") { settings in
                    try settings.anyObject().map { key, values in
                        Setting(
                            key: key,
                            values: try values.list { $0.isNull ? nil : try $0.jsonText() })
                    }
                },
                metrics: try object.read("metrics") { metrics in
                    try metrics.anyObject().map { try Metric(key: $0, reading: $1) }
                })
        }
    }

    private init(runs: [Column], settings: [Setting], metrics: [Metric]) {
        self.runs = runs
        self.settings = settings
        self.metrics = metrics
    }
}

extension RunComparison.Column {
    fileprivate init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        id = try object.read("id") { try $0.string() }
        name = try object.readIfPresent("name") { try $0.string() }
        status = try object.read("status") { status in
            try status.name(of: "status", among: RunStatus.allCases.map(\.rawValue)) {
                RunStatus(rawValue: $0)
            }
        }
    }
}

extension RunComparison.Metric {
    fileprivate init(key: String, reading value: JSONValue) throws {
        let object = try value.anyObject()
        let numbers = { (values: JSONValue) in
            try values.list { $0.isNull ? nil : try $0.double() }
        }
        self.key = key
        latest = try object.read("latest", numbers)
        best = try object.read("best", numbers)
    }
}
