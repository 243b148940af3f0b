import NablaNetworks

/// Gradients as they come out when something is done wrong, to be compared with a claim.
struct Suspects {
    /// One thing done wrong, and every tensor that comes of it.
    struct Suspect {
        /// What was done wrong, as a phrase; empty for nothing.
        let phrase: String
        /// How unlikely it is, to decide between two that fit alike.
        let cost: Int
        /// The numbers of each tensor; nil where it makes no difference.
        let tensors: [[Double]?]
        /// Whether a factor without a meaning is believed: only for gradients that are right
        /// beside it.
        var takesAnyFactor = false
    }

    /// What explains some of the tensors.
    struct Finding {
        /// What they look like.
        let phrase: String
        /// Their places in the list of tensors.
        var tensors: [Int]
    }

    private let checked: CheckedTensors
    private let factors: NamedFactors
    private let suspects: [Suspect]

    /// Computes all that may have been done wrong.
    init(
        _ problem: CheckedProblem, _ checked: CheckedTensors, _ workspace: Workspace,
        _ isCancelled: () -> Bool
    ) throws(ComputationError) {
        self.checked = checked
        let computation = try problem.computation()
        factors = NamedFactors(problem.loss, computation)
        var suspects = [
            Suspect(
                phrase: "", cost: 0, tensors: checked.all.map(\.analytic), takesAnyFactor: true)
        ]
        suspects.append(
            Suspect(
                phrase: "transposed", cost: 1, tensors: checked.all.map(\.withAxesSwapped),
                takesAnyFactor: true))
        suspects += try Suspects.mistakes(in: computation, workspace, isCancelled)
        for variant in problem.variants {
            if isCancelled() { throw .cancelled }
            suspects.append(try variant.suspect(workspace))
        }
        self.suspects = suspects
    }

    /// Backward passes with a step done wrong; none where all of their gradients together would be more
    /// numbers than results may have: a network of very many layers has as many mistakes.
    private static func mistakes(
        in computation: PreparedGradient<Double>, _ workspace: Workspace,
        _ isCancelled: () -> Bool
    ) throws(ComputationError) -> [Suspect] {
        guard let trace = DenseTrace(computation) else { return [] }
        let all = Mistake.all(for: trace)
        // An array takes as much as some numbers more.
        let numbers = computation.plan.parameterCount + 32 * trace.layers.count
        guard all.count <= workspace.mostNumbers / numbers else { return [] }
        var suspects: [Suspect] = []
        for (mistake, phrase) in all {
            if isCancelled() { throw .cancelled }
            suspects.append(
                Suspect(
                    phrase: phrase, cost: 2,
                    tensors: zip(trace.layers, trace.backward(with: mistake)).flatMap {
                        layer, part in
                        [part.weights] + (layer.bias == nil ? [] : [part.bias])
                    }))
        }
        return suspects
    }
}

extension Suspects {
    /// Explains the tensors that don't pass: each time by what explains most of the rest, and of
    /// that the likeliest.
    ///
    /// - Returns: The place of each tensor that doesn't pass, with its finding.
    func findings(
        in results: [GradientCheck.TensorCheck], _ tolerance: Tolerance
    ) -> [(tensor: Int, finding: Finding)] {
        var rest = Set(results.indices.filter { results[$0].failures > 0 })
        let fits = self.fits(of: rest, tolerance)
        var findings: [(Int, Finding)] = []
        while let best = best(of: fits, among: rest) {
            for tensor in best.tensors { findings.append((tensor, best)) }
            rest.subtract(best.tensors)
        }
        for tensor in rest {
            let phrase = phrase(forUnexplained: checked.all[tensor], tolerance)
            findings.append((tensor, Finding(phrase: phrase, tensors: [tensor])))
        }
        return findings.sorted { $0.0 < $1.0 }
    }

    /// A suspect that a tensor is a multiple of.
    private struct Fit {
        let tensor: Int
        let phrase: String
        let cost: Int
        /// How many numbers speak for it.
        let evidence: Int
        let needsEvidence: Bool
    }

    private func fits(of tensors: Set<Int>, _ tolerance: Tolerance) -> [String: [Fit]] {
        var fits: [String: [Fit]] = [:]
        for tensor in tensors {
            guard let claimed = checked.all[tensor].claimed else { continue }
            for suspect in suspects {
                guard let values = suspect.tensors[tensor],
                    let ratio = Ratio(of: claimed, to: values, tolerance)
                else { continue }
                let names = factors.names(of: ratio.factor, tolerance)
                let isNamed = ratio.factor == 1 || !names.isEmpty
                guard isNamed || suspect.takesAnyFactor else { continue }
                let phrase = Suspects.phrase(
                    suspect.phrase, factor: ratio.factor, names,
                    isTransposed: checked.all[tensor].isTransposed)
                let cost = suspect.cost + (ratio.factor == 1 ? 0 : isNamed ? 1 : 4)
                let fit = Fit(
                    tensor: tensor, phrase: phrase, cost: cost, evidence: ratio.evidence,
                    needsEvidence: !isNamed)
                fits[phrase, default: []].append(fit)
            }
        }
        return fits
    }

    private func best(of fits: [String: [Fit]], among rest: Set<Int>) -> Finding? {
        var best: (finding: Finding, cost: Int)?
        // In the order of the phrases, so that the choice between equals is always the same.
        for (phrase, all) in fits.sorted(by: { $0.key < $1.key }) {
            let open = all.filter { rest.contains($0.tensor) }
            // Any number is some multiple of any other.
            let isBelieved =
                !open.contains(where: \.needsEvidence) || all.reduce(0) { $0 + $1.evidence } > 1
            guard let first = open.first, isBelieved else { continue }
            let isBetter =
                best.map { best in
                    (open.count, -first.cost) > (best.finding.tensors.count, -best.cost)
                } ?? true
            guard isBetter else { continue }
            let tensors = Set(open.map(\.tensor)).sorted()
            best = (Finding(phrase: phrase, tensors: tensors), first.cost)
        }
        return best?.finding
    }

    private static func phrase(
        _ mistake: String, factor: Double, _ names: [String], isTransposed: Bool
    ) -> String {
        var parts = isTransposed && mistake != "transposed" ? ["transposed"] : []
        if !mistake.isEmpty { parts.append(mistake) }
        if factor != 1 {
            parts.append(
                names.isEmpty
                    ? "every entry is \(rounded(factor)) times the right one"
                    : names.joined(separator: ", or "))
        }
        return parts.joined(separator: ", and ")
    }

    /// What can be said about a tensor that no suspect explains.
    private func phrase(forUnexplained tensor: CheckedTensor, _ tolerance: Tolerance) -> String {
        guard let claimed = tensor.claimed else { return "" }
        if claimed.allSatisfy({ abs($0) <= tolerance.absolute }) { return "zero everywhere" }
        if tensor.analytic.allSatisfy({ abs($0) <= tolerance.absolute }) {
            return "not zero, but nothing reaches these parameters: the right one is zero"
        }
        let wrong = claimed.indices.filter { !tolerance.holds(claimed[$0], tensor.analytic[$0]) }
        guard wrong.count < claimed.count else { return "no mistake that is known here" }
        let places = wrong.prefix(3).map { tensor.place(of: $0).pointer }
        let more = wrong.count > 3 ? " and others" : ""
        return "wrong in \(wrong.count) of \(claimed.count) entries, at "
            + places.joined(separator: ", ") + more
    }
}

/// A tensor as a multiple of another.
private struct Ratio {
    let factor: Double
    /// How many numbers, not counting zeros, are in that ratio.
    let evidence: Int

    /// The factor by least squares; nil where the numbers aren't in one ratio.
    init?(of values: [Double], to base: [Double], _ tolerance: Tolerance) {
        let scale = base.reduce(0) { max($0, abs($1)) }
        let largest = values.reduce(0) { max($0, abs($1)) }
        guard scale > tolerance.absolute, largest > tolerance.absolute else { return nil }
        let product = zip(values, base).reduce(0) { $0 + ($1.0 / largest) * ($1.1 / scale) }
        let square = base.reduce(0) { $0 + ($1 / scale) * ($1 / scale) }
        let fitted = product / square * (largest / scale)
        guard fitted.isFinite, fitted != 0 else { return nil }
        let factor = abs(fitted - 1) <= tolerance.relative ? 1 : fitted
        let bound = max(tolerance.absolute, tolerance.relative * abs(factor) * scale)
        guard zip(values, base).allSatisfy({ abs($0 - factor * $1) <= bound }) else { return nil }
        self.factor = factor
        evidence = base.count { abs($0) > 1e-6 * scale }
    }
}

extension CheckedTensor {
    /// The transposed tensor where it is square; else its numbers in the order of columns, as a
    /// program that stores matrices column by column would send them; nil for a vector.
    fileprivate var withAxesSwapped: [Double]? {
        guard shape.count == 2, shape[0] > 1, shape[1] > 1 else { return nil }
        return isTransposed ? nil : transposed(analytic, rows: shape[0], columns: shape[1])
    }
}

/// A number with four digits.
func rounded(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return "\(value)" }
    var unit = 1e-3
    while abs(value) < 1000 * unit { unit /= 10 }
    while abs(value) >= 10_000 * unit { unit *= 10 }
    let digits = (value / unit).rounded()
    return unit < 1 ? "\(digits / (1 / unit).rounded())" : "\(digits * unit)"
}
