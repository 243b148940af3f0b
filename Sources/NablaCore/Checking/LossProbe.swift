import NablaNetworks

/// The loss as a function of one parameter at a time, the others staying as they are; in float64.
///
/// Made for one network and lent by `PreparedGradient.withProbe`: a parameter is moved where it
/// lies, so that a probe compiles nothing, and allocates nothing.
struct LossProbe {
    fileprivate let computation: PreparedGradient<Double>
    fileprivate let pass: BatchPass<Double>
    fileprivate let partition: Partition
    fileprivate let shards: ShardRunner
    /// Two rows of n numbers: the samples' losses on either side.
    fileprivate let losses: UnsafeMutablePointer<Double>
    /// The activations of all layers, as many numbers as `Sinks.activations` needs.
    fileprivate let activations: UnsafeMutablePointer<Double>

    /// What a probe throws: the loss isn't finite there.
    typealias Failure = NonFinite

    /// A parameter, by its place in the flat buffer.
    func value(of parameter: Int) -> Double { pass.memory.parameters[parameter] }

    /// The difference quotients of ∂L/∂θ for a parameter θ moved by `step` either way.
    ///
    /// The losses are subtracted sample by sample before they are summed, so that a large sum
    /// takes no digits from a small difference.
    /// - Returns: (L(θ + h) − L(θ − h)) / 2h, with h as far as θ really moved.
    func centralQuotient(of parameter: Int, step: Double) throws(Failure) -> Double {
        let θ = value(of: parameter)
        let (above, below) = (θ + step, θ - step)
        try evaluate(parameter, at: above, into: losses)
        try evaluate(parameter, at: below, into: losses + computation.samples.count)
        return difference() / (above - below)
    }

    /// The one-sided quotients (L(θ + h) − L(θ)) / h and (L(θ) − L(θ − h)) / h.
    func sideQuotients(
        of parameter: Int, step: Double
    ) throws(Failure) -> (forward: Double, backward: Double) {
        let θ = value(of: parameter)
        let (above, below) = (θ + step, θ - step)
        let second = losses + computation.samples.count
        try evaluate(parameter, at: θ, into: second)
        try evaluate(parameter, at: above, into: losses)
        let forward = difference() / (above - θ)
        try evaluate(parameter, at: below, into: losses)
        return (forward, difference() / (below - θ))
    }

    /// On which side of each kink the samples lie when the parameter has that value.
    func sides(of parameter: Int, at value: Double) throws(Failure) -> KinkSides {
        try evaluate(parameter, at: value, into: losses, keepingActivations: true)
        return KinkSides(of: computation, activations)
    }

    /// The magnitudes of the losses, reduced as the loss is.
    func magnitude() throws(Failure) -> Double {
        try evaluate(0, at: value(of: 0), into: losses)
        var sum = 0.0
        for sample in 0..<computation.samples.count { sum += abs(losses[sample]) }
        return sum / computation.divisor
    }

    private func difference() -> Double {
        let count = computation.samples.count
        // Kahan's sum: the terms have both signs.
        var (sum, lost) = (0.0, 0.0)
        for sample in 0..<count {
            let term = (losses[sample] - losses[count + sample]) - lost
            let next = sum + term
            lost = (next - sum) - term
            sum = next
        }
        return sum / computation.divisor
    }

    private func evaluate(
        _ parameter: Int, at value: Double, into losses: UnsafeMutablePointer<Double>,
        keepingActivations: Bool = false
    ) throws(Failure) {
        let place = pass.memory.parameters + parameter
        let θ = place.pointee
        place.pointee = value
        defer { place.pointee = θ }
        let sinks = Sinks(
            losses: losses, activations: keepingActivations ? activations : nil)
        let outcome = pass.run(first: 0, partition, scale: 1, sinks: sinks, shards: shards)
        if case .nonFinite(let place) = outcome { throw place }
    }
}

extension PreparedGradient<Double> {
    /// Lends a probe of the loss to `body`, in the memory of `workspace`.
    ///
    /// - Throws: `invalid` at `/samples/inputs` for more activations than results may have numbers;
    ///   what `body` throws.
    func withProbe<Result>(
        _ workspace: Workspace, _ shards: ShardRunner,
        _ body: (LossProbe) throws(ComputationError) -> Result
    ) throws(ComputationError) -> Result {
        try workspace.check(
            ["the activations of all layers"], samples: samples.count,
            width: plan.sizes.activations, at: "/samples/inputs")
        let workspace = Double.memory(of: workspace)
        // All numbers are there, so that nothing is drawn.
        var generator = Generator(seed: 0)
        try workspace.memory.setParameters(of: network, plan, drawingFrom: &generator)
        let partition = Partition(count: samples.count, of: plan)
        let layout = ScratchLayout(
            plan, rows: partition.rows, targetWidth: samples.targetWidth, gathers: false)
        workspace.memory.reserve(
            shards: partition.shards, gradients: 0, scratch: layout.stride)
        var losses = [Double](repeating: 0, count: 2 * samples.count)
        var activations = [Double](
            repeating: 0, count: samples.count * plan.sizes.activations)
        let outcome = workspace.memory.withPointers { memory in
            samples.withSource { source in
                losses.withUnsafeMutableBufferPointer { losses in
                    activations.withUnsafeMutableBufferPointer {
                        activations -> Swift.Result<Result, ComputationError> in
                        guard let losses = losses.start, let activations = activations.start
                        else { return .failure(.cancelled) }
                        let pass = BatchPass(
                            plan: plan, objective: objective, layout: layout, memory: memory,
                            source: source, computesGradients: false)
                        let probe = LossProbe(
                            computation: self, pass: pass, partition: partition,
                            shards: shards, losses: losses, activations: activations)
                        return Swift.Result { () throws(ComputationError) in try body(probe) }
                    }
                }
            }
        }
        // Never nil: there are samples, parameters and memory for them.
        guard let outcome else { throw .cancelled }
        return try outcome.get()
    }
}
