import NablaAPI
import NablaCore
import NablaNetworks
import NablaStore
import Synchronization

/// Takes runs in, and has them trained a slice at a time on the workers that gradients leave free.
final class RunScheduler: Sendable {
    private struct State {
        /// Runs taken in but not yet acknowledged, which hold a place in the queue.
        var arriving = 0
        var waiting = Queue<LiveRun>()
        var training = 0
        /// Every run that waits or trains.
        var live: [String: LiveRun] = [:]
        var isStopping = false
    }

    private let limits: TrainingLimits
    private let pool: WorkerPool
    private let store: Store
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
        self.identifiers = identifiers
        self.onEvent = onEvent
        recorder = RunRecorder(store: store, onEvent: onEvent)
    }

    /// Takes a run in; when it returns, the run is stored and will be trained.
    ///
    /// - Parameters:
    ///   - request: What is to be trained, and how.
    ///   - material: The network and the samples that the request names or writes out.
    ///   - key: What the request was sent under, where it may be sent again.
    /// - Returns: The run as it was taken in, and as it goes on; it may have ended by now.
    /// - Throws: `Problem` when the request can't be trained, the queue is full, the key is taken or the
    ///   store fails.
    func submit(
        _ request: TrainRequest, _ material: RunMaterial, key: IdempotencyKey? = nil
    ) throws(Problem) -> (acknowledged: Run, live: LiveRun) {
        try reservePlace()
        let live: LiveRun
        do {
            live = try admit(request, material, key: key)
        } catch {
            state.withLock { $0.arriving -= 1 }
            throw error
        }
        let run = live.run
        state.withLock { state in
            state.arriving -= 1
            state.waiting.append(live)
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
        let wasWaiting = state.withLock { state in
            let before = state.waiting.count
            state.waiting.removeAll { $0 === live }
            return state.waiting.count < before
        }
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
            var waiting: [LiveRun] = []
            while let live = state.waiting.popFirst() { waiting.append(live) }
            return waiting
        }
        let training = state.withLock { state in
            state.live.values.filter { live in !waiting.contains { $0 === live } }
        }
        for live in waiting { end(live, .interrupted, error: nil, trained: false) }
        for live in training {
            // Comes after the slice that is running; the next one will see the stop.
            let outcome = live.training.withLock { training -> Slice.Outcome in
                guard Stopwatch.now() < deadline else { return .stopped }
                return Slice(
                    limits: limits, pool: pool, recorder: recorder, live: live, time: time,
                    isLast: true
                ).run(&training)
            }
            end(live, after: outcome)
        }
        recorder.flush()
    }

    /// How many runs wait and how many train.
    var load: (waiting: Int, training: Int) {
        state.withLock { ($0.waiting.count, $0.training) }
    }
}

extension RunScheduler {
    private func reservePlace() throws(Problem) {
        let refusal: Problem? = state.withLock { state in
            guard !state.isStopping else { return Problem(.unavailable, "the service is stopping") }
            guard state.waiting.count + state.arriving < limits.queuedRuns else {
                return Problem(
                    .queueFull, "\(limits.queuedRuns) runs wait already; try again later")
            }
            state.arriving += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    private func admit(
        _ request: TrainRequest, _ material: RunMaterial, key: IdempotencyKey?
    ) throws(Problem) -> LiveRun {
        let network = material.network
        guard network.parameterCount <= limits.parameters else {
            throw Problem(
                .outOfRange,
                "the network has more than the \(limits.parameters) parameters that may be trained",
                pointer: "/network")
        }
        let split = try RunSplit(material, for: request)
        let training = try Problem.computing { () throws(ComputationError) in
            try Training(
                network: network, loss: request.loss, samples: split.training,
                validation: split.validation, settings: request.settings)
        }
        let summary = request.summary(
            network: network, trained: split.training.count,
            validated: split.validation?.count ?? 0)
        var run = Run(
            id: identifiers.next(), status: .queued, createdAt: .now,
            request: String(decoding: summary, as: UTF8.self),
            parameters: training.parameterCount,
            progress: Run.Progress(epoch: 0, epochs: request.settings.epochs))
        run.name = request.name
        run.tags = request.tags
        let record = RunRecord(run)
        try Problem.storing { () throws(StoreError) in
            try store.insert(record, key: key, needing: material.datasets)
        }
        return LiveRun(
            run, training: training, settings: request.settings, samples: split.training.count,
            sliceSeconds: Double(limits.sliceMilliseconds) / 1000)
    }

    private func startWaiting() {
        while let live = takeNext() {
            let now = Timestamp.now
            live.update { run in
                run.status = .running
                run.startedAt = now
            }
            recorder.record(.started(now), of: live)
            onEvent(.run(id: live.id, status: .running, detail: nil))
            queueSlice(of: live)
        }
    }

    private func takeNext() -> LiveRun? {
        state.withLock { state in
            guard !state.isStopping, state.training < limits.concurrentRuns,
                let live = state.waiting.popFirst()
            else { return nil }
            state.training += 1
            return live
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
            return Slice(
                limits: limits, pool: pool, recorder: recorder, live: live, time: time
            ).run(&training)
        }
        switch outcome {
        case .goesOn: queueSlice(of: live)
        // `stop` ends the run once it gets hold of the training.
        case .stopped: break
        case .finished, .cancelled, .failed: end(live, after: outcome)
        }
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
        if trained { state.withLock { $0.training -= 1 } }
        startWaiting()
    }
}
