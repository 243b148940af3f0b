import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Dropout")
struct DropoutTests {
    /// The activations of a network of dropout layers over ones.
    private func activations(
        rates: [Double], count: Int = 300, width: Int = 100, isTraining: Bool = true,
        seed: UInt64 = 1, dtype: DType = .float64, shards: ShardRunner = .serial
    ) throws -> [[Double]] {
        let ones = try Tensor([Double](repeating: 1, count: count * width), shape: [count, width])
        let result = try Gradients.compute(
            of: Loss(.meanSquaredError),
            network: Network(
                inputShape: [width], layers: rates.map { Layer(.dropout(try Dropout(rate: $0))) }),
            samples: Samples(inputs: ones, targets: ones), dtype: dtype, including: .activations,
            settings: GradientSettings(isTraining: isTraining, seed: seed), workspace: Workspace(),
            shards: shards)
        return try #require(result.activations).map(\.doubles)
    }

    @Test("zeros have their share, the others are divided by it", arguments: [0.1, 0.5, 0.9])
    func shares(_ rate: Double) throws {
        let numbers = try activations(rates: [rate])[0]
        let zeros = numbers.count { $0 == 0 }
        // Five standard deviations of a binomial distribution.
        let spread = 5 * (rate * (1 - rate) / Double(numbers.count)).squareRoot()
        #expect(abs(Double(zeros) / Double(numbers.count) - rate) < spread)
        #expect(numbers.allSatisfy { $0 == 0 || $0 == 1 / (1 - rate) })
        // No row and no column has many more than its share.
        for line in 0..<100 {
            let row = numbers[line * 100..<line * 100 + 100].count { $0 == 0 }
            let column = stride(from: line, to: numbers.count, by: 100).count { numbers[$0] == 0 }
            let (n, p) = (100.0, rate)
            #expect(abs(Double(row) - n * p) < 6 * (n * p * (1 - p)).squareRoot())
            #expect(abs(Double(column) - 3 * n * p) < 6 * (3 * n * p * (1 - p)).squareRoot())
        }
    }

    @Test("a rate of 0 drops nothing, and in inference nothing is dropped")
    func identity() throws {
        #expect(try activations(rates: [0])[0].allSatisfy { $0 == 1 })
        #expect(try activations(rates: [0.5, 0.9], isTraining: false)[1].allSatisfy { $0 == 1 })
    }

    @Test("the draws depend on seed, layer and place, and on nothing else")
    func draws() throws {
        let first = try activations(rates: [0.5, 0.5], count: 1000)
        func isDropped(_ numbers: [Double]) -> [Bool] { numbers.map { $0 == 0 } }
        // Half of two draws that know nothing of one another agree.
        func agreement(_ left: [Bool], _ right: [Bool]) -> Double {
            Double(zip(left, right).count(where: ==)) / Double(left.count)
        }
        let own = isDropped(first[0])
        for seed: UInt64 in [0, 2, 3, 1 << 40] {
            let other = try isDropped(activations(rates: [0.5], count: 1000, seed: seed)[0])
            #expect(abs(agreement(own, other) - 0.5) < 0.02, "seed \(seed)")
        }
        // Of what the first layer kept, the second drops others.
        let kept = zip(own, isDropped(first[1])).filter { !$0.0 }
        #expect(abs(Double(kept.count { $0.1 }) / Double(kept.count) - 0.5) < 0.02)
        // One row's draws say nothing about the next row's.
        #expect(abs(agreement(Array(own.dropLast(100)), Array(own.dropFirst(100))) - 0.5) < 0.02)
        #expect(try activations(rates: [0.5, 0.5], count: 1000, shards: .backwards) == first)
        let single = try activations(rates: [0.5, 0.5], count: 1000, dtype: .float32)
        #expect(single.map(isDropped) == first.map(isDropped))
        let fewer = try activations(rates: [0.5, 0.5], count: 300)
        #expect(fewer[1] == Array(first[1][..<30_000]))
    }

    @Test("each step of a training draws anew")
    func steps() throws {
        // Inputs of 1, targets of 0: where the input is dropped, its weight doesn't move.
        let width = 200
        var training = try Training(
            network: Network(
                inputShape: [width],
                layers: [
                    Layer(.dropout(Dropout(rate: 0.5))),
                    dense([[Double](repeating: 1, count: width)], .identity),
                ]),
            loss: Loss(.meanSquaredError),
            samples: Samples(
                inputs: matrix([[Double](repeating: 1, count: width)]), targets: Tensor([0.0])),
            settings: TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 1e-6)), epochs: 4, batchSize: 1,
                dtype: .float64))
        var (before, steps) = (training.network().flat, [[Bool]]())
        while !training.isFinished {
            _ = try training.advance(maximumSteps: 1)
            let after = training.network().flat
            steps.append(zip(before, after).map(==))
            before = after
        }
        for (index, step) in steps.enumerated() {
            #expect((70...130).contains(step.count { $0 }))
            for other in steps[..<index] {
                #expect((60...140).contains(zip(step, other).count(where: ==)))
            }
        }
    }
}
