import NablaHTTP

/// One client's socket, and what is under way on it; touched on its loop's thread alone.
///
/// A value, so that whoever holds it gives exclusive access to the whole once for each event.
struct Connection {
    /// Steps that one connection may take before the others have their turn.
    private static let turnLength = 32

    let socket: Socket
    private let token: Token
    private let context: LoopContext
    private let seat: Allowance
    private var life: ConnectionLife
    private var reader: RequestReader
    private var outbox = Outbox()
    private var exchange: Exchange?
    private var isStream = false
    private var answersHead = false
    private var keptIsFresh = false
    private var canReceive = true
    private var peerHasFinished = false
    private var lingered = 0
    private var requests = 0

    /// Whether the connection has more to do at once, after the others.
    private var wantsTurn = false

    init(_ socket: Socket, token: Token, seat: Allowance, context: LoopContext) {
        let configuration = context.services.configuration
        self.socket = socket
        self.token = token
        self.context = context
        self.seat = seat
        life = ConnectionLife(
            timeouts: configuration.timeouts, requestLimit: configuration.requestsPerConnection,
            now: context.now)
        let (services, mailbox) = (context.services, context.mailbox)
        reader = RequestReader(limits: configuration.limits) { head in
            services.handler.sink(for: head) { mailbox.post(.look(token)) }
        }
        emit(.connectionOpened)
    }

    /// What the loop does with a connection next: serve it when something happens or in its turn, or let go of it.
    enum Next { case event, turn, end }

    // MARK: What the loop tells it

    /// Runs what the loop has to tell it, and says what comes next.
    mutating func serve(_ body: (inout Connection) -> Void) -> Next {
        body(&self)
        guard !isClosed else { return .end }
        return wantsTurn ? .turn : .event
    }

    private var isClosed: Bool { life.phase == .closed }

    /// Acts on what happened to the socket.
    mutating func react(to readiness: Poller.Readiness) {
        if !readiness.isDisjoint(with: [.peerFinished, .broken]), !peerHasFinished {
            peerHasFinished = true
            if let exchange {
                exchange.disconnect()
                emit(.clientLeft)
            }
        }
        guard readiness.isDisjoint(with: .broken) else { return abandon() }
        if readiness.contains(.receive) || peerHasFinished { canReceive = true }
        if readiness.contains(.send), !outbox.isEmpty { flush() }
        advance()
    }

    /// Sends what the exchange has; or goes on receiving, where the body's sink has room again.
    mutating func look() {
        if let exchange {
            deliver(from: exchange)
        } else if reader.isFull {
            reader.resume()
            life.received(reader.position, now: context.now)
        }
        advance()
    }

    /// Sends what was held until the round's other answers were there.
    mutating func sendHeld() {
        guard !outbox.isEmpty, !isClosed else { return }
        flush()
        advance()
    }

    /// Takes the next step, if there is one to take.
    mutating func takeTurn() {
        wantsTurn = false
        advance()
    }

    /// Acts on a deadline that has passed.
    mutating func tick() {
        let phase = life.phase
        let action = life.tick(now: context.now)
        guard action != .wait else { return }
        if action != .beat { emit(.timedOut(phase)) }
        perform(action)
        advance()
    }

    /// Lets what was begun end, and nothing begin after it.
    mutating func drain() {
        perform(life.drain())
        guard isStream, let exchange else { return }
        exchange.finish()
        look()
    }

    /// Answers with an error before anything was read.
    mutating func turnAway(_ error: MessageError) {
        refuse(error)
        advance()
    }

    /// Closes without regard to what is under way.
    mutating func abandon() {
        perform(life.cut())
    }

    // MARK: Reading

    private mutating func advance() {
        var steps = 0
        while life.isReading || life.phase == .lingering, keptIsFresh || canReceive {
            guard !reader.isFull || life.phase == .lingering else { return }
            guard steps < Self.turnLength else {
                wantsTurn = true
                return
            }
            steps += 1
            if life.phase == .lingering {
                discard()
            } else if keptIsFresh {
                keptIsFresh = false
                heed(reader.next())
            } else if let outcome = receive() {
                heed(outcome)
            }
        }
    }

    /// Receives once; nil when nothing came.
    private mutating func receive() -> RequestReader.Outcome? {
        var transfer = Socket.Transfer.blocked
        var space = 0
        let outcome = reader.receiveBody { [socket] buffer in
            space = buffer.count
            transfer = socket.receive(buffer)
            return if case .bytes(let count) = transfer { count } else { 0 }
        }
        let wentToBody = outcome != nil
        if !wentToBody {
            space = context.scratch.count
            transfer = socket.receive(UnsafeMutableRawBufferPointer(context.scratch))
        }
        guard let count = received(transfer, space: space) else { return nil }
        guard !wentToBody else { return outcome }
        let scratch = context.scratch
        return reader.read(scratch.span.extracting(0..<count))
    }

    /// Notes what receiving led to; nil when no bytes came.
    private mutating func received(_ transfer: Socket.Transfer, space: Int) -> Int? {
        switch transfer {
        case .bytes(0):
            canReceive = false
            perform(life.peerFinished(now: context.now))
            return nil
        case .bytes(let count):
            context.bytesReceived += count
            // A short read has emptied the socket, so the next edge will tell; only a peer's end,
            // which may have been told already, is still to be read.
            if count < space, !peerHasFinished { canReceive = false }
            return count
        case .blocked:
            canReceive = false
            return nil
        case .failed:
            abandon()
            return nil
        }
    }

    private mutating func discard() {
        let transfer = socket.receive(UnsafeMutableRawBufferPointer(context.scratch))
        guard let count = received(transfer, space: context.scratch.count) else { return }
        lingered += count
        if lingered > context.services.configuration.lingerBytes { abandon() }
    }

    private mutating func heed(_ outcome: consuming RequestReader.Outcome) {
        switch outcome {
        case .needsMore:
            life.received(reader.position, now: context.now)
            if reader.isFull { life.waitsForRoom(now: context.now) }
            guard reader.takeContinue() else { return }
            outbox.append { $0.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8) }
            flush()
        case .invalid(let error):
            refuse(error)
        case .request(let head, let body):
            handOn(head, body)
        }
    }

    private mutating func handOn(_ head: consuming RequestHead, _ body: consuming [UInt8]) {
        life.handedOn(head, leavingBody: reader.hasLeftBody)
        requests += 1
        answersHead = head.method == .head
        let isChunked = head.version == .http11
        let handling = context.services.handler.handle(
            Request(head: head, body: body, sink: reader.takeSink())
        ) {
            Responder(
                exchange: Exchange(
                    token: token, mailbox: context.mailbox, isChunked: isChunked,
                    hasBody: !answersHead))
        }
        switch consume handling {
        case .answered(let response):
            answer(response, mayHold: true)
        case .later(let responder):
            exchange = responder.exchange
            deliver(from: responder.exchange, mayHold: true)
        }
    }

    // MARK: Answering

    /// Sends what the exchange has.
    private mutating func deliver(from exchange: Exchange, mayHold: Bool = false) {
        let (response, part) = exchange.take()
        if let response { return answer(response, mayHold: mayHold) }
        send(part, of: exchange)
    }

    /// Sends a whole answer, with which the exchange ends, if there is one.
    private mutating func answer(_ response: Response, mayHold: Bool) {
        exchange = nil
        write(response, life.answered(now: context.now))
        if mayHold, context.hold(token) { return }
        flush()
    }

    private mutating func send(_ part: consuming Exchange.Part, of exchange: Exchange) {
        if let (status, fields) = part.streamHead {
            isStream = true
            let framing = exchange.framing
            let persistence = life.streamBegan(
                untilClose: framing == .untilClose, now: context.now)
            write(status, fields, framing, persistence)
        }
        let pieces = part.pieces
        if !pieces.isEmpty { outbox.append { $0.append(contentsOf: pieces) } }
        guard !part.isCut else { return abandon() }
        if part.isFinished {
            endExchange()
            life.streamEnded(now: context.now)
        }
        flush()
    }

    private mutating func refuse(_ error: MessageError) {
        emit(.messageRefused(error))
        life.refused(now: context.now)
        answersHead = reader.isHEAD
        write(context.services.handler.response(to: error, of: reader.head), .none)
        flush()
    }

    private mutating func write(_ response: Response, _ persistence: ResponseHead.Persistence) {
        write(response.status, response.fields, .length(response.body.count), persistence)
        if !answersHead, response.status.allowsBody { outbox.append(body: response.body) }
    }

    /// Writes a head.
    private mutating func write(
        _ status: Status, _ fields: Fields, _ framing: ResponseHead.Framing,
        _ persistence: ResponseHead.Persistence
    ) {
        let common = context.stamp.lines
        outbox.append {
            ResponseHead.write(
                status, fields, framing: framing, persistence: persistence, common: common, to: &$0)
        }
    }

    private mutating func flush() {
        switch outbox.send(through: socket) {
        case .all(let sent):
            note(sent: sent)
            perform(
                life.sentAll(unread: reader.keptBytes > 0 || canReceive, now: context.now))
        case .some(let sent):
            note(sent: sent)
            life.sentPart(sent > 0, now: context.now)
        case .failed:
            if exchange != nil { emit(.clientLeft) }
            abandon()
        }
    }

    private func note(sent: Int) {
        context.bytesSent += sent
        if isStream, sent > 0 { exchange?.sent(sent) }
    }

    private mutating func endExchange() {
        exchange?.end()
        exchange = nil
        isStream = false
    }

    // MARK: Obeying

    private mutating func perform(_ action: ConnectionLife.Action) {
        switch action {
        case .wait:
            break
        case .read:
            keptIsFresh = reader.keptBytes > 0
        case .refuse(let error):
            refuse(error)
        case .beat:
            exchange?.beat()
        case .linger:
            socket.shutDownSending()
        case .close:
            exchange?.disconnect()
            endExchange()
            seat.release()
            emit(.connectionClosed(requests: requests))
        }
    }

    private func emit(_ event: ServerEvent) {
        context.services.onEvent(event)
    }
}
