import NablaAPI
import NablaCore
import NablaNetworks

/// A bounded piece of a run's work: what a worker does of it before others get their turn.
struct Slice {
    /// How a slice ended.
    enum Outcome {
        case goesOn
        case finished
        case cancelled
        case failed(Problem)
        case stopped
    }

    /// The most epochs of a slice: what the database writes in a fraction of a second.
    private static let mostEpochs = 65_536

    /// Seconds between hand-overs of a run whose epochs are shorter.
    ///
    /// Each wakes the thread that writes, which may take the processor that trains; and this is often enough
    /// for who looks on.
    private static let recordSeconds = 0.1

    let limits: TrainingLimits
    let pool: WorkerPool
    let recorder: RunRecorder
    let live: LiveRun
    /// Gets what the slice takes.
    var time = TrainingTime()
    /// Whether the service ends after it: then it ends with an epoch and a checkpoint if it can.
    var isLast = false

    /// Trains until the slice's time or epochs are used up or the run is at its end.
    func run(_ training: inout Training) -> Outcome {
        let start = Stopwatch.now()
        live.pace.withLock { $0.beginSlice(at: start) }
        defer {
            let end = Stopwatch.now()
            time.add(slice: end - start)
            live.pace.withLock { $0.endSlice(at: end) }
        }
        let deadline = start + Double(limits.sliceMilliseconds) / 1000
        if let recovery = live.recovery { return redo(&training, recovery, until: deadline) }
        let last = training.epoch + Slice.mostEpochs
        // Handed over together: to hand over costs the same for one epoch and for many.
        var ended = live.unrecorded.withLock { Slice.takeAll(of: &$0) }
        defer { record(ended, of: training, checkpoint: nil) }
        repeat {
            if let problem = live.failure { return .failed(problem) }
            if live.isCancelRequested { return .cancelled }
            let epochEnded: Bool
            do {
                epochEnded = try advance(
                    &training, maximumEpochs: last - training.epoch, &ended)
            } catch {
                return .failed(Problem(error))
            }
            if training.isFinished { return .finished }
            if isLast, epochEnded { return .stopped }
        } while Stopwatch.now() < deadline && training.epoch < last
        let epochs = Slice.takeAll(of: &ended)
        if isRecordDue(holding: epochs) {
            record(epochs, of: training, checkpoint: nil)
            reportProgress(of: training)
        } else {
            live.unrecorded.withLock { $0 = epochs }
        }
        return .goesOn
    }

    /// Trains once more what a training did between its last checkpoint and the epoch behind which it met NaN
    /// or infinity, and keeps that epoch.
    private func redo(
        _ training: inout Training, _ recovery: LiveRun.Recovery, until deadline: Double
    ) -> Outcome {
        repeat {
            guard training.epoch < recovery.epoch, !isLast, !live.isCancelRequested,
                let ended = try? training.advance(
                    maximumSteps: live.pace.withLock(\.stepsAtOnce),
                    maximumEpochs: recovery.epoch - training.epoch,
                    stepsAtATime: live.pace.withLock(\.stepsAtATime), shards: pool.shardRunner)
            else { return .failed(recovery.problem) }
            guard training.epoch == recovery.epoch, !ended.isEmpty else { continue }
            recorder.record(.redone(ended, checkpoint: checkpoint(of: training)), of: live)
            return .failed(recovery.problem)
        } while Stopwatch.now() < deadline
        return .goesOn
    }

    private func checkpoint(of training: Training) -> RunRecorder.Checkpoint {
        RunRecorder.Checkpoint(network: training.network(), training: training.checkpoint())
    }

    private static func takeAll(of epochs: inout [EndedEpochs]) -> [EndedEpochs] {
        defer { epochs = [] }
        return epochs
    }

    private func isRecordDue(holding epochs: [EndedEpochs]) -> Bool {
        epochs.isEmpty || epochs.reduce(0) { $0 + $1.count } >= Slice.mostEpochs
            || Stopwatch.now() - live.pace.withLock(\.lastRecord) >= Slice.recordSeconds
    }

    /// Takes some steps, and gives whether they ended an epoch.
    private func advance(
        _ training: inout Training, maximumEpochs: Int, _ pending: inout [EndedEpochs]
    ) throws(ComputationError) -> Bool {
        let (steps, stepsAtATime) = live.pace.withLock { ($0.stepsAtOnce, $0.stepsAtATime) }
        let before = training.step
        let (start, startOfWork) = (Stopwatch.now(), Stopwatch.ofThread())
        // Not past an epoch that is to be kept.
        let every = training.checkpointEvery
        let most =
            every > 1 && isCheckpointTime(at: start)
            ? min(maximumEpochs, every - training.epoch % every) : maximumEpochs
        let ended = try training.advance(
            maximumSteps: steps, maximumEpochs: most, stepsAtATime: stepsAtATime,
            shards: pool.shardRunner)
        let seconds = Stopwatch.now() - start
        let working = Stopwatch.ofThread() - startOfWork
        let done = training.step - before
        live.pace.withLock { pace in
            pace.learn(
                steps: done, samples: done * training.batchSize, seconds: seconds,
                working: working)
        }
        guard !ended.isEmpty else { return false }
        let (now, worked) = (Stopwatch.now(), Stopwatch.ofThread())
        pending.append(ended)
        // After a step that failed, the network is no longer the one of the last epoch.
        let isDue =
            training.isBetweenEpochs
            && (training.isFinished || isLast
                || training.epoch % every == 0 && isCheckpointTime(at: now))
        let checkpoint = isDue ? checkpoint(of: training) : nil
        if isDue {
            live.pace.withLock { pace in
                (pace.lastCheckpoint, pace.checkpointEpoch) = (now, training.epoch)
            }
        }
        time.add(storage: Stopwatch.ofThread() - worked)
        if let checkpoint {
            record(Slice.takeAll(of: &pending), of: training, checkpoint: checkpoint)
        }
        return true
    }

    private func isCheckpointTime(at now: Double) -> Bool {
        now - live.pace.withLock(\.lastCheckpoint) >= Double(limits.checkpointSeconds)
    }

    private func record(
        _ ended: [EndedEpochs], of training: Training, checkpoint: RunRecorder.Checkpoint?
    ) {
        guard !ended.isEmpty else { return }
        let worked = Stopwatch.ofThread()
        live.pace.withLock { $0.lastRecord = Stopwatch.now() }
        recorder.record(
            .epochs(
                ended, progress: progress(of: training), time: .now, checkpoint: checkpoint),
            of: live)
        time.add(storage: Stopwatch.ofThread() - worked)
    }

    /// Tells followers how far a long epoch has come; ends of epochs tell it by themselves.
    private func reportProgress(of training: Training) {
        let now = Stopwatch.now()
        let isDue = live.pace.withLock { pace in
            let isDue = now - pace.lastProgress >= 0.25
            if isDue { pace.lastProgress = now }
            return isDue
        }
        guard isDue else { return }
        // By way of the recorder, which may still be at the epochs before.
        recorder.record(.progress(progress(of: training)), of: live)
    }

    private func progress(of training: Training) -> Run.Progress {
        var progress = Run.Progress(epoch: training.epoch, epochs: training.epochs)
        guard let speed = live.pace.withLock(\.samplesPerSecond), speed > 0 else { return progress }
        progress.samplesPerSecond = speed
        let all = Double(training.epochs) * Double(training.stepsPerEpoch)
        progress.etaSeconds = (all - Double(training.step)) * Double(training.batchSize) / speed
        return progress
    }
}
