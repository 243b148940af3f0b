import NablaNetworks

/// The same problem with a part of it left out.
struct Variant {
    let phrase: String
    let problem: CheckedProblem

    /// Computes what comes of it.
    func suspect(_ workspace: Workspace) throws(ComputationError) -> Suspects.Suspect {
        let gradients = try Gradients.compute(
            of: problem.loss, network: problem.network, samples: problem.samples, dtype: .float64,
            workspace: workspace)
        return Suspects.Suspect(
            phrase: phrase, cost: 3,
            tensors: gradients.layers.flatMap { layer in
                [layer.weights, layer.bias].compactMap { $0?.values(as: Double.self) }
            })
    }
}

extension CheckedProblem {
    /// What is easily left out: weights, smoothing, all samples but one.
    var variants: [Variant] {
        var variants: [Variant] = []
        func add(_ phrase: String, _ loss: Loss?, _ samples: Samples?) {
            guard let loss, let samples else { return }
            variants.append(
                Variant(
                    phrase: phrase,
                    problem: CheckedProblem(loss: loss, network: network, samples: samples)))
        }
        if samples.weights != nil {
            add(
                "without the samples' weights", loss,
                try? Samples(inputs: samples.inputs, targets: samples.targets))
        }
        let settings: Loss.ClassSettings? =
            switch loss.kind {
            case .crossEntropy(let settings), .crossEntropyWithLogits(let settings): settings
            default: nil
            }
        if let settings, settings.classWeights != nil {
            add(
                "without the classes' weights",
                loss.with(try? .init(labelSmoothing: settings.labelSmoothing)), samples)
        }
        if let settings, settings.labelSmoothing > 0 {
            add(
                "without the label smoothing",
                loss.with(try? .init(classWeights: settings.classWeights)), samples)
        }
        if samples.count > 1 {
            add("of the last sample alone", loss, samples.keepingOnly(samples.count - 1))
            add("of the first sample alone", loss, samples.keepingOnly(0))
        }
        return variants
    }
}

extension Loss {
    /// The same loss over classes with other settings.
    fileprivate func with(_ settings: ClassSettings?) -> Loss? {
        guard let settings else { return nil }
        switch kind {
        case .crossEntropy: return try? Loss(.crossEntropy(settings), reduction: reduction)
        case .crossEntropyWithLogits:
            return try? Loss(.crossEntropyWithLogits(settings), reduction: reduction)
        default: return nil
        }
    }
}

extension Samples {
    /// The samples with all weights 0 but one's; nil where that one has none.
    fileprivate func keepingOnly(_ sample: Int) -> Samples? {
        var weights = [Double](repeating: 0, count: count)
        weights[sample] = self.weights?.values(as: Double.self)[sample] ?? 1
        return try? Samples(inputs: inputs, targets: targets, weights: Tensor(weights))
    }
}

extension Mistake {
    /// The mistakes that can be made in a network, and their phrases.
    static func all(for trace: DenseTrace<Double>) -> [(mistake: Mistake, phrase: String)] {
        var all: [(Mistake, String)] = []
        var derivatives = 0
        for (index, layer) in trace.layers.enumerated() {
            let isLast = index == trace.layers.count - 1
            let name = layer.activation.name
            if layer.activation != .identity, !(isLast && trace.isFused) {
                derivatives += 1
                all.append(
                    (
                        .leftOutDerivative(of: index),
                        "the derivative of layer \(index)'s activation (\(name)) is left out"
                    ))
                all.append(
                    (
                        .derivativeOfActivation(of: index),
                        "the derivative of layer \(index)'s activation (\(name)) is taken at a "
                            + "instead of z"
                    ))
            }
            if index > 0, trace.layers[index - 1].activation != .identity {
                all.append(
                    (
                        .preActivationsAsInputs(of: index),
                        "made with z of layer \(index - 1) instead of its activations"
                    ))
            }
            if index > 0, layer.units == layer.inputs, layer.units > 1 {
                all.append(
                    (
                        .untransposedWeights(of: index),
                        "the error goes back through the weights of layer \(index) untransposed"
                    ))
            }
        }
        if derivatives > 1 {
            all.append((.leftOutDerivatives, "the derivatives of all activations are left out"))
        }
        if trace.isFused, let last = trace.layers.last {
            all.append(
                (
                    .extraOutputDerivative,
                    "the derivative of the last activation (\(last.activation.name)) is there "
                        + "once too often: with this loss the error at z is a − y already"
                ))
        }
        return all
    }
}
