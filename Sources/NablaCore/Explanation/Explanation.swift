public import NablaNetworks

/// The chain rule of a chain of dense layers with all its factors.
///
/// For every layer l and sample: z = x·Wᵀ + b, a = f(z), f′(z), and the errors ∂L/∂a and δ = ∂L/∂z.
/// The factors multiply to the gradients:
/// - δ = ∂L/∂a ⊙ f′(z), or ∂L/∂a · f′(z) with the Jacobian of softmax;
/// - ∂L/∂x = δ · W, which is ∂L/∂a of the layer before;
/// - ∂L/∂W = Σₙ δ ⊗ x and ∂L/∂b = Σₙ δ over the samples n.
///
/// The reduction's divisor and the samples' weights are part of the last layer's ∂L/∂a.
/// - Source: Rumelhart, Hinton & Williams 1986.
public struct Explanation: Sendable {
    /// The factors of one layer; n samples, i inputs, u units.
    public struct Layer: Sendable {
        /// What it reads: (n, i).
        public let inputs: Tensor
        /// z: (n, u).
        public let preActivations: Tensor
        /// a: (n, u).
        public let activations: Tensor
        /// f′(z): (n, u), or for softmax ∂aⱼ/∂zₖ: (n, u, u).
        public let derivatives: Tensor
        /// ∂L/∂a: (n, u); not finite where an output is saturated, so that only δ is.
        public let activationGradients: Tensor
        /// δ = ∂L/∂z: (n, u).
        public let preActivationGradients: Tensor
    }

    /// One for each layer.
    public let layers: [Layer]
    /// Whether δ of the last layer is computed together with the loss, and not as a product.
    public let isFused: Bool
    /// What the sum of the losses is divided by: the denominator of a mean, or 1.
    public let divisor: Double

    /// How many numbers there are to explain: parameters, what each sample reads, and z, a, f′(z),
    /// ∂L/∂a and δ of each layer and sample.
    ///
    /// - Parameters:
    ///   - network: A network with numbers.
    ///   - count: How many samples.
    /// - Returns: The number; `Int.max` when there are more than that.
    /// - Throws: `invalid` at `/network/layers` for a network that isn't explained.
    public static func numbers(
        in network: Network, samples count: Int
    ) throws(ComputationError) -> Int {
        var width = network.inputShape.reduce(1, *)
        for layer in network.layers {
            guard case .dense(let dense) = layer.operation else { throw unexplained }
            let (square, isTooLarge) = dense.units.multipliedReportingOverflow(by: dense.units)
            guard !isTooLarge, square < 1 << 60, width < 1 << 60 else { return .max }
            width += 4 * dense.units + (dense.activation == .softmax ? square : dense.units)
        }
        let (numbers, isTooMany) = width.multipliedReportingOverflow(by: count)
        let (sum, isTooLarge) = numbers.addingReportingOverflow(network.parameterCount)
        return isTooMany || isTooLarge ? .max : sum
    }

    /// Explains a gradient.
    ///
    /// - Parameters:
    ///   - loss: What is minimised.
    ///   - network: A network with numbers, all of its layers dense.
    ///   - samples: What the loss is taken over.
    ///   - dtype: What is computed in, and the type of all tensors.
    ///   - mostNumbers: How many numbers there may be to explain, as `numbers(in:samples:)` counts them.
    /// - Returns: The factors.
    /// - Throws: `invalid` with a pointer relative to the request, which is `/include` where there are
    ///   too many numbers; it doesn't look for NaN and infinity, which `Gradients.compute` does.
    public static func compute(
        of loss: Loss, network: Network, samples: Samples, dtype: DType,
        mostNumbers: Int = Workspace.defaultMostNumbers
    ) throws(ComputationError) -> Explanation {
        let numbers = try numbers(in: network, samples: samples.count)
        guard numbers <= mostNumbers else {
            throw .invalid(
                InvalidValue(
                    .outOfRange,
                    "the explanation would be of \(numbers) numbers; \(mostNumbers) are the most",
                    at: "/include"))
        }
        switch dtype {
        case .float32: return try Explanation(PreparedGradient<Float>(loss, network, samples))
        case .float64: return try Explanation(PreparedGradient<Double>(loss, network, samples))
        }
    }

    private static var unexplained: ComputationError {
        .invalid(
            InvalidValue(
                .inconsistent, "only chains of dense layers are explained", at: "/network/layers"))
    }

    private init<S: FloatingReal>(_ computation: PreparedGradient<S>) throws(ComputationError) {
        guard let trace = DenseTrace(computation) else { throw Explanation.unexplained }
        isFused = trace.isFused
        divisor = computation.divisor
        let count = trace.count
        var layers: [Layer] = []
        for (layer, errors) in zip(trace.layers, trace.backward()) {
            let isLast = layers.count == trace.layers.count - 1
            let units = layer.units
            let isJacobian = layer.activation == .softmax
            layers.append(
                Layer(
                    inputs: try tensor(layer.x, Shape(count, layer.inputs)),
                    preActivations: try tensor(layer.z, Shape(count, units)),
                    activations: try tensor(layer.a, Shape(count, units)),
                    derivatives: try tensor(
                        layer.derivatives(count),
                        isJacobian ? [count, units, units] : Shape(count, units)),
                    activationGradients: try tensor(
                        isLast && isFused
                            ? computation.quotients(of: layer) : errors.activationGradients,
                        Shape(count, units)),
                    preActivationGradients: try tensor(errors.δ, Shape(count, units))))
        }
        self.layers = layers
    }
}

extension DenseTrace.Layer {
    /// f′(z): (n, u), or for softmax the Jacobian ∂aⱼ/∂zₖ = aⱼ([j = k] − aₖ): (n, u, u).
    fileprivate func derivatives(_ count: Int) -> [S] {
        guard activation == .softmax else {
            var ones = [S](repeating: 1, count: count * units)
            activation.pullBack(&ones, z: z, a: a, rows: count, width: units)
            return ones
        }
        var jacobian: [S] = []
        jacobian.reserveCapacity(count * units * units)
        for sample in 0..<count {
            for j in 0..<units {
                for k in 0..<units {
                    let (first, second) = (a[sample * units + j], a[sample * units + k])
                    // Adding 0 turns −0 into 0.
                    jacobian.append(first * ((j == k ? 1 : 0) - second) + 0)
                }
            }
        }
        return jacobian
    }
}

extension PreparedGradient {
    /// ∂L/∂a of the last layer where the loss is computed together with its activation.
    ///
    /// It is what a − y has folded f′(z) into; not finite where a is 0 or 1 and the target isn't.
    fileprivate func quotients(of layer: DenseTrace<S>.Layer) -> [S] {
        let width = objective.width
        return layer.a.indices.map { index in
            let (sample, unit) = index.quotientAndRemainder(dividingBy: width)
            let scale = S(1 / divisor) * (samples.weights?[sample] ?? 1)
            let a = layer.a[index]
            if let classes = objective.classSettings {
                // ∂L/∂aₖ = −tₖ/aₖ; a target of 0 takes no part.
                let t = samples.targets.withUnsafeBufferPointer { targets in
                    targets.baseAddress.map {
                        classes.target(of: unit, $0 + sample * samples.targetWidth)
                    } ?? 0
                }
                return t == 0 ? 0 : -t / a * scale
            }
            let difference = a - samples.targets[index]
            return difference == 0 ? 0 : difference / (a * (1 - a)) * scale
        }
    }
}
