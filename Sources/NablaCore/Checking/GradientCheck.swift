public import NablaNetworks

/// Gradients held against central differences of the loss, entry by entry, in float64.
///
/// Two gradients are checked: the one that this library computes, and a claim where there is one.
/// Where neither fits, it is told what the claim looks like; see `diagnosis`.
public struct GradientCheck: Sendable {
    /// How the differences are taken, and what passes.
    public struct Settings: Sendable, Equatable {
        /// The step of a parameter θ is `step`·max(1, |θ|).
        ///
        /// 10⁻⁶ by default: the error of a difference is about h²·|L‴|/6 from the curve and 10⁻¹⁶
        /// ·|L|/h from rounding, here 10⁻¹³ and 10⁻¹⁰ for numbers about 1. A longer step would
        /// make the sum smaller, but reach more kinks.
        public var step: Double
        /// What an entry may differ by, as a share of the larger of the two magnitudes.
        ///
        /// 10⁻⁵ by default, which a gradient that was rounded to float32 passes, too.
        public var relativeTolerance: Double
        /// What any entry may differ by, however small it is; nil for 10⁻⁸·max(1, mean |loss|).
        ///
        /// The default is a hundred times the rounding error of a difference at the default step,
        /// which grows with the loss.
        public var absoluteTolerance: Double?

        /// Makes settings.
        public init(
            step: Double = 1e-6, relativeTolerance: Double = 1e-5, absoluteTolerance: Double? = nil
        ) {
            self.step = step
            self.relativeTolerance = relativeTolerance
            self.absoluteTolerance = absoluteTolerance
        }
    }

    /// One parameter's place: the layer, the tensor and the entry in it.
    public struct Place: Sendable, Equatable {
        /// The layer's index.
        public let layer: Int
        /// `weights` or `bias`.
        public let tensor: String
        /// The index along each axis of the tensor.
        public let indices: [Int]

        /// The place as a pointer into the network: `/layers/0/weights/1/0`.
        public var pointer: String {
            "/layers/\(layer)/\(tensor)" + indices.map { "/\($0)" }.joined()
        }
    }

    /// What was found out about one entry.
    public struct Entry: Sendable {
        /// Where it is.
        public let place: Place
        /// The claim's number, or nil without a claim.
        public let claimed: Double?
        /// The number of this library.
        public let analytic: Double
        /// The difference quotient.
        public let numeric: Double
        /// The larger of the two errors: |x − numeric| / max(|x|, |numeric|, atol/rtol) for x the
        /// claimed and the analytic number; the entry passes up to rtol.
        ///
        /// Near a kink, where the quotient is none of the two one-sided derivatives, the distance
        /// is taken from the interval between those two and the analytic number.
        public let relativeError: Double
        /// The kink that makes the quotient unreliable, or nil.
        public let kink: Kink?
    }

    /// A corner of a function within the step, where the derivative jumps.
    public struct Kink: Sendable, Equatable {
        /// The layer whose activation has it; nil for the loss, or where it isn't known.
        public let layer: Int?
        /// The unit of the layer, or the output; nil where it isn't known.
        public let unit: Int?
        /// The sample it was met at; nil where it isn't known.
        public let sample: Int?
    }

    /// What was found out about one tensor.
    public struct TensorCheck: Sendable {
        /// The layer's index.
        public let layer: Int
        /// `weights` or `bias`.
        public let tensor: String
        /// How many entries it has.
        public let entries: Int
        /// How many of them don't pass.
        public let failures: Int
        /// The largest relative error.
        public let maximumRelativeError: Double
        /// The largest |claimed − numeric|, or |analytic − numeric| without a claim.
        public let maximumAbsoluteError: Double
        /// What the claim's tensor looks like; nil where it passes or there is no claim.
        public internal(set) var finding: String?
    }

    /// Whether every entry passes.
    public let passes: Bool
    /// The largest relative error of an entry.
    public let maximumRelativeError: Double
    /// The entry with that error; of many, the one that is farthest off.
    public let worst: Entry
    /// Every tensor, layer by layer.
    public let tensors: [TensorCheck]
    /// The entries at which a kink makes differences unreliable.
    public let kinks: [Entry]
    /// The tolerances and the step that were used.
    public let settings: Settings
    /// What it comes to, in words.
    public let diagnosis: String

    /// Checks gradients.
    ///
    /// Each entry takes two passes forward. Where the quotient isn't the analytic number within the
    /// tolerances, it is looked at more closely: for a kink within the step, then by extrapolation
    /// from several steps (`DifferenceQuotient.extrapolated`).
    /// - Parameters:
    ///   - loss: What is minimised.
    ///   - network: A network with numbers.
    ///   - samples: What the loss is taken over.
    ///   - claim: Gradients to be checked, one for each layer, shaped as its parameters; weights of
    ///     the reversed shape are taken for transposed ones.
    ///   - settings: The step and the tolerances.
    ///   - workspace: Buffers that are reused.
    ///   - shards: How shards of 256 samples and more are run.
    ///   - isCancelled: Asked now and then, by one thread at a time.
    /// - Returns: What was found; the same bits for any `shards`.
    /// - Throws: `invalid` with a pointer relative to the request, `nonFinite`, `cancelled`.
    public static func compute(
        of loss: Loss, network: Network, samples: Samples, claim: [LayerGradients]? = nil,
        settings: Settings = Settings(), workspace: Workspace, shards: ShardRunner = .serial,
        isCancelled: () -> Bool = { false }
    ) throws(ComputationError) -> GradientCheck {
        try settings.check()
        let gradients = try Gradients.compute(
            of: loss, network: network, samples: samples, dtype: .float64, workspace: workspace,
            shards: shards, isCancelled: isCancelled)
        let problem = CheckedProblem(loss: loss, network: network, samples: samples)
        let checked = try CheckedTensors(gradients.layers, claim: claim)
        let computation = try problem.computation()
        let entries = try computation.withProbe(workspace, shards) {
            probe throws(ComputationError) in
            let tolerance = try Tolerance(settings, meanLoss: probe.meanMagnitude())
            return try checked.entries(
                with: DifferenceQuotient(probe: probe, tolerance: tolerance, step: settings.step),
                isCancelled: isCancelled)
        }
        let tolerance = entries.tolerance
        let results = checked.results(entries.values, tolerance)
        return try GradientCheck(
            entries.values, results, checked, problem, settings, tolerance, workspace, isCancelled)
    }
}

extension [GradientCheck.Entry] {
    /// The entry with the largest relative error; of those that share it, as all do where a sign is
    /// flipped, the one that is farthest off.
    fileprivate var worst: GradientCheck.Entry {
        let largest = reduce(0) { Swift.max($0, $1.relativeError) }
        let shared = filter { $0.relativeError >= 0.999 * largest }
        return shared.dropFirst().reduce(shared[0]) { $1.distance > $0.distance ? $1 : $0 }
    }
}

extension GradientCheck.Entry {
    fileprivate var distance: Double { abs((claimed ?? analytic) - numeric) }
}

extension GradientCheck.Settings {
    /// Refuses what no difference can be taken or judged with.
    fileprivate func check() throws(ComputationError) {
        func require(
            _ value: Double, _ range: ClosedRange<Double>, _ name: String
        ) throws(ComputationError) {
            guard !range.contains(value) else { return }
            throw .invalid(
                InvalidValue(
                    .outOfRange,
                    "\(name) is \(value), but must be from \(range.lowerBound) to "
                        + "\(range.upperBound)", at: "/\(name)"))
        }
        try require(step, 1e-12...1, "step")
        try require(relativeTolerance, 1e-15...1, "rtol")
        if let absoluteTolerance { try require(absoluteTolerance, 0...1e300, "atol") }
    }
}

extension GradientCheck {
    private init(
        _ entries: [Entry], _ tensors: [TensorCheck], _ checked: CheckedTensors,
        _ problem: CheckedProblem, _ settings: Settings, _ tolerance: Tolerance,
        _ workspace: Workspace, _ isCancelled: () -> Bool
    ) throws(ComputationError) {
        // A network has a parameter, so there is an entry.
        worst = entries.worst
        passes = checked.isShapedAsParameters && tensors.allSatisfy { $0.failures == 0 }
        maximumRelativeError = entries.reduce(0) { max($0, $1.relativeError) }
        kinks = entries.filter { $0.kink != nil }
        self.settings = Settings(
            step: settings.step, relativeTolerance: tolerance.relative,
            absoluteTolerance: tolerance.absolute)
        var told = tensors
        var diagnosis = Diagnosis(tensors: tensors, kinks: kinks, hasClaim: checked.hasClaim)
        if checked.hasClaim, !passes {
            let suspects = try Suspects(problem, checked, workspace, isCancelled)
            let findings = suspects.findings(in: tensors, tolerance)
            for (index, finding) in findings { told[index].finding = finding.phrase }
            diagnosis.findings = findings
        }
        self.tensors = told
        self.diagnosis = diagnosis.text
    }
}
