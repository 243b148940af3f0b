import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Plans")
struct PlanTests {
    /// A narrow and a wide layer, concatenated, and the wide one read once more.
    private func network() throws -> Network {
        var generator = Generator(seed: 6)
        func layer(_ name: String, _ units: Int) throws -> Layer {
            let weights = (0..<units).map { _ in generator.normals(2) }
            let dense = try dense(weights, .tanh)
            return Layer(name: name, inputs: ["input"], dense.operation)
        }
        return try Network(
            inputShape: [2],
            layers: [
                layer("narrow", 2), layer("wide", 40),
                Layer(name: "both", inputs: ["narrow", "wide"], .concatenate),
                Layer(inputs: ["both", "wide"], .concatenate),
            ])
    }

    @Test("a gradient that is added to another has room, whichever input of a merge it is")
    func roomForAddedGradients() throws {
        #expect(try Plan<Double>(network(), samples: 10).sizes.added == 40)
    }

    @Test("the widest input of a merge, read twice: gradients are those of the samples' own")
    func wideInputReadTwice() throws {
        let network = try network()
        var generator = Generator(seed: 7)
        let count = 600
        let (inputs, targets) = (generator.normals(count * 2), generator.normals(count * 82))
        func gradients(of rows: Range<Int>) throws -> [Double] {
            try NablaCoreTests.gradients(
                .meanSquaredError, .sum, of: network,
                Samples(
                    inputs: Tensor(
                        Array(inputs[rows.lowerBound * 2..<rows.upperBound * 2]),
                        shape: [rows.count, 2]),
                    targets: Tensor(
                        Array(targets[rows.lowerBound * 82..<rows.upperBound * 82]),
                        shape: [rows.count, 82])), shards: .concurrent
            ).flat
        }
        var sum = [Double](repeating: 0, count: network.parameterCount)
        for start in stride(from: 0, to: count, by: 100) {
            sum = try zip(sum, gradients(of: start..<start + 100)).map { $0.0 + $0.1 }
        }
        expectClose(try gradients(of: 0..<count), sum, tolerance: 1e-12)
    }
}
