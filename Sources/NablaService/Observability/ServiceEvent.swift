public import Logging
public import NablaAPI
public import NablaSockets

/// Everything the service has to tell its operator; logs are one reader of it.
public enum ServiceEvent: Sendable {
    /// It listens there.
    case started(addresses: [String])
    /// It takes no more requests and finishes those it has.
    case stopping
    /// It ended.
    case stopped
    /// A request was answered; an event stream has just begun.
    case answered(AnsweredRequest)
    /// A message that never became a request was answered with an error.
    case refused(requestID: String, status: Int, detail: String)
    /// The database has committed a transaction.
    case committed(milliseconds: Double)
    /// The system lets the process have fewer open descriptors than its connections need.
    case fewDescriptors(needed: Int, allowed: Int)
    /// Something went wrong that isn't the caller's fault.
    case failure(requestID: String?, detail: String)
    /// A run changed its status.
    case run(id: String, status: NablaAPI.RunStatus, detail: String?)
    /// A run was deleted because of its age or their number.
    case runDeleted(id: String)
    /// The HTTP server has something to tell.
    case server(ServerEvent)
}

extension ServiceEvent {
    /// How much it matters.
    public var level: Logger.Level {
        switch self {
        case .started, .stopping, .stopped, .run, .runDeleted: .info
        case .answered, .refused: .debug
        case .committed: .trace
        case .fewDescriptors: .warning
        case .failure: .error
        case .server(let event): event.level
        }
    }

    /// Writes the event to a log.
    public func log(to logger: Logger) {
        switch self {
        case .started(let addresses):
            logger.log(level: level, "listening on \(addresses.joined(separator: ", "))")
        case .stopping:
            logger.log(level: level, "stopping")
        case .stopped:
            logger.log(level: level, "stopped")
        case .answered(let request):
            // Numbers stay numbers for whoever writes JSON of them.
            var metadata: Logger.Metadata = [
                "request_id": "\(request.id)", "method": "\(request.method)",
                "path": "\(request.path)", "status": .stringConvertible(request.status),
                "milliseconds": .stringConvertible(request.milliseconds),
                "bytes": .stringConvertible(request.bytes),
            ]
            if let token = request.token { metadata["token"] = "\(token)" }
            logger.log(level: level, "answered", metadata: metadata)
        case .refused(let id, let status, let detail):
            logger.log(
                level: level, "a message was refused: \(detail)",
                metadata: ["request_id": "\(id)", "status": .stringConvertible(status)])
        case .committed(let milliseconds):
            logger.log(
                level: level, "committed",
                metadata: ["milliseconds": .stringConvertible(milliseconds)])
        case .fewDescriptors(let needed, let allowed):
            logger.log(
                level: level,
                """
                http.connections may need \(needed) open files, but \(allowed) are allowed: \
                raise the limit (ulimit -n, LimitNOFILE) or lower the setting
                """)
        case .failure(let id, let detail):
            logger.log(
                level: level, "\(detail)", metadata: id.map { ["request_id": "\($0)"] } ?? [:])
        case .run(let id, let status, let detail):
            var metadata: Logger.Metadata = ["run": "\(id)", "status": "\(status.rawValue)"]
            if let detail { metadata["detail"] = "\(detail)" }
            logger.log(level: level, "run", metadata: metadata)
        case .runDeleted(let id):
            logger.log(level: level, "an old run was deleted", metadata: ["run": "\(id)"])
        case .server(let event):
            logger.log(level: level, "\(event.message)", metadata: event.metadata)
        }
    }
}
