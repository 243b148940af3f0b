/// How the losses of the samples become one number.
public enum Reduction: String, Sendable, CaseIterable {
    /// Their weighted mean.
    case mean
    /// Their weighted sum.
    case sum
    /// One loss a sample; the gradients are those of the sum.
    case none
}

/// What is minimised: a kind of loss with its settings, and its reduction.
public struct Loss: Sendable, Equatable {
    /// Settings of the losses over classes.
    public struct ClassSettings: Sendable, Equatable {
        /// The share of the target spread evenly over all classes, from 0 to 1.
        public let labelSmoothing: Double
        /// A weight for each class, or nil for 1 each; `mean` then divides by the sum of the samples' class weights.
        public let classWeights: [Double]?

        /// Makes the settings.
        ///
        /// - Throws: `InvalidValue` when the smoothing isn't from 0 to 1 or a weight is negative or not finite.
        public init(labelSmoothing: Double = 0, classWeights: [Double]? = nil) throws(InvalidValue)
        {
            try require(labelSmoothing, in: 0...1, named: "label_smoothing", at: "/label_smoothing")
            for (index, weight) in (classWeights ?? []).enumerated() {
                try require(
                    weight, in: 0...(.infinity), named: "a class weight",
                    at: "/class_weights/\(index)")
            }
            self.labelSmoothing = labelSmoothing
            self.classWeights = classWeights
        }

        private init() {
            labelSmoothing = 0
            classWeights = nil
        }

        /// No smoothing, all classes alike.
        public static let plain = ClassSettings()
    }

    /// The kinds of loss.
    ///
    /// Formulas and sources stand with the code that computes them, in NablaCore.
    public enum Kind: Sendable, Equatable {
        /// Over probabilities; computed together with the sigmoid that gives them.
        case binaryCrossEntropy
        case binaryCrossEntropyWithLogits
        /// Over probabilities; computed together with the softmax that gives them.
        case crossEntropy(ClassSettings)
        case crossEntropyWithLogits(ClassSettings)
        case meanSquaredError
        case meanAbsoluteError
        /// Quadratic up to `delta`, linear beyond; `delta` is above 0, 1 by default.
        case huber(delta: Double)
        case hinge
        case klDivergence
        case poisson
    }

    /// The kind and its settings.
    public let kind: Kind
    /// How the samples' losses become one number.
    public let reduction: Reduction

    /// Makes a loss.
    ///
    /// - Throws: `InvalidValue` when a setting of the kind is out of its range.
    public init(_ kind: Kind, reduction: Reduction = .mean) throws(InvalidValue) {
        if case .huber(let delta) = kind {
            guard delta > 0, delta.isFinite else {
                throw InvalidValue(
                    .outOfRange, "delta is \(delta), but must be above 0", at: "/delta")
            }
        }
        self.kind = kind
        self.reduction = reduction
    }

    private init(unchecked kind: Kind, _ reduction: Reduction) {
        self.kind = kind
        self.reduction = reduction
    }

    /// The same loss with another reduction.
    public func reduced(by reduction: Reduction) -> Loss { Loss(unchecked: kind, reduction) }

    /// The names on the wire, in the order the documentation lists them.
    public static let names = [
        "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy",
        "cross_entropy_with_logits", "mean_squared_error", "mean_absolute_error", "huber", "hinge",
        "kl_divergence", "poisson",
    ]

    /// The name on the wire.
    public var name: String {
        switch kind {
        case .binaryCrossEntropy: "binary_cross_entropy"
        case .binaryCrossEntropyWithLogits: "binary_cross_entropy_with_logits"
        case .crossEntropy: "cross_entropy"
        case .crossEntropyWithLogits: "cross_entropy_with_logits"
        case .meanSquaredError: "mean_squared_error"
        case .meanAbsoluteError: "mean_absolute_error"
        case .huber: "huber"
        case .hinge: "hinge"
        case .klDivergence: "kl_divergence"
        case .poisson: "poisson"
        }
    }
}
