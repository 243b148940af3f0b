import NablaNetworks

/// A loss made ready for a network's outputs: which function, over what, divided by what.
///
/// Never changes; a class for the same reason as `Plan`.
final class Objective<S: Real>: Sendable {
    /// The function and its settings.
    let kind: Loss.Kind
    /// How samples' losses are reduced.
    let reduction: Reduction
    /// Whether the last activation is computed together with the loss, which then reads z in place
    /// of a.
    let isFused: Bool
    /// The number of outputs.
    let width: Int
    /// Numbers for each sample's target: 1 for the index of a class, else one for each output.
    let targetWidth: Int
    /// Whether a target is the index of a class.
    let hasClassTargets: Bool
    let classSettings: ClassLoss<S>?
    /// The loss, where it is a sum over outputs.
    ///
    /// Not kept: whoever destroys an objective would look its type up.
    var elements: LaneLoss<S>? { LaneLoss(kind) }

    /// Prepares `loss` for the outputs of `plan` and targets of that shape.
    ///
    /// - Throws: `invalid` at `/loss` or below `prefix` at `/targets`.
    init(
        _ loss: borrowing Loss, for plan: borrowing Plan<S>, targetShape: Shape,
        prefix: String = "/samples"
    ) throws(ComputationError) {
        kind = loss.kind
        reduction = loss.reduction
        width = plan.outputWidth
        isFused = try Objective.fuses(loss, with: plan.lastActivation)
        switch loss.kind {
        case .crossEntropy(let settings), .crossEntropyWithLogits(let settings):
            hasClassTargets = targetShape.count == 1
            guard plan.outputShape.count == 1 else {
                throw .invalid(
                    InvalidValue(
                        .inconsistent,
                        "\(loss.name) needs an output for each class, but a sample's outputs have the "
                            + "shape \(plan.outputShape)",
                        at: "/loss"))
            }
            if let weights = settings.classWeights, weights.count != width {
                throw .invalid(
                    InvalidValue(
                        .shapeMismatch,
                        "class_weights has \(weights.count) numbers for \(width) outputs",
                        at: "/loss/class_weights"))
            }
            classSettings = ClassLoss(
                width: width, smoothing: S(settings.labelSmoothing),
                classWeights: settings.classWeights?.map { S($0) }, hasIndices: hasClassTargets)
        default:
            hasClassTargets = false
            classSettings = nil
        }
        targetWidth = hasClassTargets ? 1 : width
        try checkShape(of: targetShape, outputs: plan.outputShape, prefix: prefix)
    }

    /// Whether the loss is over probabilities and computed with the activation that gives them.
    private static func fuses(
        _ loss: borrowing Loss, with activation: Activation
    ) throws(ComputationError) -> Bool {
        let needed: Activation
        switch loss.kind {
        case .binaryCrossEntropy: needed = .sigmoid
        case .crossEntropy: needed = .softmax
        default: return false
        }
        guard activation == needed else {
            throw .invalid(
                InvalidValue(
                    .inconsistent,
                    "\(loss.name) needs \(needed.name) as the last activation, which is "
                        + "\(activation.name); \(loss.name)_with_logits takes outputs without one",
                    at: "/loss"))
        }
        return true
    }

    private func checkShape(
        of shape: Shape, outputs: Shape, prefix: String
    ) throws(ComputationError) {
        if shape.count == 1 && targetWidth == 1 { return }
        if shape.count == outputs.count + 1,
            outputs.indices.allSatisfy({ shape[$0 + 1] == outputs[$0] })
        {
            return
        }
        let count = shape[0]
        let lengths = outputs.map(String.init).joined(separator: ", ")
        let alternative =
            classSettings == nil ? "" : " or (\(count)) with the index of a class each"
        throw .invalid(
            InvalidValue(
                .shapeMismatch,
                "targets has the shape \(shape), but the network has \(lengths) outputs: it must be "
                    + "(\(count), \(lengths))\(alternative)",
                at: "\(prefix)/targets"))
    }

    /// Whether a target's number is in the loss's domain.
    @inline(__always)
    func accepts(_ target: S) -> Bool {
        if hasClassTargets { return target >= 0 && target < S(width) && target == target.rounded() }
        switch kind {
        case .binaryCrossEntropy, .binaryCrossEntropyWithLogits: return target >= 0 && target <= 1
        case .hinge: return abs(target) == 1
        case .klDivergence: return target >= 0
        default: return true
        }
    }

    /// What is wrong with a target's number, or nil.
    func complaint(about target: S) -> String? {
        guard !accepts(target) else { return nil }
        if hasClassTargets {
            return "a target is \(target), but must be a class: 0 to \(width - 1)"
        }
        switch kind {
        case .hinge: return "a target is \(target), but must be -1 or 1"
        case .klDivergence: return "a target is \(target), but must be at least 0"
        default: return "a target is \(target), but must be a probability: 0 to 1"
        }
    }

    /// What a sample of that weight adds to the denominator of a mean loss.
    ///
    /// Where the loss isn't reduced by `mean`, that is the weight itself: the mean over samples.
    @inline(__always)
    func mass(weight: Double, target: S) -> Double {
        guard reduction == .mean else { return weight }
        if let classSettings { return weight * classSettings.weight(ofTarget: target) }
        if case .klDivergence = kind { return weight }
        return weight * Double(width)
    }

    /// What gradients of a batch of that mass are multiplied by.
    ///
    /// A batch whose samples all weigh 0 has no mean; its gradients are 0.
    @inline(__always)
    func scale(ofMass mass: Double) -> S {
        guard reduction == .mean else { return 1 }
        return mass > 0 ? S(1 / mass) : 0
    }

    /// Whether the mass of a sample is the same for every target.
    var hasEqualMasses: Bool {
        reduction != .mean || !hasClassTargets || classSettings?.classWeights == nil
    }

    /// From which output, and which target, on a single number means class 1.
    var thresholds: (output: Double, target: Double) {
        switch kind {
        case .binaryCrossEntropyWithLogits: (0, 0.5)
        case .hinge: (0, 0)
        default: (0.5, 0.5)
        }
    }

    /// Evaluates loss and gradient of a batch; parameters as `ElementLoss.evaluate`.
    func evaluate(
        _ outputs: UnsafePointer<S>, _ batch: Batch<S>, scale: S,
        losses: UnsafeMutablePointer<S>, gradient: UnsafeMutablePointer<S>
    ) {
        @inline(__always)
        func elements(_ loss: some ElementLoss<S>) {
            loss.evaluate(
                outputs, batch, width: width, scale: scale, losses: losses, gradient: gradient)
        }
        switch kind {
        case .binaryCrossEntropy, .binaryCrossEntropyWithLogits: elements(LogisticLoss<S>())
        case .crossEntropy, .crossEntropyWithLogits:
            classSettings?.evaluate(
                outputs, batch, scale: scale, losses: losses, gradient: gradient)
        case .meanSquaredError: elements(SquaredError<S>())
        case .meanAbsoluteError: elements(AbsoluteError<S>())
        case .huber(let delta): elements(HuberLoss(delta: S(delta)))
        case .hinge: elements(HingeLoss<S>())
        case .klDivergence: elements(Divergence<S>())
        case .poisson: elements(PoissonLoss<S>())
        }
    }
}
