import NablaHTTP
import Synchronization

/// One request's answer on its way from whoever makes it to the loop that sends it.
///
/// Everything that both sides touch lies behind one lock, which is held only to move values in and
/// out; actions and wake-ups run outside it.
final class Exchange: Sendable {
    /// A part of a stream, or nothing yet.
    struct Part {
        var streamHead: (status: Status, fields: Fields)?
        var pieces: [UInt8] = []
        var isFinished = false
        /// The client is gone or reads too slowly: the connection is to be cut.
        var isCut = false
    }

    private enum Stage { case open, streaming, ended }

    private struct State {
        var stage = Stage.open
        var response: Response?
        var part = Part()
        /// What a stream sends when it has been silent for long.
        var heartbeat: [UInt8] = []
        /// Bytes of a stream that the system hasn't taken over yet.
        var unsent = 0
        /// Whether one of the streams that may exist at a time is this one.
        var holdsStream = false
        var isTooSlow = false
        /// Whether the loop will look without being told.
        var loopWillLook = true
        var isDisconnected = false
        var action: (@Sendable () -> Void)?
        /// What waits for room in the stream.
        var roomAction: (@Sendable () -> Void)?
    }

    /// What the connection is called by its loop.
    let token: Token
    private let mailbox: Mailbox
    private let isChunked: Bool
    private let hasBody: Bool
    private let state = Mutex(State())

    /// Begins an exchange with a client that understands chunks, and that gets bodies: HEAD
    /// doesn't.
    init(token: Token, mailbox: Mailbox, isChunked: Bool, hasBody: Bool) {
        self.token = token
        self.mailbox = mailbox
        self.isChunked = isChunked
        self.hasBody = hasBody
    }

    private var services: LoopServices { mailbox.services }

    /// How a stream's end is told.
    var framing: ResponseHead.Framing { isChunked ? .chunked : .untilClose }

    // MARK: For whoever answers

    func respond(_ response: consuming Response) {
        let response = Optional(response)
        change { state in
            guard state.stage == .open else { return false }
            state.stage = .ended
            state.response = response
            return true
        }
    }

    func beginStream(_ status: Status, _ fields: Fields, heartbeat: [UInt8]) -> Bool {
        guard services.streams.claim() else {
            respond(
                services.handler.response(
                    to: MessageError(.serviceUnavailable, "there are too many event streams"),
                    of: nil))
            return false
        }
        var begins = false
        change { state in
            guard state.stage == .open else { return false }
            begins = !state.isDisconnected
            state.stage = begins ? .streaming : .ended
            state.holdsStream = begins
            state.heartbeat = heartbeat
            state.part.isCut = !begins
            state.part.streamHead = begins ? (status, fields) : nil
            return true
        }
        if begins { services.onEvent(.streamOpened) } else { services.streams.release() }
        return begins
    }

    func write(_ piece: [UInt8]) -> Bool {
        guard !piece.isEmpty, hasBody else { return state.withLock { $0.stage == .streaming } }
        let framed = isChunked ? ResponseChunk.frame(piece) : piece
        var isTaken = false
        change { state in
            guard state.stage == .streaming else { return false }
            guard state.unsent + framed.count <= services.configuration.streamBufferBytes else {
                state.stage = .ended
                state.isTooSlow = true
                state.part.isCut = true
                return true
            }
            state.unsent += framed.count
            state.part.pieces.append(contentsOf: framed)
            isTaken = true
            return true
        }
        return isTaken
    }

    /// Whether at least half of the stream's buffer is free; so it is once the stream is over, too.
    var hasRoom: Bool { state.withLock { hasRoom($0) } }

    private func hasRoom(_ state: borrowing State) -> Bool {
        state.stage != .streaming
            || state.unsent <= services.configuration.streamBufferBytes / 2
    }

    func whenRoom(_ action: @escaping @Sendable () -> Void) {
        let isThere = state.withLock { state in
            if hasRoom(state) { return true }
            state.roomAction = action
            return false
        }
        if isThere { action() }
    }

    func finish() {
        change { state in
            guard state.stage == .streaming else { return false }
            state.stage = .ended
            state.part.isFinished = true
            if isChunked, hasBody {
                state.part.pieces.append(contentsOf: ResponseChunk.last)
            }
            return true
        }
    }

    func cut(asTooSlow isTooSlow: Bool) {
        change { state in
            guard state.stage == .streaming else { return false }
            state.stage = .ended
            state.isTooSlow = isTooSlow
            state.part.isCut = true
            return true
        }
    }

    var isDisconnected: Bool { state.withLock { $0.isDisconnected } }

    func onDisconnect(_ action: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.isDisconnected, state.stage != .ended { state.action = action }
            return state.isDisconnected
        }
        if isLate { action() }
    }

    // MARK: For the loop

    /// Takes what there is of a stream, or a whole answer, with which the exchange ends; from now on the loop must be
    /// woken for more.
    func take() -> (response: Response?, part: Part) {
        state.withLock { state in
            state.loopWillLook = false
            // Nothing is left for `end`.
            if state.response != nil { state.action = nil }
            var part = Part()
            swap(&part, &state.part)
            return (state.response.take(), part)
        }
    }

    /// Notes that the system has taken over so many bytes of the stream.
    func sent(_ bytes: Int) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            state.unsent = max(state.unsent - bytes, 0)
            guard hasRoom(state) else { return nil }
            defer { state.roomAction = nil }
            return state.roomAction
        }
        action?()
    }

    /// Sends the stream's heartbeat, if it has one.
    func beat() {
        _ = write(state.withLock(\.heartbeat))
    }

    /// Notes that the client closed its side.
    func disconnect() {
        let action = state.withLock { state in
            state.isDisconnected = true
            let action = state.action
            state.action = nil
            return action
        }
        action?()
    }

    /// Notes that the answer is complete or can't be: nothing more will be sent.
    func end() {
        let (heldStream, isTooSlow) = state.withLock { state in
            defer { state.holdsStream = false }
            state.stage = .ended
            (state.action, state.roomAction) = (nil, nil)
            (state.response, state.part) = (nil, Part())
            return (state.holdsStream, state.isTooSlow)
        }
        guard heldStream else { return }
        services.streams.release()
        services.onEvent(.streamClosed(tooSlow: isTooSlow))
    }

    /// Changes the state, and wakes the loop when that left something new for it.
    @discardableResult
    private func change(_ body: (inout sending State) -> Bool) -> Bool {
        var wakes = false
        let changed = state.withLock { state in
            let changed = body(&state)
            wakes = changed && !state.loopWillLook
            if wakes { state.loopWillLook = true }
            return changed
        }
        if wakes { mailbox.post(.look(token)) }
        return changed
    }
}
