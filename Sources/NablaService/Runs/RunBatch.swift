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
    private var epochs: [EpochRecord] = []
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
        case .epochs(let ended, let progress, let time, let checkpoint):
            guard loss == nil else { return }
            set(progress)
            for (index, summary) in ended.enumerated() {
                add(summary, progress, time, index == ended.count - 1 ? checkpoint : nil)
            }
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
        _ summary: EpochSummary, _ progress: Run.Progress, _ time: Timestamp,
        _ checkpoint: RunRecorder.Checkpoint?
    ) {
        if checkpoint != nil { self.checkpoint = summary.epoch }
        // An epoch that is done once more has the same metrics, which are stored.
        let isNew = summary.epoch > live.storedEpochs
        guard isNew || checkpoint != nil else { return }
        let metrics = isNew ? summary.metrics : []
        var best = run.best
        BestMetrics.update(&best, with: metrics)
        epochs.append(
            EpochRecord(
                runID: run.id, epoch: summary.epoch, step: summary.step,
                samplesPerSecond: progress.samplesPerSecond,
                metrics: metrics.map { key, value in
                    MetricRecord(
                        key: key, epoch: summary.epoch, step: summary.step, value: value,
                        time: time.milliseconds)
                },
                best: best.filter { run.best[$0.key] != $0.value },
                network: checkpoint.map {
                    NetworkRecord($0.network, of: run.id, epoch: summary.epoch)
                },
                state: checkpoint?.training?.bytes))
        run.best = best
        for (key, value) in metrics { run.latest[key] = value }
    }

    /// Writes the batch to the database.
    ///
    /// - Throws: `StoreError` when it isn't stored.
    func write(to store: Store) throws(StoreError) {
        if let started { _ = try store.start(id: run.id, at: started.milliseconds) }
        if !epochs.isEmpty {
            _ = try store.record(epochs, keepsEarlierNetworks: false)
        }
        if let end {
            _ = try store.finish(
                id: run.id, status: NablaStore.RunStatus(end.status), at: end.time.milliseconds,
                error: end.error.map { String(decoding: $0.json(), as: UTF8.self) })
        }
    }

    /// Tells the run's followers what is stored now.
    func publish() {
        let status = live.run.status
        live.update { run in
            run.progress = self.run.progress
            run.latest = self.run.latest
            run.best = self.run.best
        }
        if started != nil || cameFurther { live.publish(.progress(status: status, run.progress)) }
        for epoch in epochs where epoch.epoch > live.storedEpochs {
            let values = Dictionary(uniqueKeysWithValues: epoch.metrics.map { ($0.key, $0.value) })
            live.publish(.metrics(epoch: epoch.epoch, step: epoch.step, values: values))
        }
        if let checkpoint { live.publish(.checkpoint(epoch: checkpoint)) }
        if let end { finish(end.status, end.time, end.error) }
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

    private func finish(_ status: RunStatus, _ time: Timestamp, _ error: Problem?) {
        live.update { run in
            run.status = status
            run.finishedAt = time
            run.error = error
            run.progress.etaSeconds = nil
        }
        live.end()
    }
}
