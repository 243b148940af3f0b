import NablaNetworks

/// θ ← θ − η·(sign(β₁m + (1 − β₁)g) + λθ); m ← β₂m + (1 − β₂)g; sign(0) is 0.
///
/// - Source: Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.
struct LionStep<S: FloatingReal> {
    private let rate: S
    private let decay: S
    private let beta1: S
    private let beta2: S
    private let rest1: S
    private let rest2: S

    init(_ settings: Lion, rate: Double) {
        self.rate = S(rate)
        decay = S(settings.weightDecay)
        (beta1, rest1) = (S(settings.beta1), S(1 - settings.beta1))
        (beta2, rest2) = (S(settings.beta2), S(1 - settings.beta2))
    }

    func update(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int,
        momentum: UnsafeMutablePointer<S>
    ) {
        for index in 0..<count {
            let (g, m) = (gradients[index], momentum[index])
            let c = beta1 * m + rest1 * g
            // Two comparisons, because a sign has no branches then.
            let sign: S = (c > 0 ? 1 : 0) - (c < 0 ? 1 : 0)
            momentum[index] = beta2 * m + rest2 * g
            parameters[index] -= rate * (sign + decay * parameters[index])
        }
    }
}
