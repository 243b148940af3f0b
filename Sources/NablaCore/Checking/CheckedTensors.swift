import NablaNetworks

/// What is differentiated in a check.
struct CheckedProblem {
    let loss: Loss
    let network: Network
    let samples: Samples

    /// The computation of its gradients.
    func computation() throws(ComputationError) -> PreparedGradient<Double> {
        try PreparedGradient<Double>(loss, network, samples)
    }
}

/// One tensor of the gradients that are checked.
struct CheckedTensor {
    let layer: Int
    /// `weights` or `bias`.
    let name: String
    let shape: Shape
    /// Where its first number is in the flat buffer of all.
    let first: Int
    let analytic: [Double]
    /// The claim, in the order of the parameters even where it came transposed.
    let claimed: [Double]?
    /// Whether the claim has the shape reversed.
    let isTransposed: Bool

    /// The place of an entry.
    func place(of entry: Int) -> GradientCheck.Place {
        var indices: [Int] = []
        var rest = entry
        for length in shape.reversed() {
            indices.insert(rest % length, at: 0)
            rest /= length
        }
        return GradientCheck.Place(layer: layer, tensor: name, indices: indices)
    }
}

/// All tensors of the gradients that are checked, in the order of the flat buffer.
struct CheckedTensors {
    private(set) var all: [CheckedTensor] = []
    let hasClaim: Bool

    /// Whether no tensor of the claim is transposed.
    var isShapedAsParameters: Bool { !all.contains(where: \.isTransposed) }

    /// Puts gradients and claim side by side.
    ///
    /// - Throws: `invalid` pointing into `/gradients` for a claim that isn't shaped as they are.
    init(_ layers: [LayerGradients], claim: [LayerGradients]?) throws(ComputationError) {
        hasClaim = claim != nil
        if let claim, claim.count != layers.count {
            throw CheckedTensors.mismatch(
                "there are gradients of \(claim.count) layers, but the network has "
                    + "\(layers.count)", at: "/gradients")
        }
        for (index, layer) in layers.enumerated() {
            let place = "/gradients/\(index)"
            let own = claim?[index]
            if let weights = layer.weights {
                guard own == nil || own?.weights != nil else {
                    throw CheckedTensors.mismatch(
                        "the gradient of the weights is missing", at: place)
                }
                try append(weights, own?.weights, "weights", index, place + "/weights")
            } else if own?.weights != nil {
                throw CheckedTensors.mismatch(
                    "the layer has no weights", at: place + "/weights")
            }
            if let own, (own.bias == nil) != (layer.bias == nil) {
                throw layer.bias == nil
                    ? CheckedTensors.mismatch("the layer has no bias", at: place + "/bias")
                    : CheckedTensors.mismatch("the gradient of the bias is missing", at: place)
            }
            if let bias = layer.bias { try append(bias, own?.bias, "bias", index, place + "/bias") }
        }
    }

    private static func mismatch(_ detail: String, at pointer: String) -> ComputationError {
        .invalid(InvalidValue(.shapeMismatch, detail, at: pointer))
    }

    private mutating func append(
        _ tensor: Tensor, _ claim: Tensor?, _ name: String, _ layer: Int, _ pointer: String
    ) throws(ComputationError) {
        let shape = tensor.shape
        var values = claim?.values(as: Double.self)
        var isTransposed = false
        if let claim, claim.shape != shape {
            guard shape.count == 2, claim.shape == Shape(shape[1], shape[0]) else {
                throw CheckedTensors.mismatch(
                    "the gradient has the shape \(claim.shape), but \(name) has \(shape)",
                    at: pointer)
            }
            isTransposed = true
            values = values.map { transposed($0, rows: shape[1], columns: shape[0]) }
        }
        if let index = values?.firstIndex(where: { !$0.isFinite }) {
            throw .invalid(
                InvalidValue(
                    .inconsistent, "number \(index) of the gradient isn't finite", at: pointer))
        }
        let first = all.last.map { $0.first + $0.analytic.count } ?? 0
        all.append(
            CheckedTensor(
                layer: layer, name: name, shape: shape, first: first,
                analytic: tensor.values(as: Double.self), claimed: values,
                isTransposed: isTransposed))
    }
}

extension CheckedTensors {
    /// Compares every entry with its difference quotient.
    func entries(
        with quotient: DifferenceQuotient, isCancelled: () -> Bool
    ) throws(ComputationError) -> (values: [GradientCheck.Entry], tolerance: Tolerance) {
        var entries: [GradientCheck.Entry] = []
        for tensor in all {
            for index in tensor.analytic.indices {
                if isCancelled() { throw .cancelled }
                let analytic = tensor.analytic[index]
                let outcome = try quotient.outcome(
                    of: tensor.first + index, expected: analytic)
                let claimed = tensor.claimed?[index]
                let numbers = [analytic] + (claimed.map { [$0] } ?? [])
                let errors = numbers.map { number in
                    outcome.error(of: number, analytic: analytic, quotient.tolerance)
                }
                entries.append(
                    GradientCheck.Entry(
                        place: tensor.place(of: index), claimed: claimed, analytic: analytic,
                        numeric: outcome.value, relativeError: errors.max() ?? 0,
                        kink: outcome.kink))
            }
        }
        return (entries, quotient.tolerance)
    }

    /// Sums the entries up, tensor by tensor.
    func results(
        _ entries: [GradientCheck.Entry], _ tolerance: Tolerance
    ) -> [GradientCheck.TensorCheck] {
        all.map { tensor in
            let own = entries[tensor.first..<tensor.first + tensor.analytic.count]
            let failures = own.count { $0.relativeError > tolerance.relative }
            return GradientCheck.TensorCheck(
                layer: tensor.layer, tensor: tensor.name, entries: own.count,
                failures: tensor.isTransposed ? own.count : failures,
                maximumRelativeError: own.map(\.relativeError).max() ?? 0,
                maximumAbsoluteError: own.map { abs(($0.claimed ?? $0.analytic) - $0.numeric) }
                    .max() ?? 0)
        }
    }
}

extension DifferenceQuotient.Outcome {
    /// The error of a number; near a kink its distance from the interval of what may be said.
    fileprivate func error(
        of number: Double, analytic: Double, _ tolerance: Tolerance
    ) -> Double {
        guard let sides else { return tolerance.error(number, value) }
        let possible = [sides.forward, sides.backward, analytic]
        let (low, high) = (possible.min() ?? number, possible.max() ?? number)
        return tolerance.error(number, min(max(number, low), high))
    }
}

/// The rows of a matrix as columns.
func transposed(_ values: [Double], rows: Int, columns: Int) -> [Double] {
    (0..<values.count).map { values[$0 % rows * columns + $0 / rows] }
}
