import CCurl
import CEpoll
import Glibc

/// What an engine's lock guards: the curl multi handle, what is under way on it, and who leads.
///
/// Each change gives the work that is to be done once the lock is free again.
struct EngineState {
    /// Gets how a transfer ended.
    typealias OnEnd = @Sendable (Result<Received, ClientError>) -> Void

    /// What follows from a change.
    struct Work: Sendable {
        /// What ended, and who is to be told.
        var endings: [(OnEnd, Result<Received, ClientError>)] = []
        /// Whether the thread that waits for the sockets waits for too long now.
        var wakesLeader = false
        /// Whether the engine's thread is to be roused.
        var raisesThread = false
        /// Whether the engine's thread is to be started.
        var startsThread = false
        /// Whether the thread that made the change is to go on as the leader.
        var leads = false
        /// Whether it is to look again and again for a moment, before it waits or leaves the lead.
        var spins = false
    }

    /// What the engine's thread does next.
    enum NextStep {
        /// Waits for the sockets.
        case wait(milliseconds: Int)
        /// Waits until it is roused.
        case sleep
        case end
    }

    /// Who waits for the sockets and goes on with what is ready.
    private enum Lead {
        /// Nobody, for there is nothing to wait for.
        case free
        /// The thread that made a call: a blocking one until it has ended, an async one for a moment.
        case caller
        /// The engine's thread.
        case thread
    }

    private enum ThreadLife {
        case notStarted
        /// Waits to be roused.
        case asleep
        /// Leads, or waits at the sockets in case it will.
        case awake
    }

    private struct Running {
        let transfer: Transfer
        let onEnd: OnEnd
    }

    /// How long the engine's thread stays at the sockets after the last call, in milliseconds: a next one in
    /// that time need not rouse it.
    private static let lingersMilliseconds = 1000
    /// How long the leader waits where curl has nothing to do by itself, in milliseconds.
    private static let longestMilliseconds = 60_000

    private let multi: MultiHandle
    private var running: [UnsafeMutableRawPointer: Running] = [:]
    /// The handles of transfers that have ended.
    var idle: [EasyHandle] = []
    private var lead = Lead.free
    private var thread = ThreadLife.notStarted
    private var hasEnded = false
    private var patience = Patience()
    /// When the leader's wait ends by itself; nil while it doesn't wait.
    private var leaderWaitsUntil: Int?
    /// When the wait of a thread that doesn't lead ends.
    private var threadLingersUntil = 0

    init(_ multi: MultiHandle) {
        self.multi = multi
    }

    /// Adds a transfer, and sends what can be sent of it.
    ///
    /// - Parameters:
    ///   - transfer: What is to be performed.
    ///   - onEnd: Gets its end.
    ///   - stays: Whether the thread that calls waits for the end, and so may lead until then.
    /// - Returns: What follows.
    mutating func begin(_ transfer: Transfer, _ onEnd: @escaping OnEnd, stays: Bool) -> Work {
        var work = Work()
        guard !transfer.isGivenUp, !hasEnded else {
            idle.append(transfer.handle)
            work.endings = [(onEnd, .failure(.cancelled))]
            return work
        }
        running[transfer.handle.raw] = Running(transfer: transfer, onEnd: onEnd)
        multi.add(transfer.handle)
        multi.actOnTime()
        collectEndings(&work)
        if lead == .free, !running.isEmpty {
            work.spins = !transfer.isStream && patience.spins()
            work.leads = stays || work.spins
            guard !work.leads else {
                lead = .caller
                return work
            }
            appointThread(&work)
        }
        informLeader(&work)
        return work
    }

    /// Goes on with what is ready, led by the caller of a transfer.
    mutating func advance(_ events: ArraySlice<epoll_event>, for transfer: Transfer) -> Work {
        var work = Work()
        act(on: events, &work)
        work.leads = isRunning(transfer)
        if !work.leads { leave(&work) }
        return work
    }

    /// Takes the lead from a caller, who doesn't stay.
    mutating func handOver() -> Work {
        var work = Work()
        leave(&work)
        return work
    }

    /// Notes whether an answer came while its caller spun.
    mutating func noteSpin(wasEnough: Bool) {
        patience.note(wasEnough: wasEnough)
    }

    /// How long the caller that leads is to wait now for its transfer.
    ///
    /// - Parameters:
    ///   - transfer: What the caller waits for.
    ///   - work: Gets what follows.
    /// - Returns: Milliseconds; nil when the transfer has ended meanwhile, and with it the lead.
    mutating func wait(for transfer: Transfer, _ work: inout Work) -> Int? {
        guard isRunning(transfer) else {
            leave(&work)
            return nil
        }
        return leadersWait()
    }

    /// Goes on with what is ready, on the engine's thread.
    ///
    /// - Parameters:
    ///   - events: What is ready.
    ///   - work: Gets what follows.
    /// - Returns: What that thread is to do next.
    mutating func advanceThread(_ events: ArraySlice<epoll_event>, _ work: inout Work) -> NextStep {
        guard !hasEnded else { return .end }
        switch lead {
        case .thread:
            act(on: events, &work)
            if running.isEmpty {
                lead = .free
                threadLingersUntil = now() + Self.lingersMilliseconds
                return .wait(milliseconds: Self.lingersMilliseconds)
            }
            return .wait(milliseconds: leadersWait())
        case .free where threadLingersUntil > now():
            // Nothing is under way, but the alarm may have been raised for a leader that had gone.
            multi.act(on: events)
            return .wait(milliseconds: max(threadLingersUntil - now(), 0))
        // Two threads at the sockets would both be woken for what one of them does.
        case .free, .caller:
            thread = .asleep
            return .sleep
        }
    }

    /// Gives a transfer up, whether it has begun or not; one that has ended stays as it ended.
    mutating func cancel(_ transfer: Transfer) -> Work {
        var work = Work()
        if isRunning(transfer) {
            end(transfer.handle.raw, .failure(.cancelled), &work)
            informLeader(&work)
        } else {
            transfer.isGivenUp = true
        }
        return work
    }

    /// Gives everything up, and ends the thread.
    mutating func end() -> Work {
        var work = Work()
        hasEnded = true
        for handle in running.keys { end(handle, .failure(.cancelled), &work) }
        work.raisesThread = thread == .asleep
        work.wakesLeader = thread == .awake
        return work
    }
}

extension EngineState {
    private func isRunning(_ transfer: Transfer) -> Bool {
        running[transfer.handle.raw]?.transfer === transfer
    }

    private mutating func act(on events: ArraySlice<epoll_event>, _ work: inout Work) {
        leaderWaitsUntil = nil
        multi.act(on: events)
        multi.actOnTime()
        collectEndings(&work)
    }

    private mutating func collectEndings(_ work: inout Work) {
        while let (handle, code) = multi.nextFinished() {
            guard let transfer = running[handle]?.transfer else { continue }
            let result: Result<Received, ClientError>
            do {
                result = .success(try transfer.finish(code))
            } catch {
                result = .failure(error)
            }
            end(handle, result, &work)
        }
    }

    private mutating func end(
        _ handle: UnsafeMutableRawPointer, _ result: Result<Received, ClientError>,
        _ work: inout Work
    ) {
        guard let entry = running.removeValue(forKey: handle) else { return }
        multi.remove(entry.transfer.handle)
        idle.append(entry.transfer.handle)
        work.endings.append((entry.onEnd, result))
    }

    private mutating func leave(_ work: inout Work) {
        guard !running.isEmpty else { return lead = .free }
        appointThread(&work)
        informLeader(&work)
    }

    /// How long the leader is to wait, in milliseconds, which it begins to do now.
    private mutating func leadersWait() -> Int {
        let milliseconds = min(multi.milliseconds ?? .max, Self.longestMilliseconds)
        leaderWaitsUntil = now() + milliseconds
        return milliseconds
    }

    private mutating func appointThread(_ work: inout Work) {
        lead = .thread
        switch thread {
        case .notStarted: work.startsThread = true
        case .asleep: work.raisesThread = true
        case .awake: leaderWaitsUntil = threadLingersUntil
        }
        thread = .awake
    }

    /// Has the leader look, where another thread did what it waits for or can't wait as long any more.
    private func informLeader(_ work: inout Work) {
        guard let leaderWaitsUntil else { return }
        let isDueEarlier = multi.milliseconds.map { now() + $0 < leaderWaitsUntil } ?? false
        work.wakesLeader = isDueEarlier || !work.endings.isEmpty
    }
}

/// The time since the machine was started, in milliseconds.
private func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
