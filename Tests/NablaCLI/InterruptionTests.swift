import Glibc
import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// What becomes of a run when its process is killed: a real process, a real file.
@Suite struct InterruptionTests {
    private func endless() throws -> TrainRequest {
        TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [2],
                    layers: [Layer(.dense(try Dense(units: 1, activation: .sigmoid)))])),
            loss: try Loss(.binaryCrossEntropy),
            samples: try Samples(
                inputs: Tensor([0.0, 0, 1, 1], shape: [2, 2]), targets: Tensor([0.0, 1])),
            settings: try TrainingSettings(optimizer: .sgd(SGD()), epochs: 100_000_000),
            name: "endless")
    }

    @Test func aKilledRunGoesOnAtTheNextStartAndKeepsItsHistory() throws {
        let folder = try TemporaryFolder()
        let first = try ServedProgram(data: folder.file("data"))
        let client = first.client
        let run = try client.train(endless())
        try waitUntil("epochs to be stored") {
            try client.metrics(ofRun: run.id)["loss"].count > 10
        }
        let seen = try client.metrics(ofRun: run.id)
        // Twice as many as train at once, so that some wait.
        let others = try (0..<8).map { _ in try client.train(endless()).id }
        #expect(try client.run(run.id).status == .running)
        #expect(try first.end(by: SIGKILL).code == nil)

        let second = try ServedProgram(data: folder.file("data"))
        let again = try second.client.run(run.id)
        #expect(!again.status.isEnded && again.finishedAt == nil)
        #expect(again.name == "endless" && again.createdAt == run.createdAt)
        for id in others { #expect(try !second.client.run(id).status.isEnded) }
        // What was answered before the kill is still there, number for number, and more follows.
        let told = seen["loss"].last?.epoch ?? .max
        try waitUntil("the run to get on") { try second.client.run(run.id).progress.epoch > told }
        let kept = try second.client.metrics(ofRun: run.id)
        #expect(kept["loss"].map(\.epoch).starts(with: seen["loss"].map(\.epoch)))
        #expect(kept["loss"].starts(with: seen["loss"]))
        #expect(try second.client.network(ofRun: run.id, as: .float32).parameterCount == 3)
        #expect(try second.end().errors.contains("it goes on"))
    }

    @Test func whatHadEndedStaysAsItWas() throws {
        let folder = try TemporaryFolder()
        let first = try ServedProgram(data: folder.file("data"))
        var request = try endless()
        request.settings = try TrainingSettings(optimizer: .sgd(SGD()), epochs: 3)
        let run = try first.client.train(request, waitSeconds: 30)
        #expect(run.status == .succeeded)
        #expect(try first.end(by: SIGKILL).code == nil)
        let second = try ServedProgram(data: folder.file("data"))
        let kept = try second.client.run(run.id)
        #expect(kept.status == .succeeded && kept.latest == run.latest)
        #expect(kept.finishedAt == run.finishedAt)
    }
}
