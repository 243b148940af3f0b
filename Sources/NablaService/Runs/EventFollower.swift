import Dispatch
import NablaAPI
import NablaSockets
import Synchronization

/// Sends events to one reader: those that are stored, page by page as the reader takes them, and once
/// it has them all, those that come in.
///
/// A reader who falls behind gets the rest from the database, so nothing is kept for it. One who takes
/// nothing while more than `mostMissed` events come in is cut; nobody waits for it.
final class EventFollower: Sendable {
    /// What is to be sent.
    struct Told: Sendable {
        /// Its place; nil for what isn't stored and only tells how things stand.
        let position: EventPosition?
        /// What is written.
        let block: [UInt8]
        /// Whether the stream ends with it; asked once, when it is sent.
        var isLast: @Sendable () -> Bool = { false }
    }

    /// Gives what is stored behind a position, in its order, a page of it; nothing where that is all.
    typealias Reader = @Sendable (EventPosition) throws(Problem) -> [Told]

    private struct State {
        var position: EventPosition
        /// Whether it gets what is stored, and not what comes in.
        var catchesUp = true
        /// Whether it waits for room.
        var waits = false
        /// Events that came in since it waits, or since the last page was asked for.
        var missed = 0
        var isGone = false
        var page: ArraySlice<Told> = []
    }

    /// Where the database is read for all followers.
    private static let queue = DispatchQueue(label: "nabla.events", qos: .utility)

    private let stream: ResponseStream
    private let mostMissed: Int
    private let read: Reader
    private let state: Mutex<State>

    init(
        _ stream: ResponseStream, after position: EventPosition, mostMissed: Int,
        read: @escaping Reader
    ) {
        self.stream = stream
        self.mostMissed = mostMissed
        self.read = read
        state = Mutex(State(position: position))
    }

    /// Begins to send what is stored.
    func start() {
        EventFollower.queue.async { self.catchUp() }
    }

    /// Whether nothing can be sent any more.
    var isGone: Bool { state.withLock(\.isGone) || !stream.write([]) }

    /// Takes what came in, nil for something that is stored but not known; false when the reader is gone.
    func receive(_ told: Told?) -> Bool {
        var begins = false
        let stays = state.withLock { state in
            guard !state.isGone else { return false }
            if state.catchesUp {
                // What only tells how things stand may be left out.
                if let told, told.position == nil { return true }
                state.missed += 1
                if state.waits, state.missed > mostMissed {
                    stream.cut(asTooSlow: true)
                    state.isGone = true
                }
            } else if let told, stream.hasRoom {
                send(told, &state)
            } else if told == nil || told?.position != nil {
                (state.catchesUp, state.missed, begins) = (true, 0, true)
            }
            return !state.isGone
        }
        if begins { start() }
        return stays
    }

    private func catchUp() {
        while true {
            let needsPage: EventPosition? = state.withLock { state in
                while let told = state.page.first, !state.isGone {
                    guard stream.hasRoom else {
                        (state.waits, state.missed) = (true, 0)
                        return nil
                    }
                    state.page.removeFirst()
                    send(told, &state)
                }
                (state.waits, state.missed) = (false, 0)
                return state.isGone ? nil : state.position
            }
            guard let needsPage else {
                waitForRoom()
                return
            }
            let page: [Told]
            do {
                page = try read(needsPage)
            } catch {
                // Its head is sent, so there is no way to say why. It comes again, goes on where it
                // was, and is told then.
                state.withLock { $0.isGone = true }
                stream.finish()
                return
            }
            let isDone = state.withLock { state in
                state.page = page[...]
                guard page.isEmpty, state.missed == 0 else { return false }
                state.catchesUp = false
                return true
            }
            if isDone { return }
        }
    }

    private func waitForRoom() {
        guard state.withLock({ $0.waits && !$0.isGone }) else { return }
        stream.whenRoom { EventFollower.queue.async { self.catchUp() } }
    }

    private func send(_ told: Told, _ state: inout State) {
        if let position = told.position {
            guard position > state.position else { return }
            state.position = position
        }
        guard stream.write(told.block) else {
            state.isGone = true
            return
        }
        guard told.isLast() else { return }
        stream.finish()
        state.isGone = true
    }
}
