import NablaAPI

/// An event that a stream carries.
protocol StreamedEvent: Sendable {
    /// Reads it from its block; nil for a name that a later version may add.
    ///
    /// - Throws: `Problem` when the data isn't what the name promises.
    init?(_ block: EventBlock) throws(Problem)

    /// What tells its run from the others of its stream.
    var subject: String { get }
    /// What happened to the run.
    var content: RunEvent.Content { get }
}

extension RunEvent: StreamedEvent {
    init?(_ block: EventBlock) throws(Problem) {
        try self.init(name: block.name, data: block.data)
    }

    /// A stream of such events is one run's.
    var subject: String { "" }
}

extension SharedEvent: StreamedEvent {
    init?(_ block: EventBlock) throws(Problem) {
        try self.init(name: block.name, id: block.id, data: block.data)
    }

    var subject: String { run }
    var content: RunEvent.Content { event.content }
}

/// Which runs of a stream have ended, as far as it has told.
///
/// An `end` need not be one: a run that was interrupted by a service that stops goes on by itself once that
/// starts again, and one that goes on after its end, for whichever reason, has that end told again by
/// a stream that begins before it.
struct RunEnds<Event: StreamedEvent> {
    /// What becomes of an event.
    enum Verdict {
        case given
        /// Kept back: the run may go on.
        case withheld
        /// The run goes on.
        case passedOver
    }

    /// How many runs end on the stream; nil for a stream without an end, whose events are all given.
    private let count: Int?
    private var ended: Set<String> = []
    /// The last interruption of each run that hasn't gone on since.
    private var interrupted: [String: Event] = [:]

    init(of count: Int?) { self.count = count }

    /// Whether all runs have ended.
    var areAllThere: Bool { ended.count >= count ?? .max }

    /// Whether all runs have ended or been interrupted.
    var areAllThereOrWithheld: Bool { ended.count + interrupted.count >= count ?? .max }

    /// The ends that were kept back.
    var withheld: [Event] { Array(interrupted.values) }

    /// Takes note of an event.
    mutating func take(_ event: Event) -> Verdict {
        guard count != nil else { return .given }
        ended.remove(event.subject)
        guard case .end(let run) = event.content else {
            interrupted[event.subject] = nil
            return .given
        }
        if run.status == .interrupted {
            interrupted[event.subject] = event
            return .withheld
        }
        interrupted[event.subject] = nil
        guard run.status.isEnded else { return .passedOver }
        ended.insert(event.subject)
        return .given
    }
}
