import NablaAPI
import Testing

@testable import NablaCLI

@Suite struct ProgressLineTests {
    private static let plain = Terminal(isTerminal: true, environment: ["NO_COLOR": "1"])
    private static let coloured = Terminal(isTerminal: true, environment: [:])

    private var line: ProgressLine {
        var line = ProgressLine(
            progress: Run.Progress(
                epoch: 125, epochs: 1000, samplesPerSecond: 64_000, etaSeconds: 75))
        line.loss = 0.0625
        line.validationLoss = 0.125
        line.stepsPerSample = 1.0 / 32
        for loss in [8.0, 4, 2, 1] { line.losses.append(loss) }
        return line
    }

    @Test func itTellsBarLossHistoryRateAndTime() {
        let bar = String(repeating: "█", count: 3) + String(repeating: "░", count: 27)
        #expect(
            line.text(width: 120, on: Self.plain)
                == "\(bar)  125/1000  loss 0.0625      █▄▂▁  validation 0.125       2000 steps/s  "
                + "1 min 15 s left")
    }

    @Test func whereItIsNarrowTheLeastNeededGoesFirst() {
        let expected = [
            (100, ["/1000", "loss", "▁", "validation", "steps/s", "left"]),
            (80, ["/1000", "loss", "▁", "steps/s", "left"]),
            (70, ["/1000", "loss", "steps/s", "left"]),
            (60, ["/1000", "loss", "left"]), (40, ["/1000", "loss"]), (20, ["/1000"]),
        ]
        for (width, parts) in expected {
            let text = line.text(width: width, on: Self.plain)
            for part in ["/1000", "loss", "▁", "validation", "steps/s", "left"] {
                #expect(text.contains(part) == parts.contains(part), "\(width): \(text)")
            }
        }
    }

    @Test(arguments: 1...140) func itIsNeverWiderThanItMay(_ width: Int) {
        let text = line.text(width: width, on: Self.plain)
        #expect(text.count <= width && !text.isEmpty)
        let visible = line.text(width: width, on: Self.coloured)
            .replacing(#/\u{1B}\[[0-9]+m/#, with: "")
        #expect(visible == text)
    }

    @Test func coloursAreThereUnlessNobodyWantsThem() {
        #expect(line.text(width: 100, on: Self.coloured).hasPrefix("\u{1B}[36m█"))
        #expect(!line.text(width: 100, on: Self.plain).contains("\u{1B}"))
        var failed = line
        failed.status = .failed
        #expect(failed.text(width: 100, on: Self.coloured).hasPrefix("\u{1B}[31m█"))
        #expect(!failed.text(width: 100, on: Self.plain).contains("left"))
    }

    @Test func aDumbTerminalAndNoneAreNotDrawnOn() {
        #expect(Self.plain.isInteractive && !Self.plain.hasColours)
        #expect(Self.coloured.isInteractive && Self.coloured.hasColours)
        let dumb = Terminal(isTerminal: true, environment: ["TERM": "dumb"])
        #expect(!dumb.isInteractive && !dumb.hasColours)
        #expect(!Terminal(isTerminal: false, environment: [:]).isInteractive)
        #expect(Terminal(isTerminal: true, environment: ["NO_COLOR": ""]).hasColours)
    }

    @Test func withoutABatchTheRateIsInSamples() {
        var line = self.line
        line.stepsPerSample = nil
        #expect(line.text(width: 120, on: Self.plain).contains("64000 samples/s"))
    }
}

@Suite struct SparklineTests {
    @Test func theLeastIsAtTheBottomAndTheMostAtTheTop() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], width: 8) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([7, 0], width: 8) == "█▁")
        #expect(Sparkline.text([3, 3, 3], width: 8) == "▁▁▁")
    }

    @Test func moreNumbersThanRoomAreMeans() {
        #expect(Sparkline.text([0, 2, 6, 8, 4, 4], width: 3) == "▁█▅")
        #expect(Sparkline.text((0..<1000).map(Double.init), width: 8) == "▁▂▃▄▅▆▇█")
    }

    @Test func whatIsNotFiniteIsLeftOut() {
        #expect(Sparkline.text([.nan, 1, .infinity, 2], width: 8) == "▁█")
        #expect(Sparkline.text([], width: 8).isEmpty)
        #expect(Sparkline.text([.nan], width: 8).isEmpty)
        #expect(Sparkline.text([1, 2], width: 0).isEmpty)
    }

    @Test func aSeriesOfAnyLengthIsAFewMeans() {
        var series = Series()
        for value in 0..<5000 { series.append(Double(value)) }
        #expect((512...1024).contains(series.points.count))
        #expect(series.points == series.points.sorted())
        // Each point is the mean of as many values, so the first and the last tell how many.
        let perPoint = series.points[1] - series.points[0]
        #expect(series.points[0] == (perPoint - 1) / 2)
        #expect(Double(series.points.count) == (5000 / perPoint).rounded(.down))
    }
}
