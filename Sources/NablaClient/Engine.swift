import CEpoll
import Dispatch
import Glibc
import Synchronization

/// Carries all calls of a client, on one curl multi handle and over one set of connections.
///
/// Whoever makes a call adds it to the handle, which sends what can be sent at once. One thread at a
/// time, the leader, waits for all sockets and goes on with whatever is ready. Where no other call is under
/// way, a blocking call leads itself, and so costs no change of threads; an async one does so for the moment
/// in which the service may answer at once. All others are led by the engine's thread. The lead is free
/// while no call is under way.
final class Engine: Sendable {
    private let core: EngineCore
    private let destination: Destination

    /// Nil when libcurl or the system has no room for another client.
    init?(_ destination: Destination) {
        guard let core = EngineCore() else { return nil }
        self.core = core
        self.destination = destination
    }

    deinit {
        core.end()
    }

    /// Performs a call, and keeps this thread until it has ended.
    ///
    /// - Throws: `ClientError` when nothing came back whole.
    func perform(_ message: Message) throws(ClientError) -> Received {
        try core.perform(try transfer(message)).get()
    }

    /// Performs a call, and suspends the task until it has ended.
    ///
    /// - Throws: `ClientError` when nothing came back whole, or the task was cancelled.
    func perform(_ message: Message) async throws(ClientError) -> Received {
        let transfer = try transfer(message)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                core.begin(transfer) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            core.cancel(transfer)
        }
        return try result.get()
    }

    /// Performs a call whose answer is a stream, and gives its bytes as they come in.
    ///
    /// It throws `StreamFailure`.
    func stream(_ message: Message) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { continuation in
            let transfer: Transfer
            do throws(ClientError) {
                transfer = try self.transfer(message)
            } catch {
                return continuation.finish(throwing: StreamFailure(error))
            }
            transfer.onData = { continuation.yield($0) }
            continuation.onTermination = { [core] _ in core.cancel(transfer) }
            core.begin(transfer) { result in
                switch result {
                case .success(let received) where received.status == 200:
                    continuation.finish()
                case .success(let received):
                    let error = ClientError(received)
                    continuation.finish(
                        throwing: StreamFailure(
                            error, retryAfterSeconds: received.retryAfterSeconds))
                case .failure(let error):
                    continuation.finish(throwing: StreamFailure(error))
                }
            }
        }
    }

    private func transfer(_ message: Message) throws(ClientError) -> Transfer {
        guard let handle = core.handle() else { throw .noHandle }
        return Transfer(message, on: handle, destination)
    }
}

/// What the callers and the engine's thread share.
private final class EngineCore: Sendable {
    private let sockets: SocketWatch
    private let state: Mutex<EngineState>
    /// Raised when the engine's thread is to lead, or to end.
    private let isNeeded = DispatchSemaphore(value: 0)

    init?() {
        guard let sockets = SocketWatch(), let multi = MultiHandle(sockets) else { return nil }
        self.sockets = sockets
        state = Mutex(EngineState(multi))
    }

    /// A handle for a transfer, which gives it back by ending; nil without memory.
    func handle() -> EasyHandle? {
        state.withLock { $0.idle.popLast() } ?? EasyHandle()
    }

    /// Begins a transfer, whose end is told on whichever thread sees it: on this one where it comes at once.
    func begin(_ transfer: Transfer, _ onEnd: @escaping EngineState.OnEnd) {
        let work = state.withLock { $0.begin(transfer, onEnd, stays: false) }
        carryOut(work)
        guard work.leads, !spin(for: transfer) else { return }
        carryOut(state.withLock { $0.handOver() })
    }

    /// Carries a transfer to its end, and others with it while this thread leads.
    func perform(_ transfer: Transfer) -> Result<Received, ClientError> {
        let answer = Answer()
        let work = state.withLock { $0.begin(transfer, answer.give, stays: true) }
        carryOut(work)
        if work.leads, !work.spins || !spin(for: transfer) { lead(for: transfer) }
        return answer.wait()
    }

    /// Waits for the sockets until a transfer has ended.
    private func lead(for transfer: Transfer) {
        var events = [epoll_event](repeating: epoll_event(), count: 32)
        var leads = true
        while leads {
            var work = EngineState.Work()
            let milliseconds = state.withLock { $0.wait(for: transfer, &work) }
            carryOut(work)
            guard let milliseconds else { return }
            let count = sockets.wait(milliseconds: milliseconds, for: &events)
            leads = advance(events[..<count], for: transfer)
        }
    }

    /// Looks at the sockets for a moment without waiting: where an answer comes that soon, falling asleep and
    /// being woken takes longer than the service does.
    ///
    /// - Returns: Whether the transfer has ended, and with it this thread's lead.
    private func spin(for transfer: Transfer) -> Bool {
        var events = [epoll_event](repeating: epoll_event(), count: 32)
        let end = DispatchTime.now() + Patience.moment
        repeat {
            let count = sockets.wait(milliseconds: 0, for: &events)
            if count > 0, !advance(events[..<count], for: transfer) {
                state.withLock { $0.noteSpin(wasEnough: true) }
                return true
            }
            // Whoever else wants this processor, maybe the service itself, goes first.
            sched_yield()
        } while DispatchTime.now() < end
        state.withLock { $0.noteSpin(wasEnough: false) }
        return false
    }

    /// Goes on with what is ready.
    ///
    /// - Returns: Whether this thread leads on, since the transfer hasn't ended.
    private func advance(_ events: ArraySlice<epoll_event>, for transfer: Transfer) -> Bool {
        let work = state.withLock { $0.advance(events, for: transfer) }
        carryOut(work)
        return work.leads
    }

    /// Gives a transfer up, whether it has begun or not.
    func cancel(_ transfer: Transfer) {
        let work = state.withLock { $0.cancel(transfer) }
        carryOut(work)
    }

    /// Ends the thread, and whatever is under way.
    func end() {
        let work = state.withLock { $0.end() }
        carryOut(work)
    }

    /// Does what is to be done without the lock, which others may want meanwhile.
    private func carryOut(_ work: EngineState.Work) {
        for (onEnd, result) in work.endings { onEnd(result) }
        if work.wakesLeader { sockets.wake() }
        if work.raisesThread { isNeeded.signal() }
        if work.startsThread {
            // A serial queue whose block runs until the engine's end is a thread of its own.
            DispatchQueue(label: "nabla.client").async { [self] in run() }
        }
    }

    /// What the engine's thread does.
    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var count = 0
        while true {
            var work = EngineState.Work()
            let next = state.withLock { $0.advanceThread(events[..<count], &work) }
            carryOut(work)
            switch next {
            case .wait(let milliseconds):
                count = sockets.wait(milliseconds: milliseconds, for: &events)
            case .sleep:
                isNeeded.wait()
                count = 0
            case .end: return
            }
        }
    }
}

/// The answer that a thread waits for.
private final class Answer: Sendable {
    private let result = Mutex<Result<Received, ClientError>>(.failure(.cancelled))
    private let isThere = DispatchSemaphore(value: 0)

    func give(_ result: Result<Received, ClientError>) {
        self.result.withLock { $0 = result }
        isThere.signal()
    }

    func wait() -> Result<Received, ClientError> {
        isThere.wait()
        return result.withLock(\.self)
    }
}
