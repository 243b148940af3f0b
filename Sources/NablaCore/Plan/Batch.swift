import NablaNetworks

/// The samples of one shard's block: pointers to consecutive rows.
struct Batch<S: Real> {
    /// (count, i).
    let inputs: BatchInputs<S>
    /// (count, target width).
    let targets: UnsafePointer<S>
    /// (count), or nil for 1 each.
    let weights: UnsafePointer<S>?
    /// How many samples.
    let count: Int

    @inline(__always)
    func weight(of row: Int) -> S { weights.map { $0[row] } ?? 1 }
}

/// Samples in the computation's number type, checked against the network.
struct PreparedSamples<S: Real>: Sendable {
    /// How many samples.
    let count: Int
    let inputs: [S]
    let targets: [S]
    let weights: [S]?
    let inputWidth: Int
    let targetWidth: Int

    /// Checks samples and rounds them to the number type.
    ///
    /// - Parameters:
    ///   - samples: What is checked.
    ///   - plan: The network that reads the inputs.
    ///   - objective: The loss that reads the targets.
    ///   - prefix: The pointer of the samples in the request.
    ///   - looksAtInputs: Whether inputs are looked at for NaN and infinity.
    /// - Throws: `invalid` for shapes and targets that don't fit, `nonFinite` for NaN and infinity.
    init(
        _ samples: borrowing Samples, for plan: borrowing Plan<S>,
        _ objective: borrowing Objective<S>, prefix: String = "/samples",
        looksAtInputs: Bool = true
    ) throws(ComputationError) where S: FloatingReal {
        try plan.check(inputs: samples.inputs, under: prefix)
        count = samples.count
        inputs = samples.inputs.values(as: S.self)
        try plan.check(tokens: inputs, of: samples.inputs.shape, under: prefix)
        targets = samples.targets.values(as: S.self)
        weights = samples.weights?.values(as: S.self)
        inputWidth = plan.inputWidth
        targetWidth = objective.targetWidth
        if looksAtInputs { try requireFiniteInputs() }
        do throws(ComputationError) {
            try checkTargets(objective, of: samples.targets.shape, under: prefix)
        } catch {
            // What is wrong with inputs comes first, wherever it is looked for.
            if !looksAtInputs { try requireFiniteInputs() }
            throw error
        }
    }

    /// Refuses NaN and infinity in targets and weights, and targets beyond the loss's domain.
    private func checkTargets(
        _ objective: borrowing Objective<S>, of shape: Shape, under prefix: String
    ) throws(ComputationError) where S: FloatingReal {
        try requireFinite(targets, width: targetWidth, tensor: "targets")
        if let weights { try requireFinite(weights, width: 1, tensor: "sample_weights") }
        if let index = targets.firstIndex(where: { objective.complaint(about: $0) != nil }) {
            throw .invalid(
                InvalidValue(
                    .outOfRange, objective.complaint(about: targets[index]) ?? "",
                    at: "\(prefix)/targets\(shape.pointer(to: index))"))
        }
    }

    /// Refuses NaN and infinity in the inputs.
    func requireFiniteInputs() throws(ComputationError) {
        try requireFinite(inputs, width: inputWidth, tensor: "inputs")
    }

    /// Takes samples over that were checked already.
    init(lifting samples: Samples, _ objective: Objective<S>) {
        func lifted(_ tensor: Tensor) -> [S] { tensor.values(as: Double.self).map { S($0) } }
        count = samples.count
        inputs = lifted(samples.inputs)
        targets = lifted(samples.targets)
        weights = samples.weights.map(lifted)
        inputWidth = inputs.count / count
        targetWidth = objective.targetWidth
    }

    /// Gives `body` pointers to the samples, in the order of `order` unless it is empty.
    @inline(__always)
    func withSource<Result>(order: [Int32] = [], _ body: (SampleSource<S>) -> Result) -> Result {
        withPointer(to: inputs) { inputs in
            withPointer(to: targets) { targets in
                withPointer(to: weights ?? []) { weights in
                    withPointer(to: order) { order in
                        body(
                            SampleSource(
                                inputs: inputs, targets: targets,
                                weights: weights,
                                order: order, inputWidth: inputWidth, targetWidth: targetWidth))
                    }
                }
            }
        }
    }
}

/// Pointers to samples, and the order they are taken in.
struct SampleSource<S: Real> {
    let inputs: UnsafePointer<S>?
    let targets: UnsafePointer<S>?
    let weights: UnsafePointer<S>?
    var order: UnsafePointer<Int32>?
    let inputWidth: Int
    let targetWidth: Int

    /// The same samples in their own order.
    var unordered: SampleSource<S> {
        SampleSource(
            inputs: inputs, targets: targets, weights: weights, order: nil, inputWidth: inputWidth,
            targetWidth: targetWidth)
    }

    /// Where the sample at a position of the order is among the samples.
    @inline(__always)
    func sample(at position: Int) -> Int { order.map { Int($0[position]) } ?? position }

    /// The target's first number and the weight of the sample at a position of the order.
    @inline(__always)
    func target(at position: Int) -> (targets: UnsafePointer<S>, weight: Double)? {
        guard let targets else { return nil }
        let index = sample(at: position)
        return (targets + index &* targetWidth, weights.map { $0[index].wide } ?? 1)
    }

    /// What the samples at those positions add to a mean's denominator.
    func mass(of positions: Range<Int>, _ objective: Objective<S>) -> Double {
        if weights == nil && objective.hasEqualMasses {
            return Double(positions.count) * objective.mass(weight: 1, target: 0)
        }
        var mass = 0.0
        for position in positions {
            guard let (target, weight) = target(at: position) else { continue }
            mass += objective.mass(weight: weight, target: target[0])
        }
        return mass
    }

    /// The samples at those positions of their own order, where they lie.
    @inline(__always)
    func batch(lyingAt positions: Range<Int>, _ team: Team? = nil) -> Batch<S>? {
        guard let inputs, let targets else { return nil }
        let first = positions.lowerBound
        return Batch(
            inputs: BatchInputs(rows: inputs + first * inputWidth, team: team),
            targets: targets + first * targetWidth,
            weights: weights.map { $0 + first }, count: positions.count)
    }

    /// The samples at those positions: where they lie, or copied into `scratch`, and for a team's
    /// other members into `copies`, when an order is given.
    ///
    /// Products that read them copy those of the next block as `ahead` says.
    func batch(
        at positions: Range<Int>, in scratch: UnsafeMutablePointer<S>, _ layout: ScratchLayout,
        copies: UnsafeMutablePointer<S>?, _ team: Team?, ahead: CopyingAhead? = nil
    ) -> Batch<S>? {
        guard order != nil else { return batch(lyingAt: positions, team) }
        guard let inputs, let targets else { return nil }
        let (first, count) = (positions.lowerBound, positions.count)
        let (rows, rowTargets) = (scratch + layout.inputs, scratch + layout.targets)
        let rowWeights = scratch + layout.weights
        for row in 0..<count {
            let index = sample(at: first &+ row)
            (rowTargets + row &* targetWidth)
                .update(from: targets + index &* targetWidth, count: targetWidth)
            if let weights { rowWeights[row] = weights[index] }
        }
        let gathering = InputGathering(
            self, inputs, at: positions, into: rows, copies: copies, stride: layout.inputsStride,
            team, ahead: ahead)
        return Batch(
            inputs: gathering.run(), targets: rowTargets,
            weights: weights.map { _ in UnsafePointer(rowWeights) },
            count: count)
    }
}

/// Gives `body` a pointer to an array's numbers, nil when there are none.
@inline(__always)
func withPointer<Number, Result>(
    to values: [Number], _ body: (UnsafePointer<Number>?) -> Result
) -> Result {
    values.withUnsafeBufferPointer { body($0.isEmpty ? nil : $0.baseAddress) }
}

extension UnsafeMutableBufferPointer {
    /// The first element, or nil when there is none.
    var start: UnsafeMutablePointer<Element>? { isEmpty ? nil : baseAddress }
}

/// Refuses NaN and infinity in samples of `width` numbers.
func requireFinite<S: Real>(
    _ values: [S], width: Int, tensor: String
) throws(ComputationError) {
    guard !Finiteness.holds(values), let index = values.firstIndex(where: { !$0.isFinite })
    else { return }
    throw .nonFinite(NonFinite(tensor: tensor, sample: index / width))
}

extension Plan {
    /// Refuses inputs whose rows don't have the length the network reads; they lie at `/inputs` under
    /// `prefix`.
    func check(inputs: Tensor, under prefix: String) throws(ComputationError) {
        guard inputs.shape.count == inputShape.count + 1,
            inputShape.indices.allSatisfy({ inputs.shape[$0 + 1] == inputShape[$0] })
        else {
            let lengths = inputShape.map(String.init).joined(separator: ", ")
            throw .invalid(
                InvalidValue(
                    .shapeMismatch,
                    "inputs has the shape \(inputs.shape), but a sample of the network has the shape "
                        + "\(inputShape): it must be (n, \(lengths))",
                    at: "\(prefix)/inputs"))
        }
    }

    /// Refuses inputs that should be tokens and aren't whole numbers from 0 to below the vocabulary's
    /// size; an input that is NaN isn't looked at.
    ///
    /// They lie at `/inputs` under `prefix`.
    func check<Tokens: RandomAccessCollection<S>>(
        tokens: Tokens, of shape: Shape, under prefix: String
    ) throws(ComputationError) where Tokens.Index == Int {
        guard let vocabulary, vocabulary > 0 else { return }
        let last = S(vocabulary - 1)
        guard
            let index = tokens.firstIndex(where: { token in
                token < 0 || token > last || token.isFinite && token != token.rounded()
            })
        else { return }
        throw .invalid(
            InvalidValue(
                .outOfRange,
                "a token is \(tokens[index]), but must be a whole number from 0 to "
                    + "\(vocabulary - 1)",
                at: "\(prefix)/inputs" + shape.pointer(to: index)))
    }
}

extension Shape {
    /// The RFC 6901 pointer to a number of a tensor of this shape.
    func pointer(to index: Int) -> String {
        var (rest, pointer) = (index, "")
        for length in reversed() where length > 0 {
            pointer = "/\(rest % length)" + pointer
            rest /= length
        }
        return pointer
    }
}
