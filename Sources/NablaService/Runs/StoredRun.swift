import NablaAPI
import NablaNetworks
import NablaStore

// The database's rows and the wire's values, and the way from one to the other.

/// A status as it goes over the wire, which in this module is the status of a run.
typealias RunStatus = NablaAPI.RunStatus

extension NablaStore.RunStatus {
    init(_ status: NablaAPI.RunStatus) {
        self =
            switch status {
            case .queued: .queued
            case .running: .running
            case .succeeded: .succeeded
            case .failed: .failed
            case .cancelled: .cancelled
            case .interrupted: .interrupted
            }
    }
}

extension NablaAPI.RunStatus {
    init(_ status: NablaStore.RunStatus) {
        self =
            switch status {
            case .queued: .queued
            case .running: .running
            case .succeeded: .succeeded
            case .failed: .failed
            case .cancelled: .cancelled
            case .interrupted: .interrupted
            }
    }
}

extension RunRecord {
    /// A run that was just taken in, as the database keeps it.
    init(_ run: Run) {
        self.init(
            id: run.id, name: run.name, tags: run.tags, status: .init(run.status),
            createdAt: run.createdAt.milliseconds, request: run.request,
            parameters: run.parameters, epochs: run.progress.epochs)
    }
}

extension Run {
    /// A run as the database has it.
    ///
    /// - Throws: `Problem` when its error can't be read.
    init(_ record: RunRecord) throws(Problem) {
        self.init(
            id: record.id, status: .init(record.status),
            createdAt: Timestamp(milliseconds: record.createdAt), request: record.request,
            parameters: record.parameters,
            progress: Progress(
                epoch: record.epoch, epochs: record.epochs,
                samplesPerSecond: record.samplesPerSecond))
        name = record.name
        tags = record.tags
        notes = record.notes
        startedAt = record.startedAt.map(Timestamp.init(milliseconds:))
        finishedAt = record.finishedAt.map(Timestamp.init(milliseconds:))
        latest = record.latest
        best = record.best
        if let text = record.error { error = try Problem(parsing: Array(text.utf8)) }
    }
}

extension Problem {
    /// Runs `body` and gives what the store throws as a problem.
    static func storing<Value>(_ body: () throws(StoreError) -> Value) throws(Problem) -> Value {
        do {
            return try body()
        } catch {
            throw Problem(error)
        }
    }

    /// Tells a caller what the store can't do.
    init(_ error: StoreError) {
        let kind: Kind =
            switch error {
            case .notFound: .notFound
            case .conflict: .conflict
            case .invalidCursor: .invalidParameter
            case .invalidValue: .outOfRange
            case .full, .ioFailure, .busy, .closed: .unavailable
            case .cannotOpen, .newerSchema, .corrupt, .unexpected: .internalError
            }
        self.init(kind, error.detail)
    }
}
