import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// The commands beside `runs list` and `runs show`.
@Suite struct RunsChangeCommandTests {
    private let served: ServedProgram

    init() throws {
        served = try ServedProgram()
    }

    /// Trains a run of that learning rate to its end.
    private func train(
        _ name: String, team: String = "one", rate: Double = 0.1, epochs: Int = 3
    ) throws -> Run {
        let result = try Program.run(
            "train", "-", "--json", "--server", served.address,
            input: """
                {"name": "\(name)", "tags": {"team": "\(team)"}, "epochs": \(epochs),
                 "network": {"input_shape": [1], "layers": [{"units": 1}]}, "seed": 1,
                 "optimizer": {"type": "sgd", "learning_rate": \(rate)},
                 "loss": "mean_squared_error",
                 "samples": {"inputs": [[1], [2]], "targets": [1, 3]}}
                """)
        return try Run(parsing: Array(result.output.utf8))
    }

    private func runs(_ arguments: String...) throws -> Program.Result {
        try Program(["runs"] + arguments + ["--server", served.address]).wait()
    }

    private func ids(_ arguments: String...) throws -> [String] {
        let result = try Program(
            ["runs", "list", "--json"] + arguments + ["--server", served.address]
        ).wait()
        #expect(result.code == 0, "\(result.errors)")
        return try RunList(parsing: Array(result.output.utf8)).runs.map(\.id)
    }

    @Test func theListIsFilteredOrderedAndCut() throws {
        let (slow, fast) = (try train("slow", rate: 0.001), try train("fast", team: "two"))
        #expect(try ids("--tag", "team=one") == [slow.id])
        #expect(try ids("--filter", "params.optimizer.learning_rate > 0.05") == [fast.id])
        #expect(try ids("--order-by", "metrics.loss ASC") == [fast.id, slow.id])
        #expect(try ids("--order-by", "metrics.loss DESC") == [slow.id, fast.id])
        let page = try runs("list", "--limit", "1").output
        let cursor = try #require(page.split(separator: " ").last).dropLast()
        #expect(page.contains("more with --cursor "))
        #expect(try ids("--limit", "1", "--cursor", String(cursor)) == [slow.id])
        #expect(try runs("list", "--name", "none").output == "no such runs\n")
        let csv = try runs("list", "--csv").output.split(whereSeparator: \.isNewline)
        #expect(csv.count == 3 && csv[0].hasPrefix("id,name,status,"))
        #expect(csv[1].hasPrefix("\(fast.id),fast,succeeded,"))
        let wrong = try runs("list", "--filter", "metrics.loss <")
        #expect(wrong.code == 65 && wrong.errorLines.count == 1)
        #expect(try runs("list", "--tag", "team").code == 64)
        #expect(try runs("list", "--json", "--csv").code == 64)
    }

    @Test func metricsAreATableTheirPointsJSONAndCSV() throws {
        let run = try train("one")
        let history = try served.client.metrics(ofRun: run.id)
        let table = try runs("metrics", run.id).output
        let row = try #require(table.split(separator: "\n").first { $0.hasPrefix("loss ") })
        let losses = history["loss"].map(\.value)
        let first = try #require(losses.first), last = try #require(losses.last)
        #expect(row.contains(formattedAsInTables(first)) && row.contains(formattedAsInTables(last)))
        #expect(row.hasSuffix("▁") && row.contains("█"), "\(row)")
        let json = try runs("metrics", run.id, "--json").output
        #expect(try MetricHistory(parsing: Array(json.utf8)) == history)
        let csv = try runs("metrics", run.id, "--key", "loss", "--csv").output
        #expect(
            csv.split(separator: "\n").count == 4 && csv.hasPrefix("key,epoch,step,value,time\n"))
    }

    private func lines(_ text: String) -> [[UInt8]] {
        text.split(separator: "\n").map { Array($0.utf8) }
    }

    private func formattedAsInTables(_ value: Double) -> String { String(format: "%.6g", value) }

    @Test func runsStandSideBySide() throws {
        let (slow, fast) = (try train("slow", rate: 0.001), try train("fast"))
        let result = try runs("compare", slow.id, fast.id)
        #expect(result.code == 0, "\(result.errors)")
        let rows = result.output.split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        #expect(rows[0] == [slow.id, fast.id])
        #expect(rows.contains(["name", "slow", "fast"]))
        #expect(rows.contains(["optimizer.learning_rate", "0.001", "0.1"]))
        #expect(rows.contains { $0.first == "loss" })
        #expect(!rows.contains { $0.first == "epochs" })
        let json = try runs("compare", slow.id, fast.id, "--json").output
        #expect(
            try RunComparison(parsing: Array(json.utf8))
                == served.client.compare(runs: [slow.id, fast.id]))
        #expect(try runs("compare", slow.id).code == 65)
    }

    @Test(arguments: [false, true]) func theExportIsThatOfTheService(_ withMetrics: Bool) throws {
        for name in ["a", "b", "c"] { _ = try train(name) }
        let result = try Program(
            ["runs", "export", "--server", served.address] + (withMetrics ? ["--metrics"] : [])
        ).wait()
        #expect(result.code == 0, "\(result.errors)")
        let connection = try PlainConnection(served.address)
        let query = withMetrics ? "?include=metrics" : ""
        connection.send(
            "GET /runs/export\(query) HTTP/1.0\r\nHost: a\r\nConnection: close\r\n\r\n")
        let answer = connection.receive()
        let body = try #require(answer.range(of: "\r\n\r\n")).upperBound
        // The same values: the service sends a request's text as it keeps it.
        let (sent, printed) = (lines(String(answer[body...])), lines(result.output))
        #expect(try sent.map { try Run(parsing: $0) } == printed.map { try Run(parsing: $0) })
        #expect(printed.count == 3)
        let some = try runs("export", "--name", "b").output
        #expect(some.split(separator: "\n").count == 1 && some.contains(#""name":"b""#))
        guard withMetrics else { return }
        #expect(
            try sent.map { try MetricHistory(parsing: $0) }
                == printed.map { try MetricHistory(parsing: $0) })
    }

    @Test func nameTagsAndNotesAreChanged() throws {
        let run = try train("one")
        let edited = try runs(
            "edit", run.id, "--name", "first", "--tag", "team=two", "--tag", "new=a=b",
            "--notes", "better")
        #expect(edited.code == 0, "\(edited.errors)")
        let facts = edited.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(facts.contains(["name", "first"]) && facts.contains(["notes", "better"]))
        var now = try served.client.run(run.id)
        #expect(now.name == "first" && now.notes == "better")
        #expect(now.tags == ["team": "two", "new": "a=b"])
        let json = try runs(
            "edit", run.id, "--name", "", "--untag", "team", "--notes", "", "--json")
        now = try served.client.run(run.id)
        #expect(now.name == nil && now.notes == nil && now.tags == ["new": "a=b"])
        #expect(try Run(parsing: Array(json.output.utf8)) == now)
        #expect(try runs("edit", run.id).code == 64)
    }

    @Test func anEndedRunGoesOnIsWatchedAndDeleted() throws {
        let run = try train("one")
        let network = try TemporaryFolder()
        let file = network.file("network.safetensors")
        #expect(try runs("network", run.id, "--output", file).code == 0)
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        #expect(
            try Network(Safetensors(parsing: bytes))
                == served.client.network(ofRun: run.id, as: .float32))
        #expect(try runs("network", run.id).output.hasPrefix(#"{"input_shape":[1],"layers":["#))

        let resumed = try runs("resume", run.id, "--epochs", "4", "--json")
        #expect(try Run(parsing: Array(resumed.output.utf8)).progress.epochs == 7)
        let watched = try runs("watch", run.id)
        #expect(watched.code == 0, "\(watched.errors)")
        #expect(watched.output.contains("epoch 7 of 7  loss "), "\(watched.output)")
        let json = try runs("watch", run.id, "--json")
        #expect(try Run(parsing: Array(json.output.utf8)).progress.epoch == 7)

        let deleted = try runs("delete", run.id)
        #expect(deleted.code == 0 && deleted.output == "\(run.id) is deleted\n")
        #expect(try runs("delete", run.id).code == 65)
        #expect(try ids().isEmpty)
    }

    @Test func aRunThatTrainsIsCancelled() throws {
        let train = try Program(
            ["train", "-", "--server", served.address],
            input: """
                {"network": {"input_shape": [1], "layers": [{"units": 1}]}, "epochs": 100000000,
                 "loss": "mean_squared_error", "samples": {"inputs": [[1]], "targets": [1]}}
                """)
        try waitUntil("the run to begin") { train.output.contains("parameters") }
        let id = try #require(try served.client.runs().runs.first).id
        let watch = try Program(["runs", "watch", id, "--server", served.address])
        #expect(try runs("cancel", id).code == 0)
        #expect(try train.wait().code == 1)
        let watched = try watch.wait()
        #expect(watched.code == 1 && watched.output.contains("cancelled"), "\(watched.errors)")
    }
}
