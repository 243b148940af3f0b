import NablaAPI
import NablaCore
import NablaNetworks
import NablaStore

/// What a run did since the database last heard of it: stored as a whole, then told to its followers.
struct RunBatch {
    private let live: LiveRun
    private var run: Run
    private var started: Timestamp?
    private var cameFurther = false
    private var epochs: [(ended: EndedEpochs, record: EpochRecord)] = []
    private var checkpoint: Int?
    private var end: (status: RunStatus, time: Timestamp, error: Problem?)?

    init(_ live: LiveRun) {
        self.live = live
        run = live.run
    }

    /// The id of the run.
    var runID: String { run.id }

    /// How the run ended, where it did.
    var endStatus: RunStatus? { end?.status }

    /// Adds what the run did next.
    mutating func add(_ entry: RunRecorder.Entry) {
        // After an epoch that is lost nothing more is kept: a history has no holes.
        let loss = live.loss
        switch entry {
        case .started(let time):
            started = time
        case .progress(let progress):
            guard loss == nil else { return }
            set(progress)
            cameFurther = true
        case .epochs(let parts, let progress, let time, let checkpoint):
            guard loss == nil, let ended = EndedEpochs(joining: parts) else { return }
            set(progress)
            add(ended, progress, time, checkpoint)
        case .redone(let ended, let checkpoint):
            guard loss == nil else { return }
            add(ended, checkpoint)
        case .ended(let status, let time, let error):
            end = (loss == nil ? status : .failed, time, loss ?? error)
        }
    }

    private mutating func set(_ progress: Run.Progress) {
        run.progress = progress
        // What followers were told before the run was taken up again stays so.
        run.progress.epoch = max(progress.epoch, live.storedEpochs)
    }

    private mutating func add(
        _ ended: EndedEpochs, _ progress: Run.Progress, _ time: Timestamp,
        _ checkpoint: RunRecorder.Checkpoint?
    ) {
        guard !ended.isEmpty else { return }
        let last = ended.firstEpoch + ended.count - 1
        if checkpoint != nil { self.checkpoint = last }
        // An epoch that is done once more has the same metrics, which are stored and were told.
        let new = ended.after(epoch: live.storedEpochs)
        guard !new.isEmpty || checkpoint != nil else { return }
        let series = new.isEmpty ? [] : new.series(at: time.milliseconds)
        var best = run.best
        for series in series {
            BestMetrics.update(&best, series.key, with: series.values)
            run.latest[series.key] = series.values.last
        }
        epochs.append(
            (
                new,
                EpochRecord(
                    runID: run.id, epoch: last, step: last * ended.stepsPerEpoch,
                    samplesPerSecond: progress.samplesPerSecond, metrics: series,
                    best: best.filter { run.best[$0.key] != $0.value },
                    network: checkpoint.map { NetworkRecord($0.network, of: run.id, epoch: last) },
                    state: checkpoint?.training?.bytes)
            ))
        run.best = best
    }

    private mutating func add(_ redone: EndedEpochs, _ checkpoint: RunRecorder.Checkpoint) {
        let last = redone.firstEpoch + redone.count - 1
        self.checkpoint = last
        epochs.append(
            (
                redone.after(epoch: last),
                EpochRecord(
                    runID: run.id, epoch: last, step: last * redone.stepsPerEpoch, metrics: [],
                    network: NetworkRecord(checkpoint.network, of: run.id, epoch: last),
                    state: checkpoint.training?.bytes)
            ))
    }

    /// Writes the batch to the database.
    ///
    /// - Throws: `StoreError` when it isn't stored.
    func write(to store: Store) throws(StoreError) {
        if let started { _ = try store.start(id: run.id, at: started.milliseconds) }
        if !epochs.isEmpty {
            _ = try store.record(epochs.map(\.record), keepsEarlierNetworks: false)
        }
        if let end {
            _ = try store.finish(
                id: run.id, status: NablaStore.RunStatus(end.status), at: end.time.milliseconds,
                error: end.error.map { String(decoding: $0.json(), as: UTF8.self) })
        }
    }

    /// Tells the run's followers, and those of all runs, what is stored now.
    func publish(to feed: EventFeed) {
        let status = live.run.status
        live.update { run in
            run.progress = self.run.progress
            run.latest = self.run.latest
            run.best = self.run.best
        }
        // Read once it is stored: who follows from now on finds it in the journal.
        let told = epochs.map(\.ended).filter { !$0.isEmpty }
        var entries = feed.journal(of: run.id, count: told.count + (end == nil ? 0 : 1))[...]
        if started != nil || cameFurther {
            tell(.progress(status: status, run.progress), to: feed, nil)
        }
        let isFollowed = live.isFollowed || feed.isFollowed
        for ended in told {
            let entry = entries.popFirst()
            guard isFollowed else { continue }
            for summary in ended {
                let values = Dictionary(uniqueKeysWithValues: summary.metrics)
                tell(
                    .metrics(epoch: summary.epoch, step: summary.step, values: values), to: feed,
                    entry)
            }
        }
        if let checkpoint { tell(.checkpoint(epoch: checkpoint), to: feed, nil) }
        if let end { finish(end.status, end.time, end.error, feed, entries.popFirst()) }
    }

    private func tell(_ content: RunEvent.Content, to feed: EventFeed, _ entry: JournalEntry?) {
        live.publish(content)
        feed.publish(RunEvent(content), of: run.id, entry)
    }

    /// Takes note that the database refused the batch: the run fails, if it has steps left.
    ///
    /// What the database would never take is given up, and the run ends as failed. All else is to be
    /// written until the database takes it.
    ///
    /// - Returns: Whether the batch is to be written again.
    mutating func refuse(_ error: StoreError) -> Bool {
        let problem = Problem(error)
        guard problem.kind != .unavailable else {
            live.fail(problem)
            return error != .closed
        }
        live.lose(because: problem)
        run = live.run
        (epochs, checkpoint, cameFurther) = ([], nil, false)
        if let end { self.end = (.failed, end.time, problem) }
        return true
    }

    private func finish(
        _ status: RunStatus, _ time: Timestamp, _ error: Problem?, _ feed: EventFeed,
        _ entry: JournalEntry?
    ) {
        live.update { run in
            run.status = status
            run.finishedAt = time
            run.error = error
            run.progress.etaSeconds = nil
        }
        live.end()
        feed.publish(RunEvent(.end(live.run)), of: run.id, entry)
    }
}
