import NablaNetworks

/// A gradient request whose parts were checked against one another, in its number type.
struct PreparedGradient<S: FloatingReal> {
    let plan: Plan<S>
    let objective: Objective<S>
    let network: Network
    let samples: PreparedSamples<S>
    /// What the sum of the losses is divided by: the denominator of a mean, or 1.
    let divisor: Double

    /// Checks the parts of a request.
    init(_ loss: Loss, _ network: Network, _ samples: Samples) throws(ComputationError) {
        try network.requireNumbers()
        plan = try Plan(network, samples: samples.count)
        objective = try Objective(loss, for: plan, targetShape: samples.targets.shape)
        self.samples = try PreparedSamples(samples, for: plan, objective)
        self.network = network
        divisor = try objective.divisor(of: self.samples)
    }
}
