import NablaAPI
import NablaCore
import NablaHTTP
import NablaSockets
import Synchronization

/// `GET /runs/{id}/events`: what happens to a run, as Server-Sent Events.
///
/// Begins with the epochs that are stored already (after `Last-Event-ID`, where given), goes on with
/// what happens, and ends with the run.
struct RunEventsEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let runs: RunReader
    let scheduler: RunScheduler

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let run = try runs.run(call.subject)
        let after = try lastEventID(call.head.fields["last-event-id"])
        return .later { reply in
            guard let stream = reply.stream(mediaType: "text/event-stream") else { return }
            let follower = EventFollower(stream: stream, after: after)
            let isLive = scheduler.live(run.id)?.follow(follower.receive) ?? false
            do {
                let history = try runs.history(of: run.id, key: nil, from: after + 1)
                let ended = isLive ? nil : try runs.run(run.id)
                follower.catchUp(with: history, ended: ended)
            } catch {
                stream.finish()
            }
        }
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

/// Sends a run's events to one reader: the stored ones first, then those that came in meanwhile.
private final class EventFollower: Sendable {
    private struct State {
        var sentEpoch: Int
        /// What came in before the stored events were sent; nil from then on.
        var held: [RunEvent]? = []
        var isGone = false
    }

    private let stream: ResponseStream
    private let state: Mutex<State>

    init(stream: ResponseStream, after epoch: Int) {
        self.stream = stream
        state = Mutex(State(sentEpoch: epoch))
    }

    /// Takes an event of the live run; false when the reader is gone.
    @Sendable func receive(_ event: RunEvent) -> Bool {
        state.withLock { state in
            if state.held != nil {
                state.held?.append(event)
            } else {
                send(event, &state)
            }
            return !state.isGone
        }
    }

    /// Sends the stored epochs, and the end where the run has ended.
    func catchUp(with history: MetricHistory, ended: Run?) {
        state.withLock { state in
            for event in history.events { send(event, &state) }
            let held = state.held ?? []
            state.held = nil
            for event in held { send(event, &state) }
            if let ended { send(RunEvent(.end(ended)), &state) }
        }
    }

    private func send(_ event: RunEvent, _ state: inout State) {
        if let epoch = event.id {
            guard epoch > state.sentEpoch else { return }
            state.sentEpoch = epoch
        }
        guard !state.isGone, stream.write(event.block()) else {
            state.isGone = true
            return
        }
        if case .end = event.content {
            stream.finish()
            state.isGone = true
        }
    }
}

extension MetricHistory {
    /// The `metrics` events of the epochs in it, in their order.
    fileprivate var events: [RunEvent] {
        var epochs: [Int: (step: Int, values: [String: Double])] = [:]
        for (key, points) in metrics {
            for point in points {
                epochs[point.epoch, default: (point.step, [:])].values[key] = point.value
            }
        }
        return epochs.sorted { $0.key < $1.key }.map { epoch, row in
            RunEvent(.metrics(epoch: epoch, step: row.step, values: row.values))
        }
    }
}
