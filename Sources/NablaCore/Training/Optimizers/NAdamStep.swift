import NablaNetworks

/// d = g + λθ; m ← β₁m + (1 − β₁)d; v ← β₂v + (1 − β₂)d²; μₜ = β₁·(1 − ½·0.96^(tψ)); Πₜ = μ₁·…·μₜ;
/// θ ← θ − η·((1 − μₜ)/(1 − Πₜ)·d + μₜ₊₁/(1 − Πₜ₊₁)·m) / (√(v/(1 − β₂ᵗ)) + ε).
///
/// ψ is the momentum decay.
/// - Source: Dozat 2016, in the form of PyTorch's `NAdam`.
struct NAdamStep<S: FloatingReal> {
    private let moments: Moments<S>
    private let decay: S
    /// The factor of d.
    private let direct: S
    /// The factor of m.
    private let carried: S
    /// √(1 − β₂ᵗ).
    private let root: S
    private let epsilon: S

    /// Begins step t.
    ///
    /// - Parameters:
    ///   - settings: The optimizer's settings.
    ///   - rate: η.
    ///   - step: t, from 1.
    ///   - product: Πₜ₋₁, which becomes Πₜ.
    init(_ settings: NAdam, rate: Double, step: Int, product: inout Double) {
        let mu = settings.momentum(ofStep: step)
        let next = settings.momentum(ofStep: step + 1)
        product *= mu
        moments = Moments(beta1: settings.beta1, beta2: settings.beta2)
        decay = S(settings.weightDecay)
        direct = S(rate * (1 - mu) / (1 - product))
        carried = S(rate * next / (1 - product * next))
        root = S((1 - settings.beta2.raised(to: step)).squareRoot())
        epsilon = S(settings.epsilon)
    }

    /// Updates parameters whose state is m and v.
    func update(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int,
        _ state: StateBuffers<S>
    ) {
        let (first, second) = (state[0], state[1])
        for index in 0..<count {
            let d = gradients[index] + decay * parameters[index]
            let (m, v) = moments.next(first[index], second[index], d)
            first[index] = m
            second[index] = v
            parameters[index] -= (direct * d + carried * m) / (squareRoot(of: v) / root + epsilon)
        }
    }
}

extension NAdam {
    /// μₜ.
    fileprivate func momentum(ofStep step: Int) -> Double {
        let exponent = Double(step) * momentumDecay
        return beta1 * (1 - 0.5 * Double.exponential(exponent * Double.logarithm(0.96)))
    }
}
