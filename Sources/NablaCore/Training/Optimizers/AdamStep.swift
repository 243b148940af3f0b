import NablaNetworks

/// d = g + λθ; m ← β₁m + (1 − β₁)d; v ← β₂v + (1 − β₂)d²;
/// θ ← θ − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε), with the largest v so far in its place for AMSGrad.
///
/// For AdamW, d is g, and θ is first multiplied by 1 − ηλ.
/// - Source: Kingma & Ba 2015, algorithm 1; Reddi et al. 2018, algorithm 2; λ as in PyTorch's
///   `Adam`; AdamW: Loshchilov & Hutter 2019, algorithm 2, where η also multiplies λ, as in
///   PyTorch's `AdamW`.
struct AdamStep<S: FloatingReal> {
    private let moments: Moments<S>
    /// λ of d.
    private let decay: S
    /// The factor of θ.
    private let kept: S
    /// η/(1 − β₁ᵗ).
    private let size: S
    /// √(1 − β₂ᵗ).
    private let root: S
    private let epsilon: S
    private let usesLargest: Bool

    init(_ settings: Adam, rate: Double, step: Int) {
        self.init(
            beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
            amsgrad: settings.amsgrad, decay: settings.weightDecay, kept: 1, rate: rate, step: step)
    }

    init(_ settings: AdamW, rate: Double, step: Int) {
        self.init(
            beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
            amsgrad: settings.amsgrad, decay: 0, kept: 1 - rate * settings.weightDecay, rate: rate,
            step: step)
    }

    private init(
        beta1: Double, beta2: Double, epsilon: Double, amsgrad: Bool, decay: Double, kept: Double,
        rate: Double, step: Int
    ) {
        moments = Moments(beta1: beta1, beta2: beta2)
        self.decay = S(decay)
        self.kept = S(kept)
        size = S(rate / (1 - beta1.raised(to: step)))
        root = S((1 - beta2.raised(to: step)).squareRoot())
        self.epsilon = S(epsilon)
        usesLargest = amsgrad
    }

    /// Updates parameters whose state is m, v and, for AMSGrad, the largest v.
    func update(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int,
        _ state: StateBuffers<S>
    ) {
        let (first, second) = (state[0], state[1])
        guard usesLargest else {
            for index in 0..<count {
                let d = gradients[index] + decay * parameters[index]
                let (m, v) = moments.next(first[index], second[index], d)
                (first[index], second[index]) = (m, v)
                parameters[index] =
                    kept * parameters[index] - size * m / (squareRoot(of: v) / root + epsilon)
            }
            return
        }
        // Two loops, because one over five buffers isn't vectorised.
        for index in 0..<count {
            let d = gradients[index] + decay * parameters[index]
            (first[index], second[index]) = moments.next(first[index], second[index], d)
        }
        let largest = state[2]
        for index in 0..<count {
            let v = max(largest[index], second[index])
            largest[index] = v
            parameters[index] =
                kept * parameters[index]
                - size * first[index] / (squareRoot(of: v) / root + epsilon)
        }
    }
}

/// The running means of a gradient d and of its square: m ← β₁m + (1 − β₁)d; v ← β₂v + (1 − β₂)d².
struct Moments<S: FloatingReal> {
    private let beta1: S
    private let beta2: S
    private let rest1: S
    private let rest2: S

    init(beta1: Double, beta2: Double) {
        (self.beta1, self.beta2) = (S(beta1), S(beta2))
        (rest1, rest2) = (S(1 - beta1), S(1 - beta2))
    }

    @inline(__always)
    func next(_ m: S, _ v: S, _ d: S) -> (m: S, v: S) {
        (beta1 * m + rest1 * d, beta2 * v + rest2 * d * d)
    }
}
