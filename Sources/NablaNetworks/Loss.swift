/// How the losses of the samples become one number L.
///
/// ℓₙ is the loss of a sample, of all its outputs, and wₙ its weight.
public enum Reduction: String, Sendable, CaseIterable {
    /// L = Σ wₙ·ℓₙ / (K·Σ wₙ) for K outputs, the mean over all elements; the default.
    ///
    /// `cross_entropy`, `cross_entropy_with_logits` and `kl_divergence` are divided by Σ wₙ alone, the mean
    /// over samples, as PyTorch's `CrossEntropyLoss` and its `batchmean`. With class weights, and classes
    /// as targets, each wₙ of that sum is multiplied by the weight of the sample's class.
    case mean
    /// L = Σ wₙ·ℓₙ.
    ///
    /// What a training records of it, and of `none`, is still a mean: Σ wₙ·ℓₙ / Σ wₙ.
    case sum
    /// wₙ·ℓₙ, one loss a sample; the gradients are those of the sum.
    case none
}

/// What is minimised: a kind of loss with its settings, and its reduction.
public struct Loss: Sendable, Equatable {
    /// Settings of the losses over K classes, which make a sample's target t out of its own target y:
    /// tₖ = cₖ·((1 − ε)·yₖ + ε/K).
    ///
    /// y is 1 for the sample's class and 0 for the others, or a probability for each.
    /// - Source: Szegedy et al. 2016, section 7 (smoothing), in the form of PyTorch's `CrossEntropyLoss`.
    public struct ClassSettings: Sendable, Equatable {
        /// ε, the share of the target spread evenly over all classes, from 0 to 1; 0 by default.
        public let labelSmoothing: Double
        /// c, a weight of at least 0 for each class, or nil for 1 each, the default.
        ///
        /// Where targets are classes, `mean` then divides by the sum of the samples' class weights; where
        /// they are probabilities, as without.
        public let classWeights: [Double]?

        /// Makes the settings.
        ///
        /// - Throws: `InvalidValue` when the smoothing isn't from 0 to 1 or a weight is negative or not
        ///   finite.
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

    /// The kinds of loss, each by the loss ℓ of a sample.
    ///
    /// a is an output and y its target; over several outputs ℓ is the sum, and targets have the shape of
    /// the outputs. Logits z are outputs that a sigmoid or softmax, which is part of the loss, makes
    /// probabilities. Definitions are PyTorch's where no other is named.
    public enum Kind: Sendable, Equatable {
        /// ℓ = −y·ln a − (1 − y)·ln(1 − a) for probabilities a = σ(z) and y from 0 to 1; ∂ℓ/∂z = a − y.
        ///
        /// Computed together with the sigmoid, which must be the last activation: exact even where a is
        /// rounded to 0 or 1, and without PyTorch's bound, whose logarithms stop at −100.
        /// - Source: Bishop 2006, equations 4.90–4.91.
        case binaryCrossEntropy
        /// ℓ = −y·ln σ(z) − (1 − y)·ln(1 − σ(z)) for logits z and y from 0 to 1; ∂ℓ/∂z = σ(z) − y.
        ///
        /// - Source: Bishop 2006, equations 4.90–4.91.
        case binaryCrossEntropyWithLogits
        /// ℓ = −Σₖ tₖ·ln aₖ for probabilities a = softmax(z), (K), and t of `ClassSettings`;
        /// ∂ℓ/∂zₖ = aₖ·Σⱼ tⱼ − tₖ.
        ///
        /// Targets are (n) classes, from 0 to K − 1, or (n, K) probabilities. Computed together with the
        /// softmax, which must be the last activation.
        /// - Source: Bishop 2006, equations 4.108–4.109.
        case crossEntropy(ClassSettings)
        /// ℓ = −Σₖ tₖ·ln softmax(z)ₖ for logits z, (K); the rest as of `crossEntropy`.
        ///
        /// - Source: Bishop 2006, equations 4.108–4.109.
        case crossEntropyWithLogits(ClassSettings)
        /// ℓ = (a − y)², ∂ℓ/∂a = 2(a − y).
        case meanSquaredError
        /// ℓ = |a − y|, ∂ℓ/∂a = sign(a − y), which is 0 for a = y.
        case meanAbsoluteError
        /// ℓ = ½(a − y)² for |a − y| ≤ δ, else δ·(|a − y| − ½δ); ∂ℓ/∂a = a − y, clamped to [−δ, δ].
        ///
        /// `delta` is above 0, 1 by default.
        /// - Source: Huber 1964, scaled as in PyTorch's `HuberLoss`.
        case huber(delta: Double)
        /// ℓ = max(0, 1 − y·a) for y = ±1; ∂ℓ/∂a = −y for y·a < 1, else 0.
        ///
        /// - Source: Cortes & Vapnik 1995; as Keras's `Hinge`, since PyTorch has no such loss.
        case hinge
        /// ℓ = y·ln(y/a), 0 for y = 0, and ∂ℓ/∂a = −y/a, for probabilities a above 0 and y of at least 0.
        ///
        /// `mean` is PyTorch's `batchmean`. Its `KLDivLoss` reads ln a in place of a.
        /// - Source: Kullback & Leibler 1951.
        case klDivergence
        /// ℓ = a − y·ln(a + ε), ∂ℓ/∂a = 1 − y/(a + ε), with ε = 10⁻⁸.
        ///
        /// - Source: PyTorch's `PoissonNLLLoss` with `log_input` false: −ln of the Poisson probability of y
        ///   without its constant.
        case poisson
    }

    /// The kind and its settings.
    public let kind: Kind
    /// How the samples' losses become one number; `mean` by default.
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
