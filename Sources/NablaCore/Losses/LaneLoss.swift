import NablaNetworks

/// A loss that is a sum over outputs, over samples in lanes; see `SmallChain`.
///
/// Without references: a step that hands it on counts none, and who holds it need not look its type up
/// to destroy it.
enum LaneLoss<S: Real>: BitwiseCopyable {
    case logistic
    case squaredError
    case absoluteError
    case huber(delta: S)
    case hinge
    case divergence
    case poisson

    /// Takes the loss of that kind; nil for those that go over a sample's classes.
    init?(_ kind: Loss.Kind) {
        switch kind {
        case .binaryCrossEntropy, .binaryCrossEntropyWithLogits: self = .logistic
        case .crossEntropy, .crossEntropyWithLogits: return nil
        case .meanSquaredError: self = .squaredError
        case .meanAbsoluteError: self = .absoluteError
        case .huber(let delta): self = .huber(delta: S(delta))
        case .hinge: self = .hinge
        case .klDivergence: self = .divergence
        case .poisson: self = .poisson
        }
    }

    /// Evaluates loss and gradient; parameters as `ElementLoss.evaluateLanes`.
    @inline(__always)
    func evaluate(
        _ outputs: UnsafePointer<S>, targets: UnsafePointer<S>, weights: UnsafePointer<S>,
        width: Int, lanes: Int, scale: S, losses: UnsafeMutablePointer<S>,
        gradient: UnsafeMutablePointer<S>
    ) {
        @inline(__always)
        func elements(_ loss: some ElementLoss<Lanes<S>>) {
            loss.evaluateLanes(
                outputs, targets: targets, weights: weights, width: width, lanes: lanes,
                scale: scale, losses: losses, gradient: gradient)
        }
        switch self {
        case .logistic: elements(LogisticLoss<Lanes<S>>())
        case .squaredError: elements(SquaredError<Lanes<S>>())
        case .absoluteError: elements(AbsoluteError<Lanes<S>>())
        case .huber(let delta): elements(HuberLoss(delta: Lanes(repeating: delta)))
        case .hinge: elements(HingeLoss<Lanes<S>>())
        case .divergence: elements(Divergence<Lanes<S>>())
        case .poisson: elements(PoissonLoss<Lanes<S>>())
        }
    }
}
