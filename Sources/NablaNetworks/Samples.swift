/// What the loss is taken over.
public struct Samples: Sendable, Equatable {
    /// Shape (n, …): n above 0 and the shape of a sample, which has at least one axis.
    public let inputs: Tensor
    /// Shape (n, …) with the shape of a sample's outputs, or (n): one output each, or class indices
    /// for the cross entropies.
    public let targets: Tensor
    /// Shape (n): what each sample's loss is multiplied by, at least 0 and not all 0; nil for 1 each.
    public let weights: Tensor?

    /// Makes samples whose parts are equally many.
    ///
    /// - Throws: `InvalidValue` pointing at `/inputs`, `/targets` or `/weights`.
    public init(inputs: Tensor, targets: Tensor, weights: Tensor? = nil) throws(InvalidValue) {
        try Samples.check(
            inputs: inputs.shape, targets: targets.shape, weights: weights?.shape)
        if let weights {
            var check = WeightsCheck()
            for value in weights.values(as: Double.self) { check.note(value) }
            try check.finish()
        }
        self.inputs = inputs
        self.targets = targets
        self.weights = weights
    }

    /// How many samples there are.
    public var count: Int { inputs.shape[0] }

    /// Tells whether tensors of these shapes can be samples.
    ///
    /// - Throws: `InvalidValue` pointing at `/inputs`, `/targets` or `/weights`.
    public static func check(
        inputs: Shape, targets: Shape, weights: Shape?
    ) throws(InvalidValue) {
        guard inputs.count >= 2 else {
            throw InvalidValue(
                .shapeMismatch,
                "inputs has the shape \(inputs), but must be (n, features), or (n, …) with the "
                    + "shape of a sample",
                at: "/inputs")
        }
        let count = inputs[0]
        guard count > 0 else {
            throw InvalidValue(
                .inconsistent, "there are no samples; at least 1 is needed", at: "/inputs")
        }
        for (shape, pointer) in [(inputs, "/inputs"), (targets, "/targets")]
        where shape.contains(0) {
            throw InvalidValue(
                .shapeMismatch,
                "\(pointer.dropFirst()) has the shape \(shape): a sample has no numbers",
                at: pointer)
        }
        guard targets.first == count else {
            throw InvalidValue(
                .shapeMismatch,
                "targets has the shape \(targets), but inputs has \(count) rows: it must be "
                    + "(\(count), outputs) or (\(count))",
                at: "/targets")
        }
        guard weights == nil || weights == [count] else {
            throw InvalidValue(
                .shapeMismatch,
                "weights has the shape \(weights ?? []), but inputs has \(count) rows: it must be [\(count)]",
                at: "/weights")
        }
    }

    /// What samples' weights must be, of which there may be more than memory is to hold.
    public struct WeightsCheck: Sendable {
        private var count = 0
        private var bad: (index: Int, value: Double)?
        private var hasPositive = false

        /// Begins before the first weight.
        public init() {}

        /// Takes the next weight.
        public mutating func note(_ value: Double) {
            if bad == nil, !(value >= 0 && value.isFinite) { bad = (count, value) }
            if value > 0 { hasPositive = true }
            count += 1
        }

        /// Tells what is wrong with the weights that were taken.
        ///
        /// - Throws: `InvalidValue` pointing at `/weights`, or at the first that is wrong.
        public func finish() throws(InvalidValue) {
            if let bad {
                throw InvalidValue(
                    .outOfRange, "a sample's weight is \(bad.value), but must be at least 0",
                    at: "/weights/\(bad.index)")
            }
            guard hasPositive else {
                throw InvalidValue(
                    .inconsistent, "all weights are 0, so no sample counts", at: "/weights")
            }
        }
    }
}
