import NablaAPI
import NablaCore
import NablaNetworks
import NablaStore
import Synchronization

/// Takes runs in, and has them trained a slice at a time on the workers that gradients leave free.
final class RunScheduler: Sendable {
    private struct State {
        /// Whose runs are taken in but not yet acknowledged: they hold a place in the queue.
        var arriving: [String?: Int] = [:]
        var queue = RunQueue()
        /// Every run that waits or trains.
        var live: [String: LiveRun] = [:]
        var isStopping = false

        /// Gives a place back that was held for a run of `owner`.
        mutating func leave(_ owner: String?) {
            let left = (arriving[owner] ?? 0) - 1
            arriving[owner] = left > 0 ? left : nil
        }
    }

    private let limits: TrainingLimits
    private let pool: WorkerPool
    private let store: Store
    private let loader: RunLoader
    private let identifiers: IdentifierSource
    private let recorder: RunRecorder
    /// What the runs spend their time with.
    let time = TrainingTime()
    private let onEvent: @Sendable (ServiceEvent) -> Void
    private let state = Mutex(State())

    init(
        limits: TrainingLimits, pool: WorkerPool, store: Store, identifiers: IdentifierSource,
        onEvent: @escaping @Sendable (ServiceEvent) -> Void
    ) {
        self.limits = limits
        self.pool = pool
        self.store = store
        loader = RunLoader(store: store, limits: limits)
        self.identifiers = identifiers
        self.onEvent = onEvent
        recorder = RunRecorder(store: store, onEvent: onEvent)
    }

    /// Puts the runs that the end of another process cut off back into the queue, in their order.
    ///
    /// They go on from their last checkpoints. Those during which processes crashed too often have failed.
    ///
    /// - Throws: `StoreError` when the database can't say which.
    func takeUp() throws(StoreError) {
        guard try store.hasUnfinished() else { return }
        for id in try store.interruptUnfinished(at: Timestamp.now.milliseconds) {
            onEvent(
                .run(
                    id: id, status: .interrupted,
                    detail: "the server ended while it was under way, and kept no samples"))
        }
        let problem = Problem(
            .internalError,
            "the server ended more than \(limits.restarts) times while it trained this run, without a "
                + "checkpoint in between: it isn't taken up again by itself, but may be resumed")
        let failed = try store.failCrashing(
            beyond: limits.restarts, at: Timestamp.now.milliseconds,
            error: String(decoding: problem.json(), as: UTF8.self))
        for id in failed { onEvent(.run(id: id, status: .failed, detail: problem.detail)) }
        for queued in try store.requeueUnfinished() {
            do throws(Problem) {
                _ = try wait(queued)
            } catch {
                onEvent(.failure(requestID: nil, detail: "run \(queued.run.id): \(error.detail)"))
            }
        }
        startWaiting()
    }

    /// Has an ended run go on from its last checkpoint.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - epochs: How many epochs beyond those it did; nil for those that are left.
    ///   - owner: Who asks: the name of a token; nil where callers need none.
    /// - Returns: The run as it waits.
    /// - Throws: `Problem` when it can't go on, the queue is full or the store fails.
    func resume(_ id: String, epochs: Int?, owner: String? = nil) throws(Problem) -> Run {
        try reservePlace(for: owner)
        let run: Run
        do {
            run = try requeue(id, epochs: epochs)
        } catch {
            state.withLock { $0.leave(owner) }
            throw error
        }
        state.withLock { $0.leave(owner) }
        startWaiting()
        return run
    }

    /// Whether the database refuses what runs did, which is kept until it takes it.
    var isRefused: Bool { recorder.isRefused }

    /// Takes a run in; when it returns, the run is stored and will be trained.
    ///
    /// - Parameters:
    ///   - request: What is to be trained, and how.
    ///   - material: The network and the samples that the request names or writes out.
    ///   - key: What the request was sent under, where it may be sent again.
    ///   - owner: Whose run it is: the name of a token; nil where callers need none.
    /// - Returns: The run as it was taken in, and as it goes on; it may have ended by now.
    /// - Throws: `Problem` when the request can't be trained, the queue is full, the key is taken or the
    ///   store fails.
    func submit(
        _ request: TrainRequest, _ material: RunMaterial, key: IdempotencyKey? = nil,
        owner: String? = nil
    ) throws(Problem) -> (acknowledged: Run, live: LiveRun) {
        try reservePlace(for: owner)
        let live: LiveRun
        do {
            live = try admit(request, material, key: key, owner: owner)
        } catch {
            state.withLock { $0.leave(owner) }
            throw error
        }
        let run = live.run
        state.withLock { state in
            state.leave(owner)
            state.queue.append(live)
            state.live[live.id] = live
        }
        onEvent(.run(id: run.id, status: .queued, detail: nil))
        startWaiting()
        return (run, live)
    }

    /// The run of that id when it waits or trains here.
    func live(_ id: String) -> LiveRun? {
        state.withLock { $0.live[id] }
    }

    /// The runs that wait or train here, oldest first.
    var liveRuns: [Run] {
        state.withLock { Array($0.live.values) }.map(\.run).sorted { $0.id < $1.id }
    }

    /// The events of all runs.
    var feed: EventFeed { recorder.feed }

    /// Asks for the end of a run that waits or trains; false when there is no such run.
    func cancel(_ id: String) -> Bool {
        guard let live = live(id), live.requestCancel() else { return false }
        let wasWaiting = state.withLock { $0.queue.remove(live) }
        if wasWaiting { end(live, .cancelled, error: nil, trained: false) }
        return true
    }

    /// Ends every run as interrupted and waits until that is stored.
    ///
    /// Runs that train get one slice more, to end with a checkpoint, while the `seconds` last.
    func stop(within seconds: Double = .infinity) {
        let deadline = Stopwatch.now() + seconds
        let waiting = state.withLock { state in
            state.isStopping = true
            return state.queue.removeAll()
        }
        let training = state.withLock { state in
            state.live.values.filter { live in !waiting.contains { $0 === live } }
        }
        for live in waiting { end(live, .interrupted, error: nil, trained: false) }
        for live in training {
            // Comes after the slice that is running; the next one will see the stop.
            let outcome = live.training.withLock { training -> Slice.Outcome in
                guard Stopwatch.now() < deadline, training != nil else { return .stopped }
                return slice(of: live, &training, isLast: true)
            }
            end(live, after: outcome)
        }
        recorder.flush()
    }

    /// How many runs wait and how many train.
    var load: (waiting: Int, training: Int) {
        state.withLock { ($0.queue.count, $0.queue.training) }
    }
}

extension RunScheduler {
    private func reservePlace(for owner: String?) throws(Problem) {
        let refusal: Problem? = state.withLock { state in
            guard !state.isStopping else { return Problem(.unavailable, "the service is stopping") }
            let arriving = state.arriving.values.reduce(0, +)
            guard state.queue.count + arriving < limits.queuedRuns else {
                return Problem(
                    .queueFull, "\(limits.queuedRuns) runs wait already; try again later")
            }
            let own = state.queue.count(of: owner) + (state.arriving[owner] ?? 0)
            if let owner, limits.queuedRunsPerToken > 0, own >= limits.queuedRunsPerToken {
                return Problem(
                    .queueFull,
                    "\(own) runs of the token \(owner) wait already; try again later")
            }
            state.arriving[owner, default: 0] += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    private func admit(
        _ request: TrainRequest, _ material: RunMaterial, key: IdempotencyKey?, owner: String?
    ) throws(Problem) -> LiveRun {
        let loaded = try loader.training(of: request, material)
        let summary = request.summary(
            network: material.network, trained: loaded.split.training.count,
            validated: loaded.split.validation?.count ?? 0)
        var run = Run(
            id: identifiers.next().text, status: .queued, createdAt: .now,
            request: String(decoding: summary, as: UTF8.self),
            parameters: loaded.training.parameterCount,
            progress: Run.Progress(epoch: 0, epochs: request.settings.epochs))
        run.name = request.name
        run.tags = request.tags
        let record = RunRecord(run)
        let stored = try loader.record(of: request, material, loaded.training, owner: owner)
        try Problem.storing { () throws(StoreError) in
            try store.insert(record, key: key, needing: material.datasets, request: stored)
        }
        return LiveRun(
            run, training: loaded.training,
            turn: RunTurn(priority: request.priority, owner: owner), sliceSeconds: sliceSeconds)
    }

    private var sliceSeconds: Double { Double(limits.sliceMilliseconds) / 1000 }

    private func requeue(_ id: String, epochs: Int?) throws(Problem) -> Run {
        guard live(id) == nil else {
            throw Problem(.conflict, "the run \(id) hasn't ended: it goes on by itself")
        }
        if let epochs { try checkTotal(of: id, adding: epochs) }
        let queued = try Problem.storing { () throws(StoreError) in
            try store.requeue(id: id, epochs: epochs)
        }
        return try wait(queued)
    }

    private func checkTotal(of id: String, adding epochs: Int) throws(Problem) {
        let record = try Problem.storing { () throws(StoreError) in try store.run(id: id) }
        let (total, overflows) = (record?.epoch ?? 0).addingReportingOverflow(epochs)
        try loader.check(epochs: overflows ? .max : total)
    }

    /// Lets a run wait that the database has as queued.
    private func wait(_ queued: QueuedRun) throws(Problem) -> Run {
        let run = try Run(queued.run)
        let live = LiveRun(
            run, training: nil, turn: RunTurn(priority: queued.priority, owner: queued.owner),
            sliceSeconds: sliceSeconds)
        state.withLock { state in
            state.queue.append(live)
            state.live[live.id] = live
        }
        onEvent(
            .run(
                id: run.id, status: .queued,
                detail: "it goes on; \(run.progress.epoch) epochs are done"))
        return run
    }

    private func startWaiting() {
        while let live = takeNext() {
            let now = Timestamp.now
            live.update { run in
                run.status = .running
                run.startedAt = run.startedAt ?? now
            }
            recorder.record(.started(now), of: live)
            onEvent(.run(id: live.id, status: .running, detail: nil))
            queueSlice(of: live)
        }
    }

    private func takeNext() -> LiveRun? {
        state.withLock { state in
            guard !state.isStopping, state.queue.training < limits.concurrentRuns else {
                return nil
            }
            return state.queue.takeNext()
        }
    }

    private func queueSlice(of live: LiveRun) {
        let start = Stopwatch.now()
        recorder.whenShort { [pool, time] in
            time.add(storage: Stopwatch.now() - start)
            // Only a pool that is closed, where nothing trains any more, doesn't take it.
            _ = pool.submit { _ in self.runSlice(of: live) }
        }
    }

    /// Trains until the slice's time is used up, and queues the next one.
    private func runSlice(of live: LiveRun) {
        let outcome = live.training.withLock { training -> Slice.Outcome in
            if state.withLock(\.isStopping) { return .stopped }
            return slice(of: live, &training)
        }
        switch outcome {
        case .goesOn: queueSlice(of: live)
        case .failed(let problem) where recovers(live, from: problem): queueSlice(of: live)
        // `stop` ends the run once it gets hold of the training.
        case .stopped: break
        case .finished, .cancelled, .failed: end(live, after: outcome)
        }
    }

    /// Takes a run that met NaN or infinity up at its last checkpoint, as after a crash, where there is a later
    /// epoch to keep.
    private func recovers(_ live: LiveRun, from problem: Problem) -> Bool {
        live.training.withLock { training in
            guard let epoch = training?.epoch, live.recover(epoch: epoch, from: problem) else {
                return false
            }
            training = nil
            return true
        }
    }

    private func slice(
        of live: LiveRun, _ held: inout Training?, isLast: Bool = false
    ) -> Slice.Outcome {
        // Taken out meanwhile, so that it is changed in place.
        var training: Training
        do throws(Problem) {
            if let own = held.take() {
                training = own
            } else {
                training = try loader.training(ofStored: live.run)
            }
        } catch {
            return .failed(live.recovery?.problem ?? error)
        }
        defer { held = training }
        return Slice(
            limits: limits, pool: pool, recorder: recorder, live: live, time: time, isLast: isLast
        ).run(&training)
    }

    private func end(_ live: LiveRun, after lastSlice: Slice.Outcome) {
        switch lastSlice {
        case .finished: end(live, .succeeded, error: nil, trained: true)
        case .cancelled: end(live, .cancelled, error: nil, trained: true)
        case .failed(let problem): end(live, .failed, error: problem, trained: true)
        case .goesOn, .stopped: end(live, .interrupted, error: nil, trained: true)
        }
    }

    private func end(_ live: LiveRun, _ status: RunStatus, error: Problem?, trained: Bool) {
        guard live.claimEnd() else { return }
        recorder.record(.ended(status, .now, error: error), of: live) { [self] in
            state.withLock { $0.live[live.id] = nil }
        }
        if trained { state.withLock { $0.queue.end(live) } }
        startWaiting()
    }
}
