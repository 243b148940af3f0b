import Foundation
import NablaNetworks
import Testing

@testable import NablaCore

/// Metrics against those of scikit-learn, by `Tests/Reference/scikit-learn/generate.py`.
@Suite("scikit-learn's metrics")
struct ScikitLearnTests {
    private struct Case: Decodable {
        let name: String
        let isClass: Bool
        let outputs: [[Double]]
        let targets: [[Double]]
        let expected: [String: Double]

        enum CodingKeys: String, CodingKey {
            case name, outputs, targets, expected
            case isClass = "is_class"
        }
    }

    private static func cases() throws -> [Case] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Reference/scikit-learn/metrics.json")
        return try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    }

    @Test("are those of an evaluation, to the last digits")
    func accumulated() throws {
        let cases = try Self.cases()
        #expect(cases.count == 9)
        var seen: Set<String> = []
        for found in cases {
            for (key, expected) in found.expected {
                let metric = try #require(Metric(rawValue: key))
                var accumulator = MetricAccumulator(
                    metric, width: found.outputs[0].count, thresholds: (0.5, 0.5))
                for (outputs, target) in zip(found.outputs, found.targets) {
                    accumulator.add(
                        outputs: outputs, target: target, width: outputs.count,
                        isClass: found.isClass)
                }
                expectClose([accumulator.value], [expected], "\(key) of \(found.name)")
                accumulator.reset()
                accumulator.add(
                    outputs: found.outputs[0], target: found.targets[0],
                    width: found.outputs[0].count, isClass: found.isClass)
                #expect(accumulator.value.isFinite, "\(key) of one sample")
                seen.insert(key)
            }
        }
        #expect(seen == Set(Metric.allCases.map(\.rawValue)))
    }

    @Test("are those a training records of its samples and its validation samples")
    func trained() throws {
        let names = ["binary": [Metric.precision, .recall, .f1, .auc], "classes": [.f1, .auc]]
        for found in try Self.cases() {
            guard let metrics = names[found.name] else { continue }
            let width = found.outputs[0].count
            let samples = try Samples(
                inputs: matrix(found.outputs),
                targets: found.isClass
                    ? Tensor(found.targets.flatMap(\.self)) : matrix(found.targets))
            // Outputs are the inputs, which logits of probabilities are not needed for: a rate of 0
            // leaves them so.
            var training = try Training(
                network: passThrough(width: width),
                loss: Loss(
                    found.isClass ? .crossEntropyWithLogits(.plain) : .meanSquaredError),
                samples: samples, validation: samples,
                settings: TrainingSettings(
                    optimizer: .sgd(SGD(learningRate: 0)), batchSize: 7, seed: 5, dtype: .float64,
                    metrics: metrics))
            guard case .epochEnded(let summary) = try training.advance(maximumSteps: 1000) else {
                Issue.record("the epoch didn't end")
                return
            }
            let values = Dictionary(uniqueKeysWithValues: summary.metrics)
            for metric in metrics {
                let expected = try #require(found.expected[metric.rawValue])
                expectClose([try #require(values[metric.rawValue])], [expected])
                expectClose(
                    [try #require(values["validation_" + metric.rawValue])], [expected])
            }
        }
    }

    @Test("auc is ½ where there is but one class")
    func oneClass() {
        var accumulator = MetricAccumulator(.auc, width: 1, thresholds: (0.5, 0.5))
        for output in [0.1, 0.9] {
            accumulator.add(outputs: [output], target: [1.0], width: 1, isClass: false)
        }
        #expect(accumulator.value == 0.5)
    }
}
