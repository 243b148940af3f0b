import NablaNetworks

/// θ ← θ − η·(g + λθ).
struct SGDStep<S: FloatingReal> {
    private let rate: S
    private let decay: S

    init(_ settings: SGD, rate: Double) {
        self.rate = S(rate)
        decay = S(settings.weightDecay)
    }

    func update(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int
    ) {
        if decay == 0 {
            for index in 0..<count { parameters[index] -= rate * gradients[index] }
        } else {
            for index in 0..<count {
                parameters[index] -= rate * (gradients[index] + decay * parameters[index])
            }
        }
    }
}

/// d = g + λθ; m ← μm + (1 − τ)d, the first time m = d; θ ← θ − η·m, or θ − η·(d + μm) for Nesterov.
///
/// - Source: Sutskever et al. 2013, in the form of PyTorch's `SGD`, where η multiplies m.
struct MomentumStep<S: FloatingReal> {
    private let rate: S
    private let decay: S
    private let kept: S
    private let added: S
    // The update is `direct`·d + `carried`·m.
    private let direct: S
    private let carried: S

    init(_ settings: SGD, rate: Double, isFirst: Bool) {
        self.rate = S(rate)
        decay = S(settings.weightDecay)
        kept = isFirst ? 0 : S(settings.momentum)
        added = isFirst ? 1 : S(1 - settings.dampening)
        (direct, carried) = settings.nesterov ? (1, S(settings.momentum)) : (0, 1)
    }

    func update(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int,
        momentum buffer: UnsafeMutablePointer<S>
    ) {
        for index in 0..<count {
            let d = gradients[index] + decay * parameters[index]
            let m = kept * buffer[index] + added * d
            buffer[index] = m
            parameters[index] -= rate * (direct * d + carried * m)
        }
    }
}
