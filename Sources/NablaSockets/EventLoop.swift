import NablaHTTP

/// One thread's connections, and the rounds in which they are served.
///
/// A loop is made on its thread and never leaves it, so nothing of it is locked. A value, so that whoever runs
/// it has it to himself: what an object has would be asked for and given back at every use.
struct EventLoop: ~Copyable {
    private let context: LoopContext
    private var poller: Poller
    private var listeners: [Listener] = []
    private let mailboxes: [Mailbox]
    private var nextMailbox = 0
    private var slots: [Connection?] = []
    private var uses: [UInt32] = []
    private var freeSlots: [UInt32] = []
    private var waitingForTurn: [Token] = []
    private var nextSweep: ConnectionLife.Instant
    private var acceptsAgainAt: ConnectionLife.Instant?
    private var drainDeadline: ConnectionLife.Instant?

    /// Makes a loop that deals what it accepts out to `mailboxes`, those of all loops.
    init(_ mailbox: Mailbox, poller: consuming Poller, mailboxes: [Mailbox]) {
        context = LoopContext(mailbox)
        self.poller = poller
        self.mailboxes = mailboxes
        nextSweep = context.now
    }

    private var connectionCount: Int { slots.count - freeSlots.count }

    /// Serves until it is drained.
    ///
    /// - Returns: How many connections were cut at the drain's deadline.
    mutating func run() -> Int {
        _ = poller.watchEdges(context.mailbox.wake, Token(slot: Token.wakeSlot, use: 0))
        while true {
            let count = poller.wait(timeout: timeout)
            context.beginRound(events: count)
            for index in 0..<count {
                let (token, readiness) = poller.event(index)
                if token.slot < Token.wakeSlot {
                    serve(token) { $0.react(to: readiness) }
                    if context.mustSendHeld { sendHeld() }
                } else if token.slot == Token.listenerSlot {
                    accept(from: Int(token.use))
                }
            }
            context.endHolding()
            sendHeld()
            for token in takeTurns() { serve(token) { $0.takeTurn() } }
            for letter in context.mailbox.takeAll() { read(letter) }
            if context.now >= nextSweep { sweep() }
            context.tellBytes()
            if let drainDeadline, connectionCount == 0 || context.now >= drainDeadline {
                return cutAll()
            }
        }
    }

    // MARK: Connections

    private mutating func serve(_ token: Token, _ body: (inout Connection) -> Void) {
        let slot = Int(token.slot)
        guard slot < slots.count, uses[slot] == token.use, let next = slots[slot]?.serve(body)
        else { return }
        switch next {
        case .end: remove(slot)
        case .turn: waitingForTurn.append(token)
        case .event: break
        }
    }

    private mutating func adopt(_ socket: Socket) {
        let services = context.services
        let isWelcome = services.connections.claim()
        guard isWelcome || services.refusals.claim() else { return }
        let slot = freeSlots.popLast() ?? UInt32(slots.count)
        if Int(slot) == slots.count {
            slots.append(nil)
            uses.append(0)
        }
        let token = Token(slot: slot, use: uses[Int(slot)])
        let connection = Connection(
            socket, token: token, seat: isWelcome ? services.connections : services.refusals,
            context: context)
        slots[Int(slot)] = connection
        let isWatched = poller.watchEdges(socket, token)
        let isDraining = drainDeadline != nil
        serve(token) { connection in
            if !isWatched {
                connection.abandon()
            } else if !isWelcome {
                services.onEvent(.connectionRefused)
                connection.turnAway(
                    MessageError(.serviceUnavailable, "there are too many connections"))
            } else if isDraining {
                connection.drain()
            }
        }
    }

    private mutating func remove(_ slot: Int) {
        slots[slot] = nil
        uses[slot] &+= 1
        freeSlots.append(UInt32(slot))
    }

    private mutating func takeTurns() -> [Token] {
        guard !waitingForTurn.isEmpty else { return [] }
        var tokens: [Token] = []
        swap(&tokens, &waitingForTurn)
        return tokens
    }

    private mutating func sendHeld() {
        for token in context.takeHeld() { serve(token) { $0.sendHeld() } }
    }

    // MARK: Accepting

    private func listen() {
        for (index, listener) in listeners.enumerated() {
            let token = Token(slot: Token.listenerSlot, use: UInt32(index))
            _ = poller.watchLevel(listener.socket, token)
        }
    }

    /// Accepts what waits, but not for ever: the connections there are have a right to be served.
    private mutating func accept(from index: Int) {
        guard index < listeners.count, acceptsAgainAt == nil else { return }
        for _ in 0..<64 {
            switch listeners[index].accept() {
            case .accepted(let socket):
                let mailbox = mailboxes[nextMailbox]
                nextMailbox = (nextMailbox + 1) % mailboxes.count
                if mailbox === context.mailbox {
                    adopt(socket)
                } else {
                    mailbox.post(.adopt(socket))
                }
            case .nothing:
                return
            case .failed(let errno):
                // Out of descriptors, say: trying again at once would spin.
                context.services.onEvent(.acceptFailed(errno: errno))
                for listener in listeners { poller.forget(listener.socket) }
                acceptsAgainAt = context.now + .milliseconds(100)
                nextSweep = min(nextSweep, context.now + .milliseconds(100))
                return
            }
        }
    }

    private mutating func read(_ letter: Letter) {
        switch letter {
        case .listen(let listeners):
            self.listeners = listeners
            listen()
        case .look(let token):
            serve(token) { $0.look() }
        case .adopt(let socket):
            adopt(socket)
        case .drain(let deadline):
            drainDeadline = deadline
            for listener in listeners { poller.forget(listener.socket) }
            listeners = []
            serveAll { $0.drain() }
        }
    }

    // MARK: Time

    /// How often deadlines are looked at: often enough for the shortest, rarely enough to cost
    /// nothing.
    private var step: Duration {
        let shortest = context.services.configuration.timeouts.shortest
        return max(.milliseconds(5), min(shortest / 8, .milliseconds(500)))
    }

    /// Milliseconds to wait at most.
    private var timeout: Int32 {
        if !waitingForTurn.isEmpty { return 0 }
        guard connectionCount > 0 || acceptsAgainAt != nil || drainDeadline != nil else {
            return -1
        }
        var rest = nextSweep - context.now
        if let drainDeadline { rest = min(rest, drainDeadline - context.now) }
        // One more, because a part of a millisecond is not to be waited for in a spin.
        return Int32(clamping: max(Int64(rest / .milliseconds(1)), 0) + 1)
    }

    private mutating func sweep() {
        nextSweep = context.now + step
        serveAll { $0.tick() }
        guard let again = acceptsAgainAt, context.now >= again else { return }
        acceptsAgainAt = nil
        listen()
    }

    private mutating func serveAll(_ body: (inout Connection) -> Void) {
        for slot in slots.indices where slots[slot] != nil {
            serve(Token(slot: UInt32(slot), use: uses[slot]), body)
        }
    }

    private mutating func cutAll() -> Int {
        let count = connectionCount
        serveAll { $0.abandon() }
        return count
    }
}
