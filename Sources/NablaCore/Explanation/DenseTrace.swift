import NablaNetworks

/// A chain of dense layers, forward and backward, written plainly and with every number kept.
///
/// What the compiled plan computes fast is here to be looked at: by an explanation, and by a
/// gradient check that does one step wrong on purpose. Letters: n samples, i inputs, u units.
struct DenseTrace<S: FloatingReal> {
    /// One layer's numbers.
    struct Layer {
        let inputs: Int
        let units: Int
        let activation: Activation
        /// W: (u, i).
        let weights: [S]
        /// b: (u), or nil.
        let bias: [S]?
        /// What it reads: (n, i).
        let x: [S]
        /// z = x·Wᵀ + b: (n, u).
        let z: [S]
        /// a = f(z): (n, u).
        let a: [S]
    }

    /// How the gradients of one layer come about.
    struct Backward {
        /// ∂L/∂a: (n, u); not kept for the last layer where it is computed along with the loss.
        var activationGradients: [S]
        /// δ = ∂L/∂z: (n, u).
        var δ: [S]
        /// ∂L/∂W = δᵀ·x: (u, i).
        var weights: [S]
        /// ∂L/∂b = Σₙ δ: (u).
        var bias: [S]
    }

    let layers: [Layer]
    /// n.
    let count: Int
    /// Whether loss and last activation are computed together.
    let isFused: Bool
    /// ∂L/∂z of the last layer where they are, else its ∂L/∂a: (n, outputs).
    private let outputGradient: [S]

    /// Goes forward; nil for a network that is no chain of dense layers.
    init?(_ computation: PreparedGradient<S>) {
        let samples = computation.samples
        var layers: [Layer] = []
        var x = samples.inputs
        for layer in computation.network.layers {
            guard case .dense(let dense) = layer.operation,
                case .given(let weights, let bias) = dense.parameters
            else { return nil }
            let next = Layer(
                dense, weights.values(as: S.self), bias?.values(as: S.self), x, samples.count)
            x = next.a
            layers.append(next)
        }
        guard let last = layers.last else { return nil }
        self.layers = layers
        count = samples.count
        isFused = computation.objective.isFused
        outputGradient = computation.outputGradient(of: isFused ? last.z : last.a)
    }

    /// Goes backward.
    ///
    /// - Parameter mistake: A step that is done wrong, or nil.
    /// - Returns: One for each layer, first to last.
    func backward(with mistake: Mistake? = nil) -> [Backward] {
        var parts: [Backward] = []
        var gradient = outputGradient
        for index in layers.indices.reversed() {
            let layer = layers[index]
            var δ = gradient
            if index < layers.count - 1 || !isFused || mistake == .extraOutputDerivative {
                layer.pullBack(&δ, count, mistake, at: index)
            }
            let readsRaw = mistake == .preActivationsAsInputs(of: index) && index > 0
            let x = readsRaw ? layers[index - 1].z : layer.x
            parts.append(
                Backward(
                    activationGradients: gradient, δ: δ,
                    weights: layer.weightGradients(δ, x, count),
                    bias: layer.biasGradients(δ, count)))
            gradient = layer.inputGradients(
                δ, count, transposed: mistake != .untransposedWeights(of: index))
        }
        return parts.reversed()
    }
}

/// A step of the backward pass that is easily done wrong.
enum Mistake: Equatable {
    /// δ = ∂L/∂a, without f′.
    case leftOutDerivative(of: Int)
    /// The same in every layer.
    case leftOutDerivatives
    /// f′ taken at a instead of z.
    case derivativeOfActivation(of: Int)
    /// f′ of the outputs once more, where loss and last activation are computed together.
    case extraOutputDerivative
    /// ∂L/∂W = δᵀ·z of the layer before, instead of its a.
    case preActivationsAsInputs(of: Int)
    /// ∂L/∂x = δ·Wᵀ instead of δ·W, possible where W is square.
    case untransposedWeights(of: Int)
}

extension DenseTrace.Layer {
    fileprivate init(_ dense: Dense, _ weights: [S], _ bias: [S]?, _ x: [S], _ count: Int) {
        let (units, inputs) = (dense.units, weights.count / dense.units)
        var z = [S](repeating: 0, count: count * units)
        for sample in 0..<count {
            for unit in 0..<units {
                var sum: S = 0
                for input in 0..<inputs {
                    sum += x[sample * inputs + input] * weights[unit * inputs + input]
                }
                z[sample * units + unit] = sum + (bias?[unit] ?? 0)
            }
        }
        self.init(
            inputs: inputs, units: units, activation: dense.activation, weights: weights,
            bias: bias, x: x, z: z, a: dense.activation.values(of: z, rows: count, width: units))
    }

    /// Turns ∂L/∂a into ∂L/∂z, unless that is the mistake.
    fileprivate func pullBack(_ δ: inout [S], _ count: Int, _ mistake: Mistake?, at index: Int) {
        switch mistake {
        case .leftOutDerivatives, .leftOutDerivative(of: index): break
        case .derivativeOfActivation(of: index):
            let again = activation.values(of: a, rows: count, width: units)
            activation.pullBack(&δ, z: a, a: again, rows: count, width: units)
        default: activation.pullBack(&δ, z: z, a: a, rows: count, width: units)
        }
    }

    fileprivate func weightGradients(_ δ: [S], _ x: [S], _ count: Int) -> [S] {
        var sums = [S](repeating: 0, count: units * inputs)
        for sample in 0..<count {
            for unit in 0..<units {
                let factor = δ[sample * units + unit]
                for input in 0..<inputs {
                    sums[unit * inputs + input] += factor * x[sample * inputs + input]
                }
            }
        }
        return sums
    }

    fileprivate func biasGradients(_ δ: [S], _ count: Int) -> [S] {
        var sums = [S](repeating: 0, count: units)
        for sample in 0..<count {
            for unit in 0..<units { sums[unit] += δ[sample * units + unit] }
        }
        return sums
    }

    /// ∂L/∂x: (n, i).
    fileprivate func inputGradients(_ δ: [S], _ count: Int, transposed: Bool) -> [S] {
        var sums = [S](repeating: 0, count: count * inputs)
        for sample in 0..<count {
            for unit in 0..<units {
                let factor = δ[sample * units + unit]
                for input in 0..<inputs {
                    let place =
                        transposed || units != inputs ? unit * inputs + input : input * units + unit
                    sums[sample * inputs + input] += factor * weights[place]
                }
            }
        }
        return sums
    }
}

extension Activation {
    /// a = f(z) of rows of z.
    func values<S: FloatingReal>(of z: [S], rows: Int, width: Int) -> [S] {
        var a = z
        a.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            apply(to: start, into: start, rows: rows, width: width)
        }
        return a
    }

    /// Turns rows of ∂L/∂a into ∂L/∂z.
    func pullBack<S: FloatingReal>(_ gradient: inout [S], z: [S], a: [S], rows: Int, width: Int) {
        gradient.withUnsafeMutableBufferPointer { gradient in
            z.withUnsafeBufferPointer { z in
                a.withUnsafeBufferPointer { a in
                    guard let target = gradient.baseAddress, let z = z.baseAddress,
                        let a = a.baseAddress
                    else { return }
                    pullBack(target, z: z, a: a, rows: rows, width: width)
                }
            }
        }
    }
}

extension PreparedGradient {
    /// ∂L/∂outputs, with the reduction's divisor in it; the outputs are what the objective reads: z
    /// of the last layer where it computes the activation along, else a.
    fileprivate func outputGradient(of outputs: [S]) -> [S] {
        let scale = S(1 / divisor)
        var gradient = [S](repeating: 0, count: outputs.count)
        var losses = [S](repeating: 0, count: samples.count)
        gradient.withUnsafeMutableBufferPointer { gradient in
            losses.withUnsafeMutableBufferPointer { losses in
                outputs.withUnsafeBufferPointer { outputs in
                    withBatch { batch in
                        guard let outputs = outputs.baseAddress, let losses = losses.baseAddress,
                            let gradient = gradient.baseAddress
                        else { return }
                        objective.evaluate(
                            outputs, batch, scale: scale, losses: losses, gradient: gradient)
                    }
                }
            }
        }
        return gradient
    }

    /// Gives `body` all samples as one batch.
    private func withBatch(_ body: (Batch<S>) -> Void) {
        withPointer(to: samples.inputs) { inputs in
            withPointer(to: samples.targets) { targets in
                withPointer(to: samples.weights ?? []) { weights in
                    guard let inputs, let targets else { return }
                    body(
                        Batch(
                            inputs: BatchInputs(rows: inputs, team: nil), targets: targets,
                            weights: weights, count: samples.count))
                }
            }
        }
    }
}
