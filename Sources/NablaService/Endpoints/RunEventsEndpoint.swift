import NablaAPI
import NablaCore
import NablaHTTP
import NablaSockets

/// `GET /runs/{id}/events`: what happens to a run, as Server-Sent Events.
///
/// Begins with the epochs that are stored already (after `Last-Event-ID`, where given), goes on with
/// what happens, and ends with the run.
struct RunEventsEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let runs: RunReader
    let scheduler: RunScheduler
    /// Events that a reader may miss who takes nothing.
    let mostMissed: Int

    /// Epochs that are read at once.
    private static let pageEpochs = 256

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let run = try runs.run(call.subject)
        let after = try lastEventID(call.head.fields["last-event-id"])
        return .later { reply in
            guard let stream = reply.events() else { return }
            let begin = EventPosition(number: 0, epoch: after)
            let follower = EventFollower(stream, after: begin, mostMissed: mostMissed) {
                position throws(Problem) in
                try page(of: run.id, after: position)
            }
            _ = scheduler.live(run.id)?.follow { follower.receive(EventFollower.Told($0)) }
            follower.start()
        }
    }

    private func page(
        of id: String, after position: EventPosition
    ) throws(Problem) -> [EventFollower.Told] {
        // Before the epochs are read: where it has ended, they are all stored.
        let run = try runs.run(id)
        let events = try runs.events(
            of: id, in: position.epoch + 1...position.epoch + RunEventsEndpoint.pageEpochs)
        if events.isEmpty, run.status.isEnded {
            return [EventFollower.Told(RunEvent(.end(run)))]
        }
        return events.map { EventFollower.Told($0) }
    }

    private func lastEventID(_ text: String?) throws(Problem) -> Int {
        guard let text, !text.isEmpty else { return 0 }
        guard let epoch = Int(text), (0...Int(Int32.max)).contains(epoch) else {
            throw Problem(
                .invalidParameter, "Last-Event-ID is \"\(text)\", but must be the id of an event")
        }
        return epoch
    }
}

extension EventFollower.Told {
    /// An event of a stream of its run alone.
    fileprivate init(_ event: RunEvent) {
        let isEnd = if case .end = event.content { true } else { false }
        let epoch = isEnd ? Int.max : event.id
        self.init(
            position: epoch.map { EventPosition(number: 0, epoch: $0) }, block: event.block(),
            isLast: { isEnd })
    }
}
