/// Batch normalisation: a = γ·(x − μ)/√(σ² + ε) + β for each feature, or for each channel of (channels,
/// height, width).
///
/// In training μ and σ² are the mean and the (biased) variance of the batch (and of height and width), and
/// the running ones move towards them: r ← (1 − m)·r + m·statistic, with the unbiased variance. In
/// inference they are the running ones. In training gradients go through μ and σ², too; a has the shape of x.
/// - Source: Ioffe & Szegedy 2015; definitions and defaults as PyTorch's `BatchNorm1d` and
///   `BatchNorm2d`.
public struct BatchNormalization: Sendable, Equatable {
    /// m, from 0 to 1; 0.1 by default.
    public let momentum: Double
    /// ε, above 0; 10⁻⁵ by default.
    public let epsilon: Double
    /// γ (weights) and β (bias), one for each feature or channel; 1 and 0 where they aren't given.
    public let parameters: LayerParameters
    /// The running statistics; means of 0 and variances of 1 where they aren't given.
    public let statistics: RunningStatistics?

    /// Makes a layer.
    ///
    /// - Throws: `InvalidValue` pointing at the setting or tensor that doesn't fit.
    public init(
        momentum: Double = 0.1, epsilon: Double = 1e-5,
        parameters: LayerParameters = .drawn(by: .ones, usesBias: true),
        statistics: RunningStatistics? = nil
    ) throws(InvalidValue) {
        try require(momentum, in: 0...1, named: "momentum", at: "/momentum")
        try require(epsilon: epsilon)
        if case .given(let weights, let bias) = parameters {
            try requireList(weights, named: "weights")
            if let shape = bias?.shape { try check(bias: shape, rows: weights.count) }
            if let statistics, statistics.mean.count != weights.count {
                throw InvalidValue(
                    .shapeMismatch,
                    "running_mean has \(statistics.mean.count) numbers, but weights has "
                        + "\(weights.count)",
                    at: "/running_mean")
            }
        }
        self.momentum = momentum
        self.epsilon = epsilon
        self.parameters = parameters
        self.statistics = statistics
    }

    func with(
        weights: Tensor, bias: Tensor?, statistics: RunningStatistics?
    ) throws(InvalidValue) -> BatchNormalization {
        try BatchNormalization(
            momentum: momentum, epsilon: epsilon,
            parameters: .given(weights: weights, bias: bias),
            statistics: statistics ?? self.statistics)
    }

    static func parameterShapes(reading input: Shape) -> ParameterShapes {
        let channels = input.first ?? 0
        return ParameterShapes(
            weights: Shape(channels), bias: Shape(channels), fanIn: channels, fanOut: channels)
    }

    func outputShape(reading input: Shape, from source: Source) throws(InvalidValue) -> Shape {
        guard input.count == 1 || input.count == 3 else {
            throw InvalidValue(
                .shapeMismatch,
                "batch normalisation reads (features) or (channels, height, width), but "
                    + "\(source.gives) the shape \(input)")
        }
        try checkLength(of: parameters, input[0], source)
        if let statistics, statistics.mean.count != input[0] {
            throw InvalidValue(
                .shapeMismatch,
                "running_mean has \(statistics.mean.count) numbers, but \(source.gives) \(input[0])",
                at: "/running_mean")
        }
        return input
    }
}

/// What a batch normalisation has seen of its inputs, as two lists: (features), or (channels).
public struct RunningStatistics: Sendable, Equatable {
    /// The running mean of each feature or channel.
    public let mean: Tensor
    /// The running, unbiased variance of each.
    public let variance: Tensor

    /// Puts statistics together.
    ///
    /// - Throws: `InvalidValue` when they aren't two lists of one length, or a variance is negative.
    public init(mean: Tensor, variance: Tensor) throws(InvalidValue) {
        try requireList(mean, named: "running_mean")
        guard variance.shape == mean.shape else {
            throw InvalidValue(
                .shapeMismatch,
                "running_variance has the shape \(variance.shape), but running_mean \(mean.shape)",
                at: "/running_variance")
        }
        if let index = variance.values(as: Double.self).firstIndex(where: { $0 < 0 }) {
            throw InvalidValue(
                .outOfRange, "a variance is negative", at: "/running_variance/\(index)")
        }
        self.mean = mean
        self.variance = variance
    }

    /// The same statistics rounded to `dtype`.
    public func converted(to dtype: DType) throws(InvalidValue) -> RunningStatistics {
        try RunningStatistics(
            mean: mean.converted(to: dtype), variance: variance.converted(to: dtype))
    }
}

/// Layer normalisation: a = γ·(x − μ)/√(σ² + ε) + β with the mean and the (biased) variance of all of
/// a sample's numbers; γ and β have a number for each of them.
///
/// a has the shape of x, any one, and training and inference are the same.
/// - Source: Ba et al. 2016; definitions and defaults as PyTorch's `LayerNorm` over a sample's shape.
public struct LayerNormalization: Sendable, Equatable {
    /// ε, above 0; 10⁻⁵ by default.
    public let epsilon: Double
    /// γ (weights) and β (bias), shaped as a sample; 1 and 0 where they aren't given.
    public let parameters: LayerParameters

    /// Makes a layer.
    ///
    /// - Throws: `InvalidValue` pointing at the setting or tensor that doesn't fit.
    public init(
        epsilon: Double = 1e-5, parameters: LayerParameters = .drawn(by: .ones, usesBias: true)
    ) throws(InvalidValue) {
        try require(epsilon: epsilon)
        if case .given(let weights, let bias?) = parameters, bias.shape != weights.shape {
            throw InvalidValue(
                .shapeMismatch,
                "bias has the shape \(bias.shape), but weights has \(weights.shape)", at: "/bias")
        }
        self.epsilon = epsilon
        self.parameters = parameters
    }

    func with(weights: Tensor, bias: Tensor?) throws(InvalidValue) -> LayerNormalization {
        try LayerNormalization(epsilon: epsilon, parameters: .given(weights: weights, bias: bias))
    }

    static func parameterShapes(reading input: Shape) -> ParameterShapes {
        let count = input.size ?? 0
        return ParameterShapes(weights: input, bias: input, fanIn: count, fanOut: count)
    }

    func outputShape(reading input: Shape, from source: Source) throws(InvalidValue) -> Shape {
        if case .given(let weights, _) = parameters, weights.shape != input {
            throw InvalidValue(
                .shapeMismatch,
                "weights has the shape \(weights.shape), but \(source.gives) the shape \(input)",
                at: "/weights")
        }
        return input
    }
}

private func require(epsilon: Double) throws(InvalidValue) {
    try require(
        epsilon, in: .leastNonzeroMagnitude...(.infinity), named: "epsilon", at: "/epsilon")
}

private func requireList(_ tensor: Tensor, named name: String) throws(InvalidValue) {
    guard tensor.shape.count == 1, tensor.count > 0 else {
        throw InvalidValue(
            .shapeMismatch,
            "\(name) has the shape \(tensor.shape), but must be a list with a number for each "
                + "feature or channel",
            at: "/\(name)")
    }
}

private func checkLength(
    of parameters: LayerParameters, _ length: Int, _ source: Source
) throws(InvalidValue) {
    guard case .given(let weights, _) = parameters, weights.count != length else { return }
    throw InvalidValue(
        .shapeMismatch, "weights has \(weights.count) numbers, but \(source.gives) \(length)",
        at: "/weights")
}
