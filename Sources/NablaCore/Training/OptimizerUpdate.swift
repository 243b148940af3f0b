import NablaNetworks

/// Updates of flat parameters from flat gradients; P is the number of parameters.
///
/// A loop over parameters, whatever layers they belong to. Formulas: θ parameters, g gradient,
/// η learning rate, λ weight decay. State starts at 0.
extension Optimizer {
    /// How many buffers of P numbers it keeps from step to step.
    var stateBuffers: Int {
        switch self {
        case .sgd(let settings): settings.momentum == 0 ? 0 : 1
        case .adam(let settings): settings.amsgrad ? 3 : 2
        }
    }

}

/// One step of an optimizer, made over any parts of the parameters.
struct ParameterUpdate<S: Real> {
    let optimizer: Optimizer
    /// θ: P numbers, changed in place.
    let parameters: UnsafeMutablePointer<S>
    /// `stateBuffers` · P numbers, nil for none.
    let state: UnsafeMutablePointer<S>?
    /// P.
    let count: Int
    /// η.
    let rate: Double
    /// The number of this step, from 1.
    let step: Int

    /// Updates the parameters in `part` from their gradients g, as many as it is long.
    func run(_ part: Range<Int>, with gradients: UnsafePointer<S>) {
        let parameters = self.parameters + part.lowerBound
        let state = self.state.map { $0 + part.lowerBound }
        switch (optimizer, state) {
        case (.sgd(let settings), .some(let momentum)):
            settings.update(
                parameters, with: gradients, count: part.count, momentum: momentum, rate: rate,
                isFirst: step == 1)
        case (.sgd(let settings), .none):
            settings.update(parameters, with: gradients, count: part.count, rate: rate)
        case (.adam(let settings), .some(let moments)):
            settings.update(
                parameters, with: gradients, count: part.count, moments: moments, stride: count,
                rate: rate, step: step)
        case (.adam, .none): break
        }
    }
}

extension SGD {
    /// θ ← θ − η·(g + λθ).
    fileprivate func update<S: Real>(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int,
        rate: Double
    ) {
        let (rate, decay) = (S(rate), S(weightDecay))
        if decay == 0 {
            for index in 0..<count { parameters[index] -= rate * gradients[index] }
        } else {
            for index in 0..<count {
                parameters[index] -= rate * (gradients[index] + decay * parameters[index])
            }
        }
    }

    /// d = g + λθ; m ← μm + (1 − τ)d, the first time m = d; θ ← θ − η·m, or θ − η·(d + μm) for
    /// Nesterov.
    ///
    /// - Source: Sutskever et al. 2013, in the form of PyTorch's `SGD`, where η multiplies m.
    fileprivate func update<S: Real>(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int,
        momentum buffer: UnsafeMutablePointer<S>, rate: Double, isFirst: Bool
    ) {
        let (rate, decay) = (S(rate), S(weightDecay))
        let kept: S = isFirst ? 0 : S(momentum)
        let added: S = isFirst ? 1 : S(1 - dampening)
        // The update is `direct`·d + `carried`·m.
        let (direct, carried): (S, S) = nesterov ? (1, S(momentum)) : (0, 1)
        for index in 0..<count {
            let d = gradients[index] + decay * parameters[index]
            let m = kept * buffer[index] + added * d
            buffer[index] = m
            parameters[index] -= rate * (direct * d + carried * m)
        }
    }
}

extension Adam {
    /// d = g + λθ; m ← β₁m + (1 − β₁)d; v ← β₂v + (1 − β₂)d²;
    /// θ ← θ − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε), with the largest v so far in its place for
    /// AMSGrad.
    ///
    /// - Source: Kingma & Ba 2015, algorithm 1; Reddi et al. 2018, algorithm 2; λ as in PyTorch's
    ///   `Adam`.
    fileprivate func update<S: Real>(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int,
        moments: UnsafeMutablePointer<S>, stride: Int, rate: Double, step: Int
    ) {
        let (first, second) = (moments, moments + stride)
        let (beta1, beta2) = (S(self.beta1), S(self.beta2))
        let (rest1, rest2) = (S(1 - self.beta1), S(1 - self.beta2))
        let size = S(rate / (1 - self.beta1.raised(to: step)))
        let root = S((1 - self.beta2.raised(to: step)).squareRoot())
        let (decay, epsilon) = (S(weightDecay), S(self.epsilon))
        for index in 0..<count {
            let d = gradients[index] + decay * parameters[index]
            let m = beta1 * first[index] + rest1 * d
            let v = beta2 * second[index] + rest2 * d * d
            first[index] = m
            second[index] = v
            // Without AMSGrad the update ends here; with it, the loop below makes it from the
            // largest v.
            if !amsgrad { parameters[index] -= size * m / (v.squareRoot() / root + epsilon) }
        }
        guard amsgrad else { return }
        let largest = second + stride
        for index in 0..<count {
            let v = max(largest[index], second[index])
            largest[index] = v
            parameters[index] -= size * first[index] / (v.squareRoot() / root + epsilon)
        }
    }
}
