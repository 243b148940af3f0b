import NablaAPI
import NablaNetworks
import Testing

@testable import NablaService

extension RunSplit {
    fileprivate init(writtenOutIn request: TrainRequest) throws {
        try self.init(RunMaterial(writtenOutIn: request), for: request)
    }
}

@Suite struct RunSplitTests {
    /// Ten samples that are told apart by their numbers: inputs i and −i, target i, weight i + 1.
    private func request(
        _ validation: TrainRequest.Validation?, shuffle: Bool = true, seed: UInt64 = 1
    ) throws -> TrainRequest {
        TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [2],
                    layers: [Layer(.dense(try Dense(units: 1, activation: .identity)))])),
            loss: try Loss(.meanSquaredError),
            samples: try Samples(
                inputs: Tensor((0..<10).flatMap { [Double($0), -Double($0)] }, shape: [10, 2]),
                targets: Tensor((0..<10).map(Double.init)),
                weights: Tensor((1...10).map(Double.init))),
            settings: try TrainingSettings(optimizer: .sgd(SGD()), shuffle: shuffle, seed: seed),
            validation: validation)
    }

    /// The samples by their targets, once their parts are seen to belong together.
    private func places(_ samples: Samples?) throws -> [Int] {
        let samples = try #require(samples)
        let targets = samples.targets.values(as: Double.self)
        #expect(samples.inputs.values(as: Double.self) == targets.flatMap { [$0, -$0] })
        #expect(samples.weights?.values(as: Double.self) == targets.map { $0 + 1 })
        return targets.map(Int.init)
    }

    @Test func withoutOneAllSamplesAreTrainedOn() throws {
        let split = try RunSplit(writtenOutIn: request(nil))
        #expect(try places(split.training) == Array(0..<10))
        #expect(split.validation == nil)
    }

    @Test func aShareIsDrawnWithTheSeed() throws {
        let split = try RunSplit(writtenOutIn: request(.split(0.3)))
        let (trained, validated) = (try places(split.training), try places(split.validation))
        #expect(trained.count == 7 && validated.count == 3)
        #expect((trained + validated).sorted() == Array(0..<10))
        #expect(trained + validated != Array(0..<10))
        #expect(try places(RunSplit(writtenOutIn: request(.split(0.3))).validation) == validated)
        let others = try (2..<6).map { seed in
            try places(RunSplit(writtenOutIn: request(.split(0.3), seed: seed)).validation)
        }
        #expect(others.contains { $0 != validated })
    }

    @Test func withoutShufflingTheLastAreKeptForValidation() throws {
        let split = try RunSplit(writtenOutIn: request(.split(0.25), shuffle: false))
        // 2.5 samples are rounded to 3, away from zero.
        #expect(try places(split.training) == Array(0..<7))
        #expect(try places(split.validation) == [7, 8, 9])
    }

    @Test(arguments: [0.04, 0.96]) func aSplitThatLeavesNothingIsRefused(_ share: Double) throws {
        let request = try request(.split(share))
        let problem = #expect(throws: Problem.self) { try RunSplit(writtenOutIn: request) }
        #expect(problem?.kind == .inconsistent)
        #expect(problem?.pointer == "/validation_split")
    }
}
