import NablaNetworks

/// The factors that gradients are wrong by when a reduction is done wrong.
struct NamedFactors {
    private let all: [(factor: Double, phrase: String)]

    /// Finds them for a loss over some samples.
    init(_ loss: Loss, _ computation: PreparedGradient<Double>) {
        let count = Double(computation.samples.count)
        let outputs = Double(computation.objective.width)
        let divisor = computation.divisor
        var all: [(Double, String)] = []
        switch loss.reduction {
        case .mean:
            all.append(
                (divisor, "of the sum instead of the mean: not divided by \(text(divisor))"))
            all.append((1 / divisor, "divided by \(text(divisor)) twice"))
            for (part, noun) in [(count, "samples"), (outputs, "outputs")] where part != divisor {
                all.append((part, "not divided by the number of \(noun), \(text(part))"))
                all.append((1 / part, "divided by the number of \(noun), \(text(part)), twice"))
            }
            // Weighted: the mean is over what the samples weigh, not over how many they are.
            for product in [count, count * outputs] where product != divisor {
                all.append(
                    (divisor / product, "divided by \(text(product)) instead of \(text(divisor))"))
            }
        case .sum, .none:
            all.append((1 / count, "of the mean over samples instead of the sum"))
            if outputs > 1 {
                all.append((1 / (count * outputs), "of the mean over all instead of the sum"))
                all.append((1 / outputs, "divided by the number of outputs, \(text(outputs))"))
            }
        }
        if case .meanSquaredError = loss.kind {
            all.append((0.5, "half: the factor 2 of the squared error is missing"))
            all.append((2, "double: the factor 2 of the squared error stands twice"))
        } else {
            all.append((0.5, "half the right one"))
            all.append((2, "double the right one"))
        }
        all = all.filter { $0.0 != 1 }
        let negative = all.map { (-$0.0, "sign flipped and " + $0.1) }
        self.all = [(-1, "sign flipped")] + all + negative
    }

    /// What a factor may come of; empty where it has no name, or is 1.
    func names(of factor: Double, _ tolerance: Tolerance) -> [String] {
        var names: [String] = []
        for (known, phrase) in all
        where abs(factor / known - 1) <= 10 * tolerance.relative && !names.contains(phrase) {
            names.append(phrase)
        }
        return names
    }
}

/// A number without the point where it is whole.
private func text(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? rounded(value)
}
