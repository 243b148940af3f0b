import NablaAPI
import NablaCore
import NablaHTTP
import NablaSockets
import NablaStore
import Synchronization

/// `GET /events`: what happens to many runs, on one stream of Server-Sent Events.
///
/// With `run`, as often as there are runs, it begins with all that is stored of them and ends with the
/// last of them; without, it begins with how the runs stand that are under way, goes on with what
/// happens to any run, and does not end. `Last-Event-ID` goes on after an event either way.
struct EventsEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let store: Store
    let runs: RunReader
    let scheduler: RunScheduler
    /// Events that a reader may miss who takes nothing.
    let mostMissed: Int

    /// Entries of the journal that are read at once.
    private static let pageEntries = 64
    /// Epochs of an entry that are.
    private static let pageEpochs = 256

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let wanted = try wantedRuns(call.head.target.query)
        let begin = try position(after: call.head.fields["last-event-id"], isForAll: wanted == nil)
        let remaining = Remaining(try unended(of: wanted, after: begin))
        return .later { reply in
            guard let stream = reply.events() else { return }
            guard !remaining.isEmpty else { return stream.finish() }
            if wanted == nil {
                for run in scheduler.liveRuns {
                    let event = RunEvent(.progress(status: run.status, run.progress))
                    stream.write(event.block(of: run.id, id: nil))
                }
            }
            let follower = EventFollower(stream, after: begin, mostMissed: mostMissed) {
                position throws(Problem) in
                try page(of: wanted, after: position, remaining)
            }
            scheduler.feed.follow { news in
                guard case .event(let event, let position) = news else {
                    return follower.receive(nil)
                }
                guard wanted?.contains(event.run) ?? true else { return !follower.isGone }
                return follower.receive(
                    EventFollower.Told(
                        position: position, block: event.block(),
                        isLast: { remaining.isLast(event) }))
            }
            follower.start()
        }
    }

    /// The runs that `run` names; nil for all.
    private func wantedRuns(
        _ query: [(name: String, value: String)]
    ) throws(Problem) -> [String]? {
        var wanted: [String] = []
        for (name, value) in query {
            guard name == "run" else {
                throw Problem(
                    .invalidParameter, "there is no parameter \"\(name)\" here; there is run")
            }
            if !wanted.contains(value) { wanted.append(value) }
        }
        return wanted.isEmpty ? nil : wanted
    }

    private func position(
        after text: String?, isForAll: Bool
    ) throws(Problem) -> EventPosition {
        if let text, !text.isEmpty {
            guard let position = EventPosition(text: text) else {
                throw Problem(
                    .invalidParameter,
                    "Last-Event-ID is \"\(text)\", but must be the id of an event")
            }
            return position
        }
        guard isForAll else { return EventPosition(number: 0, epoch: .max) }
        let end = try Problem.storing { () throws(StoreError) in try store.journalEnd() }
        return EventPosition(number: end, epoch: .max)
    }

    /// Those of the runs whose end is still to be told behind a position.
    ///
    /// - Throws: `Problem` where there is no such run.
    private func unended(
        of ids: [String]?, after position: EventPosition
    ) throws(Problem) -> Set<String>? {
        guard let ids else { return nil }
        var found: Set<String> = []
        for id in ids {
            // One that was taken up again has an end there, too, until its first epoch is stored. Looked up
            // first, since an end that comes meanwhile is behind the position.
            let hasEnded = try runs.run(id).status.isEnded
            let last = try lastEntry(of: id)
            let isTold = last.map { $0.epochs == nil && $0.number <= position.number } ?? false
            if !isTold || !hasEnded { found.insert(id) }
        }
        return found
    }

    private func lastEntry(of id: String) throws(Problem) -> JournalEntry? {
        try Problem.storing { () throws(StoreError) in try store.journalEnd(of: id, count: 1) }
            .last
    }

    /// The next events that are stored.
    private func page(
        of wanted: [String]?, after position: EventPosition, _ remaining: Remaining
    ) throws(Problem) -> [EventFollower.Told] {
        // An entry may have been sent in part.
        var number = max(0, position.number - 1)
        while true {
            let entries = try Problem.storing { () throws(StoreError) in
                try store.journal(
                    after: number, of: wanted, limit: EventsEndpoint.pageEntries)
            }
            for entry in entries {
                number = entry.number
                // A run that was taken up again has ended before.
                let last = entry.epochs == nil ? try lastEntry(of: entry.runID) : nil
                let isFinal = last == entry
                let events = try events(of: entry, after: position, isFinal: isFinal)
                guard !events.isEmpty else { continue }
                return events.map { event in
                    EventFollower.Told(
                        position: event.id.flatMap(EventPosition.init(text:)),
                        block: event.block(), isLast: { isFinal && remaining.isLast(event) })
                }
            }
            if entries.isEmpty { return [] }
        }
    }

    /// The events of an entry; `isFinal` where an end is the run's last.
    private func events(
        of entry: JournalEntry, after position: EventPosition, isFinal: Bool
    ) throws(Problem) -> [SharedEvent] {
        let sent = entry.number > position.number ? 0 : position.epoch
        guard entry.number >= position.number, sent < .max else { return [] }
        func shared(_ event: RunEvent, epoch: Int) -> SharedEvent {
            let position = EventPosition(number: entry.number, epoch: epoch)
            return SharedEvent(run: entry.runID, event: event, id: position.text)
        }
        guard let epochs = entry.epochs else {
            var run = try runs.run(entry.runID)
            if !isFinal {
                // It went on, so what became of it later is none of what happened then.
                run.status = .interrupted
                (run.finishedAt, run.error) = (nil, nil)
            }
            return [shared(RunEvent(.end(run)), epoch: .max)]
        }
        let first = max(epochs.lowerBound, sent + 1)
        guard first <= epochs.upperBound else { return [] }
        let last = min(epochs.upperBound, first + EventsEndpoint.pageEpochs - 1)
        return try runs.events(of: entry.runID, in: first...last).map { event in
            shared(event, epoch: event.id ?? last)
        }
    }
}

/// The runs of a stream that have not ended, where it is one that ends with them.
private final class Remaining: Sendable {
    private let runs: Mutex<Set<String>?>

    init(_ runs: Set<String>?) { self.runs = Mutex(runs) }

    /// Whether there are none left.
    var isEmpty: Bool { runs.withLock { $0?.isEmpty ?? false } }

    /// Whether the stream ends with this event.
    func isLast(_ event: SharedEvent) -> Bool {
        guard case .end(let run) = event.event.content, run.status.isEnded else { return false }
        return runs.withLock { runs in
            runs?.remove(event.run)
            return runs?.isEmpty ?? false
        }
    }
}
