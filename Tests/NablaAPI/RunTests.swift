import Foundation
import NablaAPI
import Testing

@Suite struct RunTests {
    private var run: Run {
        var run = Run(
            id: "0190a0a0-0000-7000-8000-000000000000", status: .failed,
            createdAt: Timestamp(milliseconds: 1_700_000_000_000),
            request: #"{"epochs":3,"loss":{"type":"hinge"},"tags":["a",null,true,0.1]}"#,
            parameters: 12,
            progress: Run.Progress(epoch: 2, epochs: 3, samplesPerSecond: 1.5, etaSeconds: 4))
        run.name = "näme"
        run.tags = ["team": "search"]
        run.startedAt = Timestamp(milliseconds: 1_700_000_000_001)
        run.finishedAt = Timestamp(milliseconds: 1_700_000_000_002)
        run.latest = ["loss": 0.25, "accuracy": 1]
        run.best = ["loss": 0.125]
        run.error = Problem(.nonFinite, "layer 0")
        return run
    }

    @Test func isReadAsItWasWritten() throws {
        #expect(try Run(parsing: run.json()) == run)
    }

    @Test func aListIsReadAsItWasWritten() throws {
        let list = RunList(runs: [run, run], nextCursor: "abc")
        #expect(try RunList(parsing: list.json()) == list)
        let last = RunList(runs: [], nextCursor: nil)
        #expect(try RunList(parsing: last.json()) == last)
    }

    @Test func aHistoryIsReadAsItWasWritten() throws {
        let point = MetricHistory.Point(
            epoch: 1, step: 3, value: 0.71, time: Timestamp(milliseconds: 5))
        let history = MetricHistory(metrics: [("loss", [point, point]), ("accuracy", [point])])
        #expect(try MetricHistory(parsing: history.json()) == history)
        #expect(
            String(decoding: history.csv(), as: UTF8.self).split(separator: "\n").map(String.init)
                == [
                    "key,epoch,step,value,time", "loss,1,3,0.71,1970-01-01T00:00:00.005Z",
                    "loss,1,3,0.71,1970-01-01T00:00:00.005Z",
                    "accuracy,1,3,0.71,1970-01-01T00:00:00.005Z",
                ])
    }

    @Test func anEventIsReadAsItWasWritten() throws {
        let contents: [RunEvent.Content] = [
            .progress(status: .running, Run.Progress(epoch: 1, epochs: 2)),
            .metrics(epoch: 4, step: 8, values: ["loss": 0.5]), .checkpoint(epoch: 4), .end(run),
        ]
        for content in contents {
            let event = RunEvent(content)
            let block = String(decoding: event.block(), as: UTF8.self)
            let data = block.components(separatedBy: "data: ").last ?? ""
            let read = try RunEvent(name: event.name, data: Array(data.utf8))
            #expect(read == event)
        }
        #expect(try RunEvent(name: "later", data: []) == nil)
        #expect(RunEvent(contents[1]).id == 4)
    }
}
