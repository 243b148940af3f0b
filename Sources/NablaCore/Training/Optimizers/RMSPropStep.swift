import NablaNetworks

/// d = g + λθ; v ← αv + (1 − α)d²; r = d/(√v + ε); θ ← θ − η·r.
///
/// Centered, m ← αm + (1 − α)d, and v − m² takes the place of v in r; with a momentum μ,
/// b ← μb + r takes the place of r in θ.
/// - Source: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013; in the form of PyTorch's
///   `RMSprop`. There a v − m² that rounding makes negative gives NaN; here it counts as 0.
struct RMSPropStep<S: FloatingReal> {
    private let rate: S
    private let decay: S
    private let alpha: S
    private let rest: S
    private let epsilon: S
    private let momentum: S
    private let isCentered: Bool

    init(_ settings: RMSProp, rate: Double) {
        self.rate = S(rate)
        decay = S(settings.weightDecay)
        alpha = S(settings.alpha)
        rest = S(1 - settings.alpha)
        epsilon = S(settings.epsilon)
        momentum = S(settings.momentum)
        isCentered = settings.centered
    }

    /// Updates parameters whose state is v, centered also m, and with a momentum last b.
    func update(
        _ parameters: UnsafeMutablePointer<S>, with gradients: UnsafePointer<S>, count: Int,
        _ state: StateBuffers<S>
    ) {
        // A loop for each kind, so that none reads a buffer that isn't there.
        switch (isCentered, momentum > 0) {
        case (false, false):
            let squares = state[0]
            for index in 0..<count {
                let d = gradients[index] + decay * parameters[index]
                let v = next(&squares[index], d)
                parameters[index] -= rate * d / (squareRoot(of: v) + epsilon)
            }
        case (false, true):
            let (squares, carried) = (state[0], state[1])
            for index in 0..<count {
                let d = gradients[index] + decay * parameters[index]
                let v = next(&squares[index], d)
                carried[index] = momentum * carried[index] + d / (squareRoot(of: v) + epsilon)
                parameters[index] -= rate * carried[index]
            }
        case (true, false):
            let (squares, means) = (state[0], state[1])
            for index in 0..<count {
                let d = gradients[index] + decay * parameters[index]
                let v = next(&squares[index], &means[index], d)
                parameters[index] -= rate * d / (squareRoot(of: v) + epsilon)
            }
        case (true, true):
            let (squares, means, carried) = (state[0], state[1], state[2])
            for index in 0..<count {
                let d = gradients[index] + decay * parameters[index]
                let v = next(&squares[index], &means[index], d)
                carried[index] = momentum * carried[index] + d / (squareRoot(of: v) + epsilon)
                parameters[index] -= rate * carried[index]
            }
        }
    }

    @inline(__always)
    private func next(_ square: inout S, _ d: S) -> S {
        square = alpha * square + rest * d * d
        return square
    }

    @inline(__always)
    private func next(_ square: inout S, _ mean: inout S, _ d: S) -> S {
        square = alpha * square + rest * d * d
        mean = alpha * mean + rest * d
        return square - mean * mean
    }
}
