/// The life of one connection: what it waits for, how long, and what comes next.
///
/// It is told what happened and when, and answers with what to do; it holds no socket, no bytes and
/// no clock.
public struct ConnectionLife: Sendable {
    /// How long after a fixed moment it is, by a clock that never goes back.
    ///
    /// No `ContinuousClock.Instant`: its layout isn't known at compile time, which would make every
    /// access to a value around it indirect.
    public typealias Instant = Duration

    /// What the connection waits for.
    public enum Phase: Sendable, Equatable {
        /// The first byte of a request.
        case idle
        /// The rest of a head.
        case readingHead
        /// The rest of a body.
        case readingBody
        /// The handler's answer, however long it takes.
        case answering
        /// The handler's next piece of a stream.
        case streaming
        /// The client to take the rest of the answer.
        case sending
        /// The client to notice the end: our side is shut, what it still sends is thrown away.
        case lingering
        /// Nothing.
        case closed
    }

    /// What to do now.
    public enum Action: Sendable, Equatable {
        /// Go on waiting.
        case wait
        /// Read the next request.
        case read
        /// Answer with this error; the connection ends after it.
        case refuse(MessageError)
        /// Send a heartbeat: the stream has been silent for long.
        case beat
        /// Shut our side and throw away what comes, until the client closes.
        case linger
        /// Close at once.
        case close
    }

    private let timeouts: ConnectionTimeouts
    private let requestLimit: Int
    private var requests = 0
    private var bodyBegan: Instant
    /// Since when what takes the body has no room for more of it.
    private var bodyWaitsSince: Instant?
    private var clientPersists = true
    private var version = Version.http11
    private var isLast = false
    private var lingers = false
    private var isDraining = false
    private var peerIsDone = false
    /// Whether the client has taken all there is of a stream, so that the deadline is the heartbeat's.
    private var hasTakenAll = false

    /// What the connection waits for.
    public private(set) var phase = Phase.idle
    /// When the waiting ends, or a heartbeat is due; nil while an answer is waited for.
    public private(set) var deadline: Instant?

    /// Begins a connection.
    ///
    /// - Parameters:
    ///   - timeouts: How long each phase may take.
    ///   - requestLimit: Requests after which the connection ends.
    ///   - now: When it was accepted; the first head is due a head's time later.
    public init(timeouts: ConnectionTimeouts, requestLimit: Int, now: Instant) {
        self.timeouts = timeouts
        self.requestLimit = requestLimit
        bodyBegan = now
        deadline = now + timeouts.head
    }

    /// Whether bytes should be received and read now.
    public var isReading: Bool {
        phase == .idle || phase == .readingHead || phase == .readingBody
    }

    /// Notes how far reading has come without completing a request.
    public mutating func received(_ position: RequestReader.Position, now: Instant) {
        switch position {
        case .betweenRequests:
            break
        case .inHead:
            guard phase != .readingHead else { break }
            phase = .readingHead
            deadline = now + timeouts.head
        case .inBody(let received):
            if phase != .readingBody {
                phase = .readingBody
                bodyBegan = now
            }
            if let since = bodyWaitsSince.take() { bodyBegan += now - since }
            let granted = Duration.milliseconds(received * 1000 / timeouts.minimumBodyRate)
            // However much came at once, a client that sends nothing more is not waited for.
            deadline = min(bodyBegan + granted, now) + timeouts.body
        }
    }

    /// Notes that the body cannot be received for want of room, for which its client is not to blame.
    public mutating func waitsForRoom(now: Instant) {
        bodyWaitsSince = now
        deadline = nil
    }

    /// Notes that a request is complete and handed on; where its body was left with the client, the connection
    /// ends after the answer.
    public mutating func handedOn(_ head: RequestHead, leavingBody: Bool = false) {
        phase = .answering
        deadline = nil
        requests += 1
        clientPersists = head.keepAlive && !leavingBody
        lingers = leavingBody
        version = head.version
    }

    /// Decides what the answer's `Connection` says, and waits for the client to take it.
    public mutating func answered(now: Instant) -> ResponseHead.Persistence {
        phase = .sending
        deadline = now + timeouts.write
        return persistence(ending: isDraining)
    }

    /// Decides what a stream's `Connection` says, and waits for its pieces.
    ///
    /// If `untilClose`, the stream's end is the connection's.
    public mutating func streamBegan(
        untilClose: Bool, now: Instant
    ) -> ResponseHead.Persistence {
        phase = .streaming
        awaitPiece(now: now)
        return persistence(ending: isDraining || untilClose)
    }

    /// Notes that a stream's last piece is on its way.
    public mutating func streamEnded(now: Instant) {
        phase = .sending
        deadline = now + timeouts.write
    }

    /// Notes that an error is the answer, and that the connection ends after it.
    public mutating func refused(now: Instant) {
        phase = .sending
        deadline = now + timeouts.write
        isLast = true
        lingers = true
    }

    /// Notes that the client took `some` bytes of the answer or none, but not all.
    ///
    /// If it took none, the deadline stands.
    public mutating func sentPart(_ some: Bool, now: Instant) {
        guard some || deadline == nil || hasTakenAll else { return }
        hasTakenAll = false
        deadline = now + timeouts.write
    }

    /// Waits for a stream's next piece, with nothing of it unsent.
    private mutating func awaitPiece(now: Instant) {
        hasTakenAll = true
        deadline = now + timeouts.heartbeat
    }

    /// Notes that the client took all there was to send.
    ///
    /// If bytes of it may be lying `unread`, closing at once could reset the connection before it
    /// has read the answer (RFC 9112 §9.6).
    public mutating func sentAll(unread: Bool, now: Instant) -> Action {
        guard phase == .sending else {
            if phase == .streaming { awaitPiece(now: now) }
            return .wait
        }
        guard isLast || isDraining else {
            phase = .idle
            deadline = now + timeouts.idle
            return .read
        }
        guard lingers || unread, !peerIsDone else { return closed() }
        phase = .lingering
        deadline = now + timeouts.linger
        return .linger
    }

    /// Notes that the client sends nothing more; it may still be reading.
    public mutating func peerFinished(now: Instant) -> Action {
        peerIsDone = true
        switch phase {
        case .idle, .readingHead, .readingBody: return cutShort(now: now)
        case .answering, .streaming, .sending, .closed: return .wait
        case .lingering: return closed()
        }
    }

    /// Acts on a deadline that has passed.
    public mutating func tick(now: Instant) -> Action {
        guard let deadline, now >= deadline else { return .wait }
        switch phase {
        case .streaming where hasTakenAll:
            awaitPiece(now: now)
            return .beat
        case .readingHead, .readingBody:
            return refuse(
                MessageError(.requestTimeout, "the request did not arrive in time"), now: now)
        default:
            return closed()
        }
    }

    /// Ends the connection whatever it waits for, unless it has ended.
    public mutating func cut() -> Action {
        phase == .closed ? .wait : closed()
    }

    /// Lets what was begun end, and nothing begin after it.
    public mutating func drain() -> Action {
        isDraining = true
        return phase == .idle ? closed() : .wait
    }

    private mutating func persistence(ending: Bool) -> ResponseHead.Persistence {
        isLast = ending || !clientPersists || requests >= requestLimit
        if isLast { return .none }
        return version == .http10 ? .stated : .implied
    }

    /// Ends a connection whose client stopped sending: in the middle of a message it is told so.
    private mutating func cutShort(now: Instant) -> Action {
        guard phase != .idle else { return closed() }
        return refuse(
            MessageError(.badRequest, "the request ended before it was complete"), now: now)
    }

    private mutating func refuse(_ error: MessageError, now: Instant) -> Action {
        refused(now: now)
        return .refuse(error)
    }

    private mutating func closed() -> Action {
        phase = .closed
        deadline = nil
        return .close
    }
}
