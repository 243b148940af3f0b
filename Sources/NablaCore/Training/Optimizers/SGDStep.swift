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
        _ = S.descend(parameters, with: gradients, count: count, rate: rate, decay: decay)
    }

    /// As `update`, and looks at the gradients on the way: both passes are bound by memory.
    ///
    /// - Returns: Whether all gradients are finite.
    func updateLooking(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int
    ) -> Bool {
        let sum = S.descend(parameters, with: gradients, count: count, rate: rate, decay: decay)
        // A sum is finite only of finite numbers. One that isn't may be too large, and nothing more.
        return sum.isFinite || Finiteness.holds(gradients, count: count)
    }

    /// As `update`, for a few numbers, and leaves the parameters that were in the gradients' place.
    ///
    /// - Returns: Whether all parameters are finite.
    @inline(__always)
    func exchange(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafeMutablePointer<S>, count: Int
    ) -> Bool {
        decay == 0
            ? exchange(parameters, with: gradients, count: count, decays: false)
            : exchange(parameters, with: gradients, count: count, decays: true)
    }

    @inline(__always)
    private func exchange(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafeMutablePointer<S>, count: Int,
        decays: Bool
    ) -> Bool {
        var checks = Lanes<S>(repeating: 0)
        var index = 0
        while index &+ 4 <= count {
            let (old, g) = (Lanes(parameters + index), Lanes(gradients + index))
            let new = old - rate * (decays ? g + decay * old : g)
            checks += 0 * new
            new.store(at: parameters + index)
            old.store(at: gradients + index)
            index &+= 4
        }
        var check = checks.sum
        while index < count {
            let (old, g) = (parameters[index], gradients[index])
            let new = old - rate * (decays ? g + decay * old : g)
            check += 0 * new
            (parameters[index], gradients[index]) = (new, old)
            index &+= 1
        }
        return check.isFinite
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
