import Foundation
import NablaAPI

/// How a run stands, as a line that fits a terminal: bar, loss and its history, rate and time left.
struct ProgressLine {
    /// How far it has come.
    var progress: Run.Progress
    /// Where it stands.
    var status = RunStatus.running
    /// The last loss, of the epochs that are told.
    var loss: Double?
    /// The last loss on the validation samples.
    var validationLoss: Double?
    /// The losses so far.
    var losses = Series()
    /// The steps that one sample is a part of, 1 / batch; nil where that isn't known.
    var stepsPerSample: Double?

    private static let barWidths = 8...30
    private static let sparklineWidth = 16

    /// The line, in at most `width` columns, and with colours where `terminal` has them.
    ///
    /// Where it is narrow the loss on the validation samples goes first, then the history, the rate
    /// and the time.
    func text(width: Int, on terminal: Terminal) -> String {
        var parts = [
            count, lossText, sparkline, validationText, rate, timeLeft,
        ]
        for unneeded in [3, 2, 4, 5, 1] where room(beside: parts, in: width) == nil {
            parts[unneeded] = ""
        }
        let shown = parts.filter { !$0.isEmpty }.joined(separator: "  ")
        guard let room = room(beside: parts, in: width) else { return String(shown.prefix(width)) }
        return bar(room, on: terminal) + " " + shown
    }

    /// How wide the bar may be; nil where that is too little.
    private func room(beside parts: [String], in width: Int) -> Int? {
        let others = parts.filter { !$0.isEmpty }.map(\.count)
        let room = width - others.reduce(0, +) - 2 * (others.count - 1) - 1
        guard room >= ProgressLine.barWidths.lowerBound else { return nil }
        return min(room, ProgressLine.barWidths.upperBound)
    }

    private func bar(_ width: Int, on terminal: Terminal) -> String {
        let filled = Int(share * Double(width))
        let colour: Terminal.Colour =
            switch status {
            case .queued, .running: .cyan
            case .succeeded: .green
            case .failed: .red
            case .cancelled, .interrupted: .yellow
            }
        return terminal.coloured(String(repeating: "█", count: filled), colour)
            + terminal.coloured(String(repeating: "░", count: width - filled), .grey)
    }

    private var share: Double {
        min(1, Double(progress.epoch) / Double(max(1, progress.epochs)))
    }

    private var count: String {
        let epochs = "\(progress.epochs)"
        let epoch = "\(progress.epoch)"
        // As wide as it will ever be, so that what stands behind stays where it is.
        return String(repeating: " ", count: max(0, epochs.count - epoch.count)) + epoch + "/"
            + epochs
    }

    private var lossText: String { loss.map { "loss \(steady($0))" } ?? "" }

    private var validationText: String {
        validationLoss.map { "validation \(steady($0))" } ?? ""
    }

    /// A number in as many columns as nearly all need, for the same reason.
    private func steady(_ number: Double) -> String {
        let text = formatted(number)
        return text + String(repeating: " ", count: max(0, 10 - text.count))
    }

    private var sparkline: String {
        losses.points.count < 2
            ? "" : Sparkline.text(losses.points, width: ProgressLine.sparklineWidth)
    }

    private var rate: String {
        guard let samples = progress.samplesPerSecond else { return "" }
        guard let stepsPerSample else { return "\(rounded(samples)) samples/s" }
        return "\(rounded(samples * stepsPerSample)) steps/s"
    }

    private var timeLeft: String {
        guard !status.isEnded, progress.epoch < progress.epochs, let left = progress.etaSeconds
        else { return "" }
        return "\(duration(left)) left"
    }
}

/// A rate with three significant digits, and a whole number from 100 on.
func rounded(_ rate: Double) -> String {
    String(format: rate < 100 ? "%.3g" : "%.0f", rate)
}
