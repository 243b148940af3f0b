import NablaJSON

/// What happened to a run, as its event stream tells it: one Server-Sent Event each.
public struct RunEvent: Sendable, Equatable {
    /// What happened.
    public enum Content: Sendable, Equatable {
        /// The run moved on within an epoch, or changed its status.
        case progress(status: RunStatus, Run.Progress)
        /// An epoch ended with these values.
        case metrics(epoch: Int, step: Int, values: [String: Double])
        /// The network as of that epoch was stored.
        case checkpoint(epoch: Int)
        /// The run ended; the stream ends with it.
        case end(Run)
    }

    /// What happened.
    public let content: Content

    /// Makes an event.
    public init(_ content: Content) {
        self.content = content
    }

    /// What `Last-Event-ID` takes to go on after this event: the epoch of a `metrics` event.
    ///
    /// Only these have one. They are kept in the database, so a stream can go on after any of them
    /// without loss, while the others only tell how things stand.
    public var id: Int? {
        guard case .metrics(let epoch, _, _) = content else { return nil }
        return epoch
    }

    /// The event's name on the stream.
    public var name: String {
        switch content {
        case .progress: "progress"
        case .metrics: "metrics"
        case .checkpoint: "checkpoint"
        case .end: "end"
        }
    }

    /// The event as a block of the stream.
    ///
    /// - Source: WHATWG HTML, section 9.2.6, "Interpreting an event stream".
    public func block() -> [UInt8] {
        block(id: id.map(String.init), of: nil)
    }

    /// The event as a block of a stream with many runs' events, which names its run.
    ///
    /// - Parameters:
    ///   - run: The id of the run.
    ///   - id: What `Last-Event-ID` takes to go on after this event; nil for one that isn't stored.
    /// - Returns: The bytes of the block.
    public func block(of run: String, id: String?) -> [UInt8] {
        block(id: id, of: run)
    }

    private func block(id: String?, of run: String?) -> [UInt8] {
        let id = id.map { "id: \($0)\n" } ?? ""
        return Array("\(id)event: \(name)\ndata: ".utf8) + data(of: run) + Array("\n\n".utf8)
    }

    private func data(of runID: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("run", runID)
        switch content {
        case .progress(let status, let progress):
            writer.field("status", status.rawValue)
            writer.key("progress")
            progress.write(to: &writer)
        case .metrics(let epoch, let step, let values):
            writer.field("epoch", epoch)
            writer.field("step", step)
            writer.field("metrics", values)
        case .checkpoint(let epoch):
            writer.field("epoch", epoch)
        case .end(let run):
            run.writeFields(to: &writer)
        }
        writer.endObject()
        return writer.finish()
    }

    /// Reads an event from the fields of its block; nil for a name that a later version may add.
    ///
    /// - Throws: `Problem` when the data isn't what the name promises.
    public init?(name: String, data: [UInt8]) throws(Problem) {
        guard ["progress", "metrics", "checkpoint", "end"].contains(name) else { return nil }
        let content = try Problem.reporting {
            try Content(name: name, reading: JSONDocument(parsing: data).root)
        }
        self.init(content)
    }
}

extension RunEvent.Content {
    fileprivate init(name: String, reading value: JSONValue) throws {
        let object = try value.anyObject()
        switch name {
        case "progress":
            let status = try object.read("status") { status in
                try status.name(of: "status", among: RunStatus.allCases.map(\.rawValue)) {
                    RunStatus(rawValue: $0)
                }
            }
            self = .progress(
                status: status, try object.read("progress") { try Run.Progress(reading: $0) })
        case "metrics":
            self = .metrics(
                epoch: try object.read("epoch") { try $0.int() },
                step: try object.read("step") { try $0.int() },
                values: try object.read("metrics") { try [String: Double](readingMetrics: $0) })
        case "checkpoint":
            self = .checkpoint(epoch: try object.read("epoch") { try $0.int() })
        default:
            self = .end(try Run(reading: value))
        }
    }
}
