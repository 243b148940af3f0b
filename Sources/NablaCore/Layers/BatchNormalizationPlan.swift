import NablaNetworks

/// Batch normalisation compiled: a = γ·x̂ + β with x̂ = (x − μ)/√(σ² + ε), where each channel has μ, σ²,
/// γ and β of its own and k numbers a sample.
///
/// In inference μ and σ² are fixed: ∂L/∂x = γ/√(σ² + ε)·δ. In training they depend on x:
/// ∂L/∂x = γ/√(σ² + ε)·(δ − mean(δ) − x̂·mean(δ·x̂)), the means over the batch and the k numbers.
/// - Source: Ioffe & Szegedy 2015, algorithm 1 and section 3.
struct BatchNormalizationPlan: Sendable {
    private let channels: Int
    /// k.
    private let area: Int
    private let momentum: Double
    private let epsilon: Double
    /// Where the layer's running statistics begin among all: means, then variances.
    let statistics: Int

    init(_ normalization: BatchNormalization, _ input: Shape, statistics: Int) {
        channels = input[0]
        area = (input.size ?? 0) / max(1, input[0])
        momentum = normalization.momentum
        epsilon = normalization.epsilon
        self.statistics = statistics
    }

    /// The running means and variances.
    var statisticsCount: Int { 2 * channels }

    /// Finds the means and the deviations' reciprocals a pass uses, and in training moves the running
    /// statistics.
    ///
    /// - Parameters:
    ///   - x: (rows, channels, k).
    ///   - rows: The samples of the batch.
    ///   - isTraining: Whether they are those of the batch, and not the running ones.
    ///   - running: Means and variances.
    ///   - found: Gets μ and 1/√(σ² + ε): 2 · channels numbers.
    func findStatistics<S: Real>(
        _ x: UnsafePointer<S>, rows: Int, isTraining: Bool, running: UnsafeMutablePointer<S>,
        into found: UnsafeMutablePointer<S>
    ) {
        guard isTraining else {
            for channel in 0..<channels {
                found[channel] = running[channel]
                found[channels + channel] = reciprocal(ofDeviation: running[channels + channel])
            }
            return
        }
        let (count, share) = (S(rows * area), S(momentum))
        forEachSum(rows) { _, index in
            x[index]
        } take: { channel, sum in
            found[channel] = sum / count
            running[channel] += share * (found[channel] - running[channel])
        }
        forEachSum(rows) { channel, index in
            (x[index] - found[channel]) * (x[index] - found[channel])
        } take: { channel, square in
            let variance = square / count
            let unbiased = rows * area > 1 ? square / (count - 1) : variance
            running[channels + channel] += share * (unbiased - running[channels + channel])
            found[channels + channel] = reciprocal(ofDeviation: variance)
        }
    }

    private func reciprocal<S: Real>(ofDeviation variance: S) -> S {
        1 / (variance + S(epsilon)).squareRoot()
    }

    /// Writes a.
    func forward<S: Real>(
        _ x: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, rows: Int,
        weights: UnsafePointer<S>, bias: UnsafePointer<S>?, found: UnsafePointer<S>
    ) {
        if area == 1 {
            // Over channels, whose numbers are next to one another: in vectors.
            for row in 0..<rows {
                let (source, target) = (x + row * channels, a + row * channels)
                for channel in 0..<channels {
                    let factor = weights[channel] * found[channels + channel]
                    target[channel] = (source[channel] - found[channel]) * factor
                }
                if let bias { for channel in 0..<channels { target[channel] += bias[channel] } }
            }
            return
        }
        forEachLine(rows) { channel, first in
            let factor = weights[channel] * found[channels + channel]
            let (mean, shift) = (found[channel], bias?[channel] ?? 0)
            for index in first..<first + area { a[index] = (x[index] - mean) * factor + shift }
        }
    }

    /// ∂L/∂γ = Σ δ·x̂ and ∂L/∂β = Σ δ.
    ///
    /// - Returns: The parameters whose gradients `sink` refused, or nil.
    func gradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, rows: Int, parameters: ParameterPlan,
        found: UnsafePointer<S>, into sink: some GradientSink<S>
    ) -> Range<Int>? {
        let w = sink.memory(for: parameters.weights)
        forEachSum(rows) { channel, index in
            delta[index] * (x[index] - found[channel])
        } take: { channel, sum in
            let gradient = sum * found[channels + channel]
            w[channel] = gradient
        }
        if !sink.take(parameters.weights) { return parameters.weights }
        guard !parameters.bias.isEmpty else { return nil }
        let b = sink.memory(for: parameters.bias)
        forEachSum(rows) { _, index in
            delta[index]
        } take: { channel, sum in
            b[channel] = sum
        }
        return sink.take(parameters.bias) ? nil : parameters.bias
    }

    /// Writes ∂L/∂x; behind μ and 1/√(σ² + ε), `found` gets mean(δ) and mean(δ·x̂).
    func inputGradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, into target: UnsafeMutablePointer<S>,
        rows: Int, isTraining: Bool, weights: UnsafePointer<S>, found: UnsafeMutablePointer<S>
    ) {
        let count = S(rows * area)
        let (scales, meanDeltas) = (found + channels, found + 2 * channels)
        let meanProducts = found + 3 * channels
        meanDeltas.update(repeating: 0, count: 2 * channels)
        if isTraining {
            forEachSum(rows) { _, index in
                delta[index]
            } take: { channel, sum in
                meanDeltas[channel] = sum / count
            }
            forEachSum(rows) { channel, index in
                delta[index] * (x[index] - found[channel])
            } take: { channel, sum in
                meanProducts[channel] = sum * scales[channel] / count
            }
        }
        @inline(__always)
        func gradient(_ channel: Int, _ index: Int) -> S {
            let normal = (x[index] - found[channel]) * scales[channel]
            return weights[channel] * scales[channel]
                * (delta[index] - meanDeltas[channel] - normal * meanProducts[channel])
        }
        if area == 1 {
            for row in 0..<rows {
                let first = row &* channels
                for channel in 0..<channels {
                    target[first &+ channel] = gradient(channel, first &+ channel)
                }
            }
            return
        }
        forEachLine(rows) { channel, first in
            for index in first..<first + area { target[index] = gradient(channel, index) }
        }
    }

    @inline(__always)
    private func forEachLine(_ rows: Int, _ body: (_ channel: Int, _ first: Int) -> Void) {
        for line in 0..<rows * channels { body(line % channels, line * area) }
    }

    /// Gives `take` the sum of each channel's terms.
    ///
    /// Where a sample has one number of a channel, four channels side by side are written out, which
    /// the compiler makes vectors of.
    @inline(__always)
    private func forEachSum<S: Real>(
        _ rows: Int, _ term: (_ channel: Int, _ index: Int) -> S,
        take: (_ channel: Int, _ sum: S) -> Void
    ) {
        var channel = 0
        // Without checks of overflow, each of which would be a branch between the four.
        while area == 1 && channel &+ 4 <= channels {
            var (first, second, third, fourth): (S, S, S, S) = (0, 0, 0, 0)
            for group in stride(from: 0, to: rows, by: 64) {
                var (a, b, c, d): (S, S, S, S) = (0, 0, 0, 0)
                for row in group..<min(group + 64, rows) {
                    let index = row &* channels &+ channel
                    a += term(channel, index)
                    b += term(channel &+ 1, index &+ 1)
                    c += term(channel &+ 2, index &+ 2)
                    d += term(channel &+ 3, index &+ 3)
                }
                first += a
                second += b
                third += c
                fourth += d
            }
            take(channel, first)
            take(channel &+ 1, second)
            take(channel &+ 2, third)
            take(channel &+ 3, fourth)
            channel &+= 4
        }
        while channel < channels {
            take(channel, sum(channel, rows) { term(channel, $0) })
            channel += 1
        }
    }

    /// The sum of a channel's terms: samples in groups of 64, whose sums are then added, so that the
    /// error of a long sum doesn't grow with every term.
    @inline(__always)
    private func sum<S: Real>(_ channel: Int, _ rows: Int, _ term: (Int) -> S) -> S {
        var total: S = 0
        for group in stride(from: 0, to: rows, by: 64) {
            var part: S = 0
            for row in group..<min(group + 64, rows) {
                let first = (row * channels + channel) * area
                var line: S = 0
                for index in first..<first + area { line += term(index) }
                part += line
            }
            total += part
        }
        return total
    }
}
