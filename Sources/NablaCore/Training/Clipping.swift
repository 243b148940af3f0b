/// Limits on gradients before an optimizer sees them.
enum Clipping {
    /// Scales all gradients to a global L2 norm of at most `limit`: g ← g·limit/(‖g‖ + 10⁻⁶) where
    /// that is below 1.
    ///
    /// - Source: Pascanu et al. 2013, algorithm 1, in the form of PyTorch's `clip_grad_norm_`.
    static func clip<S: FloatingReal>(
        _ gradients: UnsafeMutablePointer<S>, count: Int, norm limit: Double
    ) {
        var square = 0.0
        for index in 0..<count { square += gradients[index].wide * gradients[index].wide }
        let factor = limit / (square.squareRoot() + 1e-6)
        guard factor < 1 else { return }
        let scale = S(factor)
        for index in 0..<count { gradients[index] *= scale }
    }

    /// Clamps each entry to [−limit, limit].
    static func clip<S: FloatingReal>(
        _ gradients: UnsafeMutablePointer<S>, count: Int, value limit: Double
    ) {
        let limit = S(limit)
        for index in 0..<count { gradients[index] = min(max(gradients[index], -limit), limit) }
    }
}
