import NablaNetworks

extension Workspace {
    /// Refuses results that would have more numbers than they may, before there is memory for them.
    ///
    /// A small request can ask for very much: n samples of one number, and a layer of as many units.
    ///
    /// - Parameters:
    ///   - names: What the results are called.
    ///   - count: How many samples there are.
    ///   - width: How many numbers the results have for a sample, all of them together.
    ///   - pointer: The place in the request that asks for them.
    /// - Throws: `invalid` at `pointer`.
    func check(
        _ names: [String], samples count: Int, width: Int, at pointer: String
    ) throws(ComputationError) {
        // By a division, because the product may be more than an integer holds.
        guard width > 0, count > mostNumbers / width else { return }
        throw .invalid(
            InvalidValue(
                .outOfRange,
                "\(names.joined(separator: " and ")) would be \(count) times \(width) numbers; "
                    + "\(mostNumbers) are the most",
                at: pointer))
    }
}

extension Inclusions {
    /// Refuses what would have more numbers than the results in `workspace` may, all of it together.
    ///
    /// - Throws: `invalid` at `/include`.
    func check<S: Real>(
        _ plan: Plan<S>, samples count: Int, _ workspace: Workspace
    ) throws(ComputationError) {
        let all: [(inclusion: Inclusions, name: String, width: Int)] = [
            (.outputs, "outputs", plan.outputWidth),
            (.activations, "activations", plan.sizes.activations),
            (.inputGradients, "input_gradients", plan.inputWidth),
            (.perSampleGradients, "per_sample_gradients", plan.parameterCount),
        ]
        let included = all.filter { contains($0.inclusion) }
        // A plan's sizes are bounded, so that their sum isn't too large.
        try workspace.check(
            included.map(\.name), samples: count, width: included.reduce(0) { $0 + $1.width },
            at: "/include")
    }
}
