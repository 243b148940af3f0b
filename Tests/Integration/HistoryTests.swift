import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import NablaService
import Testing

/// Runs compared, exported, as tables, and thinned, over real HTTP.
@Suite struct HistoryTests {
    private static func train(_ server: TestServer, rate: Double, name: String) throws -> Run {
        var request = try TrainingTests.request(epochs: 40)
        request.settings = try TrainingSettings(
            optimizer: .adam(Adam(learningRate: rate)), epochs: 40, batchSize: 4, seed: 3)
        request.name = name
        return try server.client.train(request, waitSeconds: 30)
    }

    @Test func aComparisonShowsWhatDiffersAndAllMetrics() throws {
        try withServer { server in
            let client = server.client
            let first = try Self.train(server, rate: 0.05, name: "first")
            let second = try Self.train(server, rate: 0.01, name: "second")
            let comparison = try client.compare(runs: [second.id, first.id])
            #expect(comparison.runs.map(\.name) == ["second", "first"])
            #expect(comparison.settings.map(\.key) == ["optimizer.learning_rate"])
            #expect(comparison.settings[0].values == ["0.01", "0.05"])
            let loss = try #require(comparison.metrics.first { $0.key == "loss" })
            #expect(loss.latest == [second.latest["loss"], first.latest["loss"]])
            #expect(loss.best == [second.best["loss"], first.best["loss"]])
        }
    }

    @Test func theHistoryIsExportedWholeWhateverTheStreamHolds() throws {
        try withServer { settings in
            // Less than a line, so that lines are sent in parts.
            settings.server.streamBufferBytes = 1024
        } _: { server in
            var ids: [String] = []
            for number in 0..<5 {
                ids.append(try Self.train(server, rate: 0.01, name: "run, \"\(number)\"").id)
            }
            let answer = try RawConnection.get(
                "/runs/export?include=metrics", port: server.port, version: "1.0")
            #expect(answer.status == 200)
            #expect(answer.fields["content-type"] == "application/x-ndjson")
            let lines = answer.body.split(separator: "\n")
            let runs = try lines.map { try Run(parsing: Array($0.utf8)) }
            #expect(runs.map(\.id) == ids.reversed())
            #expect(try runs[0] == server.client.run(ids[4]))
            for (line, run) in zip(lines, runs) {
                let history = try MetricHistory(parsing: Array(line.utf8))
                #expect(history["loss"].count == 40)
                #expect(try history == server.client.metrics(ofRun: run.id))
            }
            let one = try RawConnection.get(
                "/runs/export?filter=name%20like%20%27%2520%25%27%20or", port: server.port)
            #expect(one.status == 400)
            let some = try RawConnection.get(
                "/runs/export?filter=name%20like%20%27%25%223%22%27", port: server.port,
                version: "1.0")
            #expect(try Run(parsing: Array(some.body.utf8.dropLast())).id == ids[3])
        }
    }

    @Test func anExportThatNobodyReadsKeepsNobodyFromTheDatabase() throws {
        try withServer { settings in
            settings.server.streamBufferBytes = 1024
        } _: { server in
            for _ in 0..<3 { _ = try Self.train(server, rate: 0.01, name: "x") }
            // More than there are threads for the database.
            let idle = try (0..<4).map { _ in
                let connection = try RawConnection(port: server.port, receiveBuffer: 1024)
                connection.send("GET /runs/export?include=metrics HTTP/1.1\r\nHost: x\r\n\r\n")
                return connection
            }
            #expect(try server.client.runs().runs.count == 3)
            #expect(idle.count == 4)
        }
    }

    @Test func aPageOfRunsIsATable() throws {
        try withServer { server in
            let run = try Self.train(server, rate: 0.05, name: "a \"quoted\", name")
            let answer = try RawConnection.get(
                "/runs", port: server.port, fields: ["Accept: text/csv"])
            #expect(answer.fields["content-type"] == "text/csv; charset=utf-8")
            let lines = answer.body.components(separatedBy: "\r\n")
            let header = lines[0].split(separator: ",")
            #expect(header.starts(with: ["id", "name", "status", "created_at"]))
            #expect(header.contains("params.optimizer.learning_rate"))
            #expect(header.contains("tags.team") && header.contains("metrics.loss"))
            #expect(lines[1].hasPrefix("\(run.id),\"a \"\"quoted\"\", name\",succeeded,"))
            #expect(lines[1].contains(",adam,") && lines.count == 3)
        }
    }

    @Test func aThinnedHistoryKeepsItsExtremes() throws {
        try withServer { server in
            let client = server.client
            var request = try TrainingTests.request(epochs: 500)
            // Single samples in a drawn order: a loss that goes up and down.
            request.settings = try TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 1.5)), epochs: 500, batchSize: 1, seed: 3)
            let run = try client.train(request, waitSeconds: 30)
            let whole = try client.metrics(ofRun: run.id, key: "loss")["loss"]
            let thin = try client.metrics(ofRun: run.id, key: "loss", downsample: 20)["loss"]
            #expect(thin.count <= 20 && thin.count > 10 && whole.count == 500)
            #expect(thin.first == whole.first && thin.last == whole.last)
            #expect(thin.map(\.value).min() == whole.map(\.value).min())
            #expect(thin.map(\.value).max() == whole.map(\.value).max())
            #expect(thin.map(\.epoch) == thin.map(\.epoch).sorted())
            #expect(try client.metrics(ofRun: run.id, downsample: 500)["loss"] == whole)
            let last = try client.metrics(ofRun: run.id, key: "loss", from: 491)["loss"]
            #expect(last == Array(whole.suffix(10)))
        }
    }
}
