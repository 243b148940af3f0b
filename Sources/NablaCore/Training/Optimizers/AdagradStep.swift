import NablaNetworks

/// d = g + λθ; v ← v + d²; θ ← θ − η·d/(√v + ε).
///
/// - Source: Duchi et al. 2011, with diagonal matrices, in the form of PyTorch's `Adagrad`.
struct AdagradStep<S: FloatingReal> {
    private let rate: S
    private let decay: S
    private let epsilon: S

    init(_ settings: Adagrad, rate: Double) {
        self.rate = S(rate)
        decay = S(settings.weightDecay)
        epsilon = S(settings.epsilon)
    }

    func update(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int,
        sums: UnsafeMutablePointer<S>
    ) {
        for index in 0..<count {
            let d = gradients[index] + decay * parameters[index]
            let v = sums[index] + d * d
            sums[index] = v
            parameters[index] -= rate * d / (squareRoot(of: v) + epsilon)
        }
    }
}
