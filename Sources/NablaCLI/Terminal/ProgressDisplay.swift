import Foundation
import Glibc
import NablaAPI

/// Shows how a run comes along: a bar that is drawn over on a terminal, plain lines elsewhere.
struct ProgressDisplay {
    private let isTerminal: Bool
    private var progress: Run.Progress
    private var loss: Double?
    private var validationLoss: Double?
    private var lastPlainLine = 0.0

    /// - Parameter run: The run, as it was acknowledged.
    init(_ run: Run) {
        isTerminal = isatty(STDOUT_FILENO) == 1
        progress = run.progress
    }

    /// Shows what an event tells.
    mutating func show(_ event: RunEvent) {
        switch event.content {
        case .progress(_, let progress):
            // Its epoch may be ahead of the epochs that are stored and told, and so of the losses.
            self.progress.samplesPerSecond = progress.samplesPerSecond
            self.progress.etaSeconds = progress.etaSeconds
        case .metrics(let epoch, _, let values):
            progress.epoch = epoch
            loss = values["loss"]
            validationLoss = values["validation_loss"]
        case .checkpoint: return
        case .end(let run):
            progress = run.progress
            loss = run.latest["loss"] ?? loss
            validationLoss = run.latest["validation_loss"] ?? validationLoss
        }
        if case .end = event.content {
            draw(isLast: true)
        } else {
            draw(isLast: false)
        }
    }

    private mutating func draw(isLast: Bool) {
        if isTerminal {
            // Carriage return, then erase to the end of the line.
            write("\r\(bar)\u{1B}[K" + (isLast ? "\n" : ""))
            return
        }
        let share = Double(progress.epoch) / Double(max(1, progress.epochs))
        guard isLast || share - lastPlainLine >= 0.1 else { return }
        lastPlainLine = share
        write("epoch \(progress.epoch) of \(progress.epochs)\(losses)\n")
    }

    private var bar: String {
        let width = 30
        let share = Double(progress.epoch) / Double(max(1, progress.epochs))
        let filled = Int(share * Double(width))
        let blocks =
            String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return "\(blocks) \(progress.epoch)/\(progress.epochs)\(losses)\(speed)"
    }

    private var losses: String {
        let training = loss.map { "  loss \(formatted($0))" } ?? ""
        let validation = validationLoss.map { "  validation \(formatted($0))" } ?? ""
        return training + validation
    }

    private var speed: String {
        let rate = progress.samplesPerSecond.map { String(format: "  %.0f samples/s", $0) } ?? ""
        guard progress.epoch < progress.epochs, let left = progress.etaSeconds else { return rate }
        return rate + "  \(duration(left)) left"
    }

    private func write(_ text: String) {
        print(text, terminator: "")
        // Standard output holds back what doesn't end in a line, and in a pipe everything.
        fflush(nil)
    }
}
