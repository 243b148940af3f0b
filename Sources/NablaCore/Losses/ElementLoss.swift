/// A loss that is a sum over outputs: ℓ and ∂ℓ/∂a side by side, for one output a and its target y, or
/// for those of four samples at once.
protocol ElementLoss<S> {
    associatedtype S: Numbers

    /// ℓ(a, y).
    func value(at a: S, target y: S) -> S
    /// ∂ℓ/∂a.
    func slope(at a: S, target y: S) -> S
}

extension ElementLoss where S: Real {
    /// Evaluates the loss of `rows` samples of `width` outputs.
    ///
    /// - Parameters:
    ///   - outputs: (rows, width).
    ///   - batch: Targets (rows, width), and the samples' weights.
    ///   - width: The number of outputs.
    ///   - scale: What the gradient is multiplied by: 1, or 1 over the mean's denominator.
    ///   - losses: Gets each sample's loss times its weight: (rows).
    ///   - gradient: Gets ∂L/∂outputs: (rows, width).
    @inline(__always)
    func evaluate(
        _ outputs: UnsafePointer<S>, _ batch: Batch<S>, width: Int, scale: S,
        losses: UnsafeMutablePointer<S>, gradient: UnsafeMutablePointer<S>
    ) {
        if width == 1 && batch.weights == nil {
            // A loop over the samples, which is vectorised where one over a single output isn't.
            let y = batch.targets
            for row in 0..<batch.count {
                losses[row] = value(at: outputs[row], target: y[row])
                gradient[row] = slope(at: outputs[row], target: y[row]) * scale
            }
            return
        }
        for row in 0..<batch.count {
            let weight = batch.weight(of: row)
            let (a, y) = (outputs + row &* width, batch.targets + row &* width)
            let target = gradient + row &* width
            let factor = weight * scale
            var sum: S = 0
            for index in 0..<width {
                sum += value(at: a[index], target: y[index])
                target[index] = slope(at: a[index], target: y[index]) * factor
            }
            losses[row] = weight * sum
        }
    }
}

extension ElementLoss {
    /// As `evaluate`, with the numbers of four samples side by side: L samples, of which those that
    /// weigh 0 count nothing.
    ///
    /// - Parameters:
    ///   - outputs: (width, L).
    ///   - y: Targets: (width, L).
    ///   - weights: (L).
    ///   - width: The number of outputs.
    ///   - lanes: L.
    ///   - scale: What the gradient is multiplied by.
    ///   - losses: Gets each sample's loss times its weight: (L).
    ///   - gradient: Gets ∂L/∂outputs: (width, L).
    @inline(__always)
    func evaluateLanes<R: Real>(
        _ outputs: UnsafePointer<R>, targets y: UnsafePointer<R>, weights: UnsafePointer<R>,
        width: Int, lanes: Int, scale: R, losses: UnsafeMutablePointer<R>,
        gradient: UnsafeMutablePointer<R>
    ) where S == Lanes<R> {
        var lane = 0
        while lane < lanes {
            let weight = Lanes(weights + lane)
            let factor = scale * weight
            var sum: S = 0
            var place = lane
            while place < width &* lanes {
                let (a, y) = (Lanes(outputs + place), Lanes(y + place))
                sum += value(at: a, target: y)
                (slope(at: a, target: y) * factor).store(at: gradient + place)
                place &+= lanes
            }
            (weight * sum).store(at: losses + lane)
            lane &+= 4
        }
    }
}

/// Binary cross entropy of the logit z: ℓ = −y·ln σ(z) − (1 − y)·ln(1 − σ(z)), ∂ℓ/∂z = σ(z) − y.
///
/// Where σ saturates, the loss of a probability loses all digits; from the logit it is exact:
/// ℓ = max(z, 0) − z·y + ln(1 + e^−|z|).
/// - Source: Bishop 2006, equations 4.90–4.91. PyTorch's loss over probabilities stops at 100;
///   this doesn't.
struct LogisticLoss<S: Numbers>: ElementLoss {
    @inline(__always)
    func value(at z: S, target y: S) -> S {
        S.choose(where: z, isLessThan: 0, 0, else: z) - z * y
            + S.logarithmOfOnePlus(S.decay(z.magnitude))
    }

    @inline(__always)
    func slope(at z: S, target y: S) -> S { Sigmoid<S>().value(at: z) - y }
}

/// Squared error: ℓ = (a − y)², ∂ℓ/∂a = 2(a − y).
struct SquaredError<S: Numbers>: ElementLoss {
    @inline(__always)
    func value(at a: S, target y: S) -> S { (a - y) * (a - y) }

    @inline(__always)
    func slope(at a: S, target y: S) -> S { 2 * (a - y) }
}

/// Absolute error: ℓ = |a − y|, ∂ℓ/∂a = sign(a − y), 0 where they are equal (PyTorch's choice).
struct AbsoluteError<S: Numbers>: ElementLoss {
    @inline(__always)
    func value(at a: S, target y: S) -> S { (a - y).magnitude }

    @inline(__always)
    func slope(at a: S, target y: S) -> S {
        S.choose(
            where: y, isLessThan: a, 1, else: S.choose(where: a, isLessThan: y, -1, else: 0))
    }
}

/// Huber: ℓ = ½(a − y)² up to |a − y| = δ and δ(|a − y| − ½δ) beyond; ∂ℓ/∂a = a − y clamped to [−δ,
/// δ].
///
/// - Source: Huber 1964, scaled as in PyTorch's `HuberLoss`.
struct HuberLoss<S: Numbers>: ElementLoss {
    /// Where the parabola becomes a line.
    let delta: S

    @inline(__always)
    func value(at a: S, target y: S) -> S {
        let distance = (a - y).magnitude
        return S.choose(
            where: distance, isLessThan: delta, 0.5 * distance * distance,
            else: delta * (distance - 0.5 * delta))
    }

    @inline(__always)
    func slope(at a: S, target y: S) -> S {
        let difference = a - y
        return S.choose(
            where: delta, isLessThan: difference, delta,
            else: S.choose(where: difference, isLessThan: -delta, -delta, else: difference))
    }
}

/// Hinge: ℓ = max(0, 1 − y·a) for y = ±1, ∂ℓ/∂a = −y where y·a < 1, else 0.
///
/// - Source: Cortes & Vapnik 1995; as Keras's `Hinge` with targets −1 and 1.
struct HingeLoss<S: Numbers>: ElementLoss {
    @inline(__always)
    func value(at a: S, target y: S) -> S {
        let margin = 1 - y * a
        return S.choose(where: margin, isLessThan: 0, 0, else: margin)
    }

    @inline(__always)
    func slope(at a: S, target y: S) -> S {
        S.choose(where: y * a, isLessThan: 1, -y, else: 0)
    }
}

/// Kullback–Leibler divergence: ℓ = y·ln(y/a), 0 for y = 0; ∂ℓ/∂a = −y/a.
///
/// - Source: Kullback & Leibler 1951. The mean is over samples, as PyTorch's `batchmean`.
struct Divergence<S: Numbers>: ElementLoss {
    @inline(__always)
    func value(at a: S, target y: S) -> S {
        S.choose(where: 0, isLessThan: y, y * S.logarithm(y / a), else: 0)
    }

    @inline(__always)
    func slope(at a: S, target y: S) -> S {
        S.choose(where: 0, isLessThan: y, -y / a, else: 0)
    }
}

/// Poisson: ℓ = a − y·ln(a + ε), ∂ℓ/∂a = 1 − y/(a + ε), ε = 10⁻⁸.
///
/// - Source: PyTorch's `PoissonNLLLoss(log_input=False)`: −ln of the Poisson probability without
///   its constant.
struct PoissonLoss<S: Numbers>: ElementLoss {
    private let epsilon: S = 1e-8

    @inline(__always)
    func value(at a: S, target y: S) -> S { a - y * S.logarithm(a + epsilon) }

    @inline(__always)
    func slope(at a: S, target y: S) -> S { 1 - y / (a + epsilon) }
}
