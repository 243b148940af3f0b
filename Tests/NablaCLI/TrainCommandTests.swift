import Foundation
import NablaAPI
import Testing

@Suite struct TrainCommandTests {
    @Test func plainLinesAndThenTheMetricsWhereItsNoTerminal() throws {
        let served = try ServedProgram()
        let result = try Program.run(
            "train", example("train_xor.json"), "--server", served.address)
        #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
        #expect(!result.output.contains("\r") && !result.output.contains("\u{1B}"))
        let lines = result.output.split(separator: "\n").map(String.init)
        let run = try #require(try served.client.runs().runs.first)
        #expect(lines.first == "run \(run.id): 17 parameters")
        // A line for each tenth at most, each with the loss of its own epoch.
        let progress = lines.filter { $0.hasPrefix("epoch ") }
        #expect((1...11).contains(progress.count))
        #expect(progress.last?.hasPrefix("epoch 500 of 500  loss ") == true)
        let losses = try served.client.metrics(ofRun: run.id)["loss"]
        for line in progress {
            let words = line.split(separator: " ")
            guard words.count == 6, let epoch = Int(words[1]), let loss = Double(words[5]) else {
                Issue.record("\(line)")
                continue
            }
            #expect(abs(loss - losses[epoch - 1].value) <= 1e-5 * loss, "\(line)")
        }
        // The end: the run's facts and its metrics.
        let facts = lines.drop { !$0.hasPrefix("run  ") }.map { $0.split(separator: " ").prefix(2) }
        #expect(facts.contains(["status", "succeeded"]))
        #expect(facts.contains(["accuracy", "1"]))
        #expect(facts.contains { $0.first == "loss" })
        #expect(lines.last?.hasPrefix("tag example") == true)
    }

    @Test func theEndedRunAsJSONAndNothingElse() throws {
        let served = try ServedProgram()
        let result = try Program.run(
            "train", "-", "--json", "--server", served.address,
            input: String(contentsOfFile: example("train_xor.json"), encoding: .utf8))
        #expect(result.code == 0)
        let run = try Run(parsing: Array(result.output.utf8))
        #expect(run.status == .succeeded)
        #expect(try served.client.run(run.id).latest == run.latest)
    }

    @Test func aRunThatFailsEndsWithOneAndTheReason() throws {
        let served = try ServedProgram()
        let result = try Program.run(
            "train", "-", "--server", served.address,
            input: """
                {"network": {"layers": [{"weights": [[1]]}]}, "loss": "mean_squared_error",
                 "samples": {"inputs": [[1000]], "targets": [0]}, "epochs": 1000,
                 "optimizer": {"type": "sgd", "learning_rate": 1000}}
                """)
        #expect(result.code == 1)
        #expect(result.output.contains("failed"))
        #expect(result.output.contains("not finite"), "\(result.output)")
    }

    @Test func aRefusedRequestIsOneLineAndMakesNoRun() throws {
        let served = try ServedProgram()
        let result = try Program.run(
            "train", "-", "--server", served.address,
            input: """
                {"network": {"input_shape": [1], "layers": [{"units": 1}]}, "loss": "cross_entropy",
                 "samples": {"inputs": [[1]], "targets": [0]}}
                """)
        #expect(result.code == 65 && result.output.isEmpty)
        #expect(result.errorLines.count == 1 && result.errors.contains("softmax"))
        #expect(try served.client.runs().runs.isEmpty)
    }
}
