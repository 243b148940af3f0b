import NablaNetworks
import Testing

@testable import NablaCore

/// A plain step of gradient descent looks for NaN and infinity while it updates.
@Suite("Plain gradient descent")
struct SGDStepTests {
    /// Nothing, less than a vector, vectors with and without a rest.
    static let counts = [0, 1, 15, 16, 17, 47, 64]

    private func step(decay: Double) throws -> SGDStep<Float> {
        try SGDStep(SGD(learningRate: 0.1, weightDecay: decay), rate: 0.1)
    }

    @Test("gives the same bits, looking or not", arguments: counts, [0, 0.5])
    func bits(count: Int, decay: Double) throws {
        var generator = Generator(seed: UInt64(count))
        let gradients = generator.normals(count).map { Float($0) }
        let start = generator.normals(count).map { Float($0) }
        var (plain, looking) = (start, start)
        try step(decay: decay).update(&plain, with: gradients, count: count)
        #expect(try step(decay: decay).updateLooking(&looking, with: gradients, count: count))
        #expect(looking == plain)
        #expect(count == 0 || looking != start)
    }

    @Test("finds NaN and infinity at every place", arguments: counts, [0, 0.5])
    func finds(count: Int, decay: Double) throws {
        for place in 0..<count {
            for number in [Float.nan, .infinity, -.infinity] {
                var parameters = [Float](repeating: 1, count: count)
                var gradients = parameters
                gradients[place] = number
                #expect(
                    try !step(decay: decay)
                        .updateLooking(&parameters, with: gradients, count: count))
            }
        }
    }

    @Test("takes gradients whose sum alone is too large", arguments: [17, 64])
    func overflow(count: Int) throws {
        var parameters = [Float](repeating: 0, count: count)
        let gradients = [Float](repeating: 1e38, count: count)
        #expect(
            try step(decay: 0).updateLooking(&parameters, with: gradients, count: count))
        #expect(parameters.allSatisfy { $0 == -0.1 * 1e38 })
    }
}
