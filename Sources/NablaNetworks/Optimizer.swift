/// How a gradient becomes an update of the parameters.
///
/// Formulas and sources stand with the code that computes them, in NablaCore.
public enum Optimizer: Sendable, Equatable {
    case sgd(SGD)
    case adam(Adam)

    /// The names on the wire.
    public static let names = ["sgd", "adam"]

    /// The name on the wire.
    public var name: String {
        switch self {
        case .sgd: "sgd"
        case .adam: "adam"
        }
    }

    /// The learning rate before any schedule.
    public var learningRate: Double {
        switch self {
        case .sgd(let settings): settings.learningRate
        case .adam(let settings): settings.learningRate
        }
    }
}

/// Settings of stochastic gradient descent; names and defaults are PyTorch's.
public struct SGD: Sendable, Equatable {
    /// At least 0.
    public let learningRate: Double
    /// At least 0.
    public let momentum: Double
    /// The share of the gradient kept out of the momentum.
    public let dampening: Double
    /// Whether the gradient is taken where the momentum leads; needs momentum above 0 and dampening 0.
    public let nesterov: Bool
    /// The factor of the parameters added to the gradient; at least 0.
    public let weightDecay: Double

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 0.01, momentum: Double = 0, dampening: Double = 0,
        nesterov: Bool = false,
        weightDecay: Double = 0
    ) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        try require(learningRate, in: notNegative, named: "learning_rate", at: "/learning_rate")
        try require(momentum, in: notNegative, named: "momentum", at: "/momentum")
        try require(weightDecay, in: notNegative, named: "weight_decay", at: "/weight_decay")
        try require(
            dampening, in: -Double.infinity...Double.infinity, named: "dampening", at: "/dampening")
        guard !nesterov || (momentum > 0 && dampening == 0) else {
            throw InvalidValue(
                .inconsistent, "nesterov needs a momentum above 0 and no dampening", at: "/nesterov"
            )
        }
        self.learningRate = learningRate
        self.momentum = momentum
        self.dampening = dampening
        self.nesterov = nesterov
        self.weightDecay = weightDecay
    }
}

/// Settings of Adam; names and defaults are PyTorch's.
public struct Adam: Sendable, Equatable {
    /// At least 0.
    public let learningRate: Double
    /// The decay of the gradient's running mean, from 0 to below 1.
    public let beta1: Double
    /// The decay of the squared gradient's running mean, from 0 to below 1.
    public let beta2: Double
    /// Added to the denominator; at least 0.
    public let epsilon: Double
    /// The factor of the parameters added to the gradient; at least 0.
    public let weightDecay: Double
    /// Whether the largest squared mean seen is used.
    ///
    /// - Source: Reddi et al. 2018, algorithm 2.
    public let amsgrad: Bool

    /// Makes the settings.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8,
        weightDecay: Double = 0, amsgrad: Bool = false
    ) throws(InvalidValue) {
        let notNegative = 0...Double.infinity
        let belowOne = 0...(1.0).nextDown
        try require(learningRate, in: notNegative, named: "learning_rate", at: "/learning_rate")
        try require(beta1, in: belowOne, named: "beta1", at: "/beta1")
        try require(beta2, in: belowOne, named: "beta2", at: "/beta2")
        try require(epsilon, in: notNegative, named: "epsilon", at: "/epsilon")
        try require(weightDecay, in: notNegative, named: "weight_decay", at: "/weight_decay")
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.amsgrad = amsgrad
    }
}
