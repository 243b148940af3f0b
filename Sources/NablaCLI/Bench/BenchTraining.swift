import Foundation
import NablaAPI
import NablaNetworks

/// How fast a network is trained.
struct BenchTraining {
    /// How long it was watched, in seconds.
    let seconds: Double
    /// Optimizer steps each second.
    let stepsPerSecond: Double
    /// Samples each second.
    let samplesPerSecond: Double

    /// What is trained, in words.
    static let workload =
        "dense 64→128 relu, 128→10 softmax; cross-entropy, Adam, float32, batches of \(batch)"

    private static let batch = 32
    private static let sampleCount = 4096

    /// Trains for a while, and ends the run.
    ///
    /// What counts is the time from the first epoch that is told to the last one.
    /// - Throws: What keeps the run from training.
    init(at computation: Computation, seconds: Double) async throws {
        var run: Run?
        var first: (time: Double, step: Int)?
        var last: (time: Double, step: Int)?
        var failure: (any Error)?
        let ended = try await computation.train(BenchTraining.request()) {
            run = $0
        } onEvent: { event in
            guard case .metrics(_, let step, _) = event.content, let id = run?.id else { return }
            let now = Load.now()
            first = first ?? (now, step)
            guard let start = first?.time, failure == nil,
                last.map({ $0.time - start < seconds }) ?? true
            else { return }
            last = (now, step)
            guard now - start >= seconds else { return }
            do {
                try computation.cancel(id)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try computation.delete(ended.id)
        guard let first, let last, last.time > first.time else {
            throw CommandError(
                "the run ended as \(ended.status.rawValue) before there was anything to measure")
        }
        self.seconds = last.time - first.time
        stepsPerSecond = Double(last.step - first.step) / self.seconds
        samplesPerSecond = stepsPerSecond * Double(BenchTraining.batch)
    }

    /// The run, which would go on for days.
    private static func request() throws -> TrainRequest {
        let features = 64
        let inputs = (0..<sampleCount * features).map { sin(Double($0) * 0.7) }
        let targets = (0..<sampleCount).map { Double($0 % 10) }
        return TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [features],
                    layers: [
                        Layer(.dense(try Dense(units: 128, activation: .relu))),
                        Layer(.dense(try Dense(units: 10, activation: .softmax))),
                    ])),
            loss: try Loss(.crossEntropy(.plain)),
            samples: try Samples(
                inputs: Tensor(inputs, shape: [sampleCount, features]), targets: Tensor(targets)),
            settings: try TrainingSettings(
                optimizer: .adam(Adam()), epochs: 1_000_000, batchSize: batch, seed: 1),
            name: "nabla bench")
    }
}
