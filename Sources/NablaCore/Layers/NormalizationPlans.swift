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
    ///   - rows: The samples.
    ///   - isTraining: Whether the statistics are the batch's.
    ///   - running: Means and variances.
    ///   - found: Gets μ and 1/√(σ² + ε): 2 · channels numbers.
    func findStatistics<S: Real>(
        _ x: UnsafePointer<S>, rows: Int, isTraining: Bool, running: UnsafeMutablePointer<S>,
        into found: UnsafeMutablePointer<S>
    ) {
        for channel in 0..<channels {
            var (mean, variance) = (running[channel], running[channels + channel])
            if isTraining {
                let count = S(rows * area)
                mean = sum(channel, rows) { x[$0] } / count
                let square = sum(channel, rows) { (x[$0] - mean) * (x[$0] - mean) }
                variance = square / count
                let share = S(momentum)
                let unbiased = rows * area > 1 ? square / (count - 1) : variance
                running[channel] += share * (mean - running[channel])
                running[channels + channel] += share * (unbiased - running[channels + channel])
            }
            found[channel] = mean
            found[channels + channel] = 1 / (variance + S(epsilon)).squareRoot()
        }
    }

    /// Writes a.
    func forward<S: Real>(
        _ x: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, rows: Int,
        weights: UnsafePointer<S>, bias: UnsafePointer<S>?, found: UnsafePointer<S>
    ) {
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
        for channel in 0..<channels {
            w[channel] = weightGradient(delta, x, rows, channel, found)
        }
        if !sink.take(parameters.weights) { return parameters.weights }
        guard !parameters.bias.isEmpty else { return nil }
        let b = sink.memory(for: parameters.bias)
        for channel in 0..<channels {
            b[channel] = sum(channel, rows) { delta[$0] }
        }
        return sink.take(parameters.bias) ? nil : parameters.bias
    }

    /// Writes ∂L/∂x.
    func inputGradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, into target: UnsafeMutablePointer<S>,
        rows: Int, isTraining: Bool, weights: UnsafePointer<S>, found: UnsafePointer<S>
    ) {
        let count = S(rows * area)
        for channel in 0..<channels {
            let (mean, scale) = (found[channel], found[channels + channel])
            let factor = weights[channel] * scale
            var (meanDelta, meanProduct): (S, S) = (0, 0)
            if isTraining {
                meanDelta = sum(channel, rows) { delta[$0] } / count
                meanProduct = weightGradient(delta, x, rows, channel, found) / count
            }
            for row in 0..<rows {
                let first = (row * channels + channel) * area
                for index in first..<first + area {
                    let normal = (x[index] - mean) * scale
                    target[index] = factor * (delta[index] - meanDelta - normal * meanProduct)
                }
            }
        }
    }

    private func weightGradient<S: Real>(
        _ delta: UnsafePointer<S>, _ x: UnsafePointer<S>, _ rows: Int, _ channel: Int,
        _ found: UnsafePointer<S>
    ) -> S {
        let mean = found[channel]
        return sum(channel, rows) { delta[$0] * (x[$0] - mean) } * found[channels + channel]
    }

    @inline(__always)
    private func forEachLine(_ rows: Int, _ body: (_ channel: Int, _ first: Int) -> Void) {
        for line in 0..<rows * channels { body(line % channels, line * area) }
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

/// Layer normalisation compiled: as batch normalisation, but μ and σ² are over a sample's k numbers,
/// each of which has its own γ and β.
///
/// ∂L/∂x = (g − mean(g) − x̂·mean(g·x̂))/√(σ² + ε) with g = γ·δ, the means over the sample.
/// - Source: Ba et al. 2016, equations 3–4.
struct LayerNormalizationPlan: Sendable {
    /// μ and 1/√(σ² + ε) are kept of each sample.
    static var keptCount: Int { 2 }

    private let width: Int
    private let epsilon: Double

    init(width: Int, epsilon: Double) {
        self.width = width
        self.epsilon = epsilon
    }

    /// Writes a, (rows, k), and what is kept, (rows, 2).
    func forward<S: Real>(
        _ x: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, kept: UnsafeMutablePointer<S>,
        rows: Int, weights: UnsafePointer<S>, bias: UnsafePointer<S>?
    ) {
        let count = S(width)
        for row in 0..<rows {
            let (source, target) = (x + row * width, a + row * width)
            var sum: S = 0
            for index in 0..<width { sum += source[index] }
            let mean = sum / count
            var square: S = 0
            for index in 0..<width { square += (source[index] - mean) * (source[index] - mean) }
            let scale = 1 / (square / count + S(epsilon)).squareRoot()
            for index in 0..<width {
                target[index] = (source[index] - mean) * scale * weights[index]
            }
            if let bias { for index in 0..<width { target[index] += bias[index] } }
            (kept[2 * row], kept[2 * row + 1]) = (mean, scale)
        }
    }

    /// ∂L/∂γ = Σₙ δ·x̂ and ∂L/∂β = Σₙ δ.
    ///
    /// - Returns: The parameters whose gradients `sink` refused, or nil.
    func gradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, kept: UnsafePointer<S>, rows: Int,
        parameters: ParameterPlan, into sink: some GradientSink<S>
    ) -> Range<Int>? {
        let w = sink.memory(for: parameters.weights)
        w.update(repeating: 0, count: width)
        for row in 0..<rows {
            let (source, values) = (delta + row * width, x + row * width)
            let (mean, scale) = (kept[2 * row], kept[2 * row + 1])
            for index in 0..<width { w[index] += source[index] * (values[index] - mean) * scale }
        }
        if !sink.take(parameters.weights) { return parameters.weights }
        guard !parameters.bias.isEmpty else { return nil }
        let b = sink.memory(for: parameters.bias)
        b.update(repeating: 0, count: width)
        for row in 0..<rows {
            let source = delta + row * width
            for index in 0..<width { b[index] += source[index] }
        }
        return sink.take(parameters.bias) ? nil : parameters.bias
    }

    /// Writes ∂L/∂x.
    func inputGradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, kept: UnsafePointer<S>,
        into target: UnsafeMutablePointer<S>, rows: Int, weights: UnsafePointer<S>
    ) {
        let count = S(width)
        for row in 0..<rows {
            let (source, values) = (delta + row * width, x + row * width)
            let result = target + row * width
            let (mean, scale) = (kept[2 * row], kept[2 * row + 1])
            var (sum, product): (S, S) = (0, 0)
            for index in 0..<width {
                let g = source[index] * weights[index]
                sum += g
                product += g * (values[index] - mean) * scale
            }
            let (meanSum, meanProduct) = (sum / count, product / count)
            for index in 0..<width {
                let normal = (values[index] - mean) * scale
                result[index] =
                    scale * (source[index] * weights[index] - meanSum - normal * meanProduct)
            }
        }
    }
}
