import NablaNetworks

/// Where L-BFGS is, beside its buffers.
struct LBFGSProgress: Sendable, Equatable {
    /// Evaluations of the running step; 0 between steps.
    var evaluations = 0
    /// Whether there was an iteration before, so that a direction and a gradient are kept.
    var hasDirection = false
    /// How many pairs are kept.
    var pairs = 0
    /// Where the next pair is kept: over the oldest, once there are as many as may be.
    var next = 0
    /// t of the last iteration.
    var size = 0.0
    /// γ: the scale of the initial inverse Hessian.
    var scale = 1.0
    /// The loss of the evaluation before.
    var loss = 0.0
}

/// L-BFGS on all parameters at once: iterations θ ← θ + t·d with d = −H·g.
///
/// H is the inverse Hessian estimated from the last pairs of changes (s, y) of θ and g; t is η. The
/// very first iteration has d = −g and t = min(1, 1/Σ|g|)·η. A step has many iterations, and each
/// but the last is followed by an evaluation of loss and gradient. P is the number of parameters.
/// - Source: Nocedal & Wright 2006, algorithms 7.4 and 7.5, with γ of equation 7.20, in the form of
///   PyTorch's `LBFGS` without a line search.
struct LBFGSUpdate<S: FloatingReal> {
    let settings: LBFGS
    /// θ: P numbers, changed in place.
    let parameters: UnsafeMutablePointer<S>
    let buffers: LBFGSBuffers<S>
    /// P.
    let count: Int
    /// η.
    let rate: Double

    /// Goes on from an evaluation.
    ///
    /// - Parameters:
    ///   - gradient: g at θ.
    ///   - loss: The loss at θ.
    ///   - progress: Where the optimizer is.
    /// - Returns: Whether the step is at its end; else it goes on with an evaluation.
    func run(
        _ gradient: UnsafePointer<S>, loss: Double, _ progress: inout LBFGSProgress
    ) -> Bool {
        progress.evaluations += 1
        if endsBefore(gradient, loss, progress) || !iterate(gradient, &progress) {
            progress.evaluations = 0
            return true
        }
        progress.loss = loss
        guard progress.evaluations >= settings.maxIterations else { return false }
        progress.evaluations = 0
        return true
    }

    /// Whether an evaluation shows that nothing is left to do.
    private func endsBefore(
        _ gradient: UnsafePointer<S>, _ loss: Double, _ progress: LBFGSProgress
    ) -> Bool {
        let largest = VectorSums.largestMagnitude(gradient, count: count)
        if largest <= settings.toleranceGradient { return true }
        guard progress.evaluations > 1 else { return false }
        // PyTorch evaluates at most ⌊1.25·m⌋ times for m iterations, which ends steps of two and
        // three iterations after the last evaluation.
        if progress.evaluations == settings.maxIterations, settings.maxIterations < 4 {
            return true
        }
        let change =
            progress.size * VectorSums.largestMagnitude(buffers.direction, count: count)
        return change <= settings.toleranceChange
            || abs(loss - progress.loss) < settings.toleranceChange
    }

    /// Moves θ; false, and doesn't, where the direction leads nowhere.
    private func iterate(
        _ gradient: UnsafePointer<S>, _ progress: inout LBFGSProgress
    ) -> Bool {
        let direction = buffers.direction
        if progress.hasDirection {
            remember(gradient, &progress)
            findDirection(gradient, progress)
            progress.size = rate
        } else {
            for index in 0..<count { direction[index] = -gradient[index] }
            let magnitudes = VectorSums.magnitudes(gradient, count: count)
            progress.size = min(1, 1 / magnitudes) * rate
            progress.hasDirection = true
        }
        buffers.previous.update(from: gradient, count: count)
        let slope = VectorSums.dot(gradient, direction, count: count)
        if slope > -settings.toleranceChange { return false }
        let size = S(progress.size)
        for index in 0..<count { parameters[index] += size * direction[index] }
        return true
    }

    /// Keeps the last changes s = t·d and y = g − g₋₁ where yᵀs > 10⁻¹⁰.
    private func remember(_ gradient: UnsafePointer<S>, _ progress: inout LBFGSProgress) {
        // Both take the place of what they are made from, which isn't needed any more.
        let (s, y) = (buffers.direction, buffers.previous)
        let size = S(progress.size)
        for index in 0..<count {
            s[index] = size * s[index]
            y[index] = gradient[index] - y[index]
        }
        let curvature = VectorSums.dot(y, s, count: count)
        guard curvature > 1e-10 else { return }
        buffers.s(progress.next).update(from: s, count: count)
        buffers.y(progress.next).update(from: y, count: count)
        buffers.rho[progress.next] = S(1 / curvature)
        progress.scale = curvature / VectorSums.dot(y, y, count: count)
        progress.pairs = min(progress.pairs + 1, settings.historySize)
        progress.next = (progress.next + 1) % settings.historySize
    }

    /// d = −H·g by the two loops over the pairs, from the newest to the oldest and back.
    private func findDirection(_ gradient: UnsafePointer<S>, _ progress: LBFGSProgress) {
        let d = buffers.direction
        for index in 0..<count { d[index] = -gradient[index] }
        // The pair of that age, 1 for the newest.
        func pair(_ age: Int) -> Int {
            (progress.next - age + settings.historySize) % settings.historySize
        }
        for age in stride(from: 1, through: progress.pairs, by: 1) {
            let (s, y) = (buffers.s(pair(age)), buffers.y(pair(age)))
            let alpha = buffers.rho[pair(age)] * S(VectorSums.dot(s, d, count: count))
            buffers.alpha[pair(age)] = alpha
            for index in 0..<count { d[index] -= alpha * y[index] }
        }
        let scale = S(progress.scale)
        for index in 0..<count { d[index] *= scale }
        for age in stride(from: progress.pairs, through: 1, by: -1) {
            let (s, y) = (buffers.s(pair(age)), buffers.y(pair(age)))
            let beta = buffers.rho[pair(age)] * S(VectorSums.dot(y, d, count: count))
            let factor = buffers.alpha[pair(age)] - beta
            for index in 0..<count { d[index] += factor * s[index] }
        }
    }
}
