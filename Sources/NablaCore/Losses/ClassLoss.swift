/// Cross entropy of the logits z over K classes, computed together with p = softmax(z):
/// ℓ = −Σₖ tₖ·ln pₖ, ∂ℓ/∂zₖ = pₖ·Σⱼ tⱼ − tₖ.
///
/// The target t is made from the sample's own target y (1 for its class, or its probabilities), the
/// smoothing ε and the classes' weights w: tₖ = wₖ·((1 − ε)·yₖ + ε/K).
/// ln p comes from the logits: ln pₖ = (zₖ − m) − ln Σⱼ e^(zⱼ − m) with the largest logit m, so a
/// saturated softmax keeps an exact loss and gradient; zₖ − m comes first, because beside large
/// logits the digits of the logarithm are lost.
/// - Source: PyTorch's `CrossEntropyLoss`; smoothing: Szegedy et al. 2016, section 7.
///
/// A class, because a struct's type would have to be looked up whenever an `Objective` goes.
final class ClassLoss<S: Real>: Sendable {
    /// K.
    let width: Int
    /// ε.
    let smoothing: S
    /// w, or nil for 1 each.
    let classWeights: [S]?
    /// Whether a sample's target is the index of its class, and not K probabilities.
    let hasIndices: Bool

    init(width: Int, smoothing: S, classWeights: [S]?, hasIndices: Bool) {
        self.width = width
        self.smoothing = smoothing
        self.classWeights = classWeights
        self.hasIndices = hasIndices
    }

    /// Evaluates the loss of a batch; parameters as `ElementLoss.evaluate`, outputs being the
    /// logits.
    @inline(__always)
    func evaluate(
        _ outputs: UnsafePointer<S>, _ batch: Batch<S>, scale: S,
        losses: UnsafeMutablePointer<S>, gradient: UnsafeMutablePointer<S>
    ) {
        let isPlain = hasIndices && smoothing == 0 && classWeights == nil
        for row in 0..<batch.count {
            let (z, target) = (outputs + row &* width, gradient + row &* width)
            let largest = Softmax.largest(z, width: width)
            let sum = Softmax.exponentials(of: z, lessThan: largest, into: target, width: width)
            let logarithm = S.logarithm(sum)
            let weight = batch.weight(of: row)
            if isPlain {
                let factor = weight * scale
                let share = factor / sum
                for index in 0..<width { target[index] *= share }
                let expected = batch.targets[row].index
                target[expected] -= factor
                losses[row] = weight * ((largest - z[expected]) + logarithm)
            } else {
                let y = batch.targets + row &* (hasIndices ? 1 : width)
                losses[row] =
                    weight
                    * weighted(
                        z, y, largest: largest, logarithm: logarithm, sum: sum,
                        scale: weight * scale,
                        gradient: target)
            }
        }
    }

    /// One sample's loss and gradient in the general form; `gradient` holds e^(z − m) and gets the
    /// result.
    private func weighted(
        _ z: UnsafePointer<S>, _ y: UnsafePointer<S>, largest: S, logarithm: S, sum: S, scale: S,
        gradient: UnsafeMutablePointer<S>
    ) -> S {
        var loss: S = 0
        var total: S = 0
        for index in 0..<width {
            let t = target(of: index, y)
            total += t
            // A target of 0 takes no part, even where ln p is −∞.
            if t != 0 { loss += t * ((largest - z[index]) + logarithm) }
        }
        for index in 0..<width {
            gradient[index] = (gradient[index] / sum * total - target(of: index, y)) * scale
        }
        return loss
    }

    @inline(__always)
    func target(of index: Int, _ y: UnsafePointer<S>) -> S {
        let share: S = hasIndices ? (y[0].index == index ? 1 : 0) : y[index]
        return (classWeights?[index] ?? 1) * ((1 - smoothing) * share + smoothing / S(width))
    }

    /// The weight of a sample's class in a mean's denominator; 1 for targets that are
    /// probabilities, as in PyTorch.
    @inline(__always)
    func weight(ofTarget target: S) -> Double {
        guard hasIndices, let classWeights else { return 1 }
        return classWeights[target.index].wide
    }
}
