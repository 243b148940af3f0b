import NablaAPI
import NablaJSON

/// Shows how a run comes along: a bar that is drawn over on a terminal, plain lines elsewhere.
struct ProgressDisplay {
    private let terminal = Terminal.output
    private var line: ProgressLine
    private var lastPlainLine = (share: 0.0, text: "")
    private var lastDrawing: ContinuousClock.Instant?

    /// - Parameter run: The run, as it was acknowledged.
    init(_ run: Run) {
        line = ProgressLine(progress: run.progress)
        line.stepsPerSample = run.stepsPerSample
    }

    /// Shows what an event tells.
    mutating func show(_ event: RunEvent) {
        switch event.content {
        case .progress(let status, let progress):
            // Its epoch may be ahead of the epochs that are stored and told, and so of the losses.
            line.progress.samplesPerSecond = progress.samplesPerSecond
            line.progress.etaSeconds = progress.etaSeconds
            line.status = status
        case .metrics(let epoch, _, let values):
            line.progress.epoch = epoch
            line.loss = values["loss"]
            line.validationLoss = values["validation_loss"]
            if let loss = line.loss { line.losses.append(loss) }
        case .checkpoint: return
        case .end(let run):
            line.progress = run.progress
            line.status = run.status
            line.loss = run.latest["loss"] ?? line.loss
            line.validationLoss = run.latest["validation_loss"] ?? line.validationLoss
        }
        if case .end = event.content {
            draw(isLast: true)
        } else {
            draw(isLast: false)
        }
    }

    /// How long a drawing stays at least: nobody reads faster, and drawing takes the run's time.
    private static let leastTime = Duration.milliseconds(50)

    private mutating func draw(isLast: Bool) {
        guard terminal.isInteractive else { return writePlainLine(isLast: isLast) }
        let now = ContinuousClock.now
        if let lastDrawing, !isLast, now - lastDrawing < ProgressDisplay.leastTime { return }
        lastDrawing = now
        // Room for the ^C that a terminal shows, and one column more, or some begin another line.
        let text = line.text(width: max(1, terminal.width - 3), on: terminal)
        // Carriage return, and erase to the end.
        print("\r\(text)\u{1B}[K", terminator: isLast ? "\n" : "")
    }

    private mutating func writePlainLine(isLast: Bool) {
        let progress = line.progress
        let share = Double(progress.epoch) / Double(max(1, progress.epochs))
        guard isLast || share - lastPlainLine.share >= 0.1 else { return }
        let training = line.loss.map { "  loss \(formatted($0))" } ?? ""
        let validation = line.validationLoss.map { "  validation \(formatted($0))" } ?? ""
        let text = "epoch \(progress.epoch) of \(progress.epochs)\(training)\(validation)"
        // The end of a run may tell again what its last epoch told.
        guard text != lastPlainLine.text else { return }
        lastPlainLine = (share, text)
        print(text)
    }
}

extension Run {
    /// The steps that one sample is a part of, 1 / batch, by its request; nil where that doesn't say.
    var stepsPerSample: Double? {
        guard
            let object = try? JSONDocument(parsing: Array(request.utf8)).root.anyObject(),
            let samples = try? object["samples"]?.anyObject()["count"]?.int(), samples > 0
        else { return nil }
        // Without a size a batch is all samples.
        let batch = (try? object["batch_size"]?.int()) ?? samples
        return 1 / Double(max(1, min(batch, samples)))
    }
}
