public import NablaNetworks

/// A gradient computation that is compiled once and run with ever other parameters and samples.
///
/// Whoever learns online asks for the gradients of one network again and again: what depends on its
/// layers, the loss and the shapes alone is checked and compiled the first time.
public struct RepeatedGradient: Sendable {
    private enum Compiled: Sendable {
        case float32(CompiledGradient<Float>)
        case float64(CompiledGradient<Double>)
    }

    private let compiled: Compiled

    /// Compiles a computation; parameters as `Gradients.compute`, of which those of `network` and the
    /// numbers of `samples` stand for those that come.
    ///
    /// - Throws: `invalid` with a pointer relative to the request for parts that don't fit, a vector
    ///   among them: its product with the Hessian isn't repeated.
    public init(
        of loss: Loss, network: Network, samples: Samples, dtype: DType,
        including: Inclusions = [], settings: GradientSettings = GradientSettings()
    ) throws(ComputationError) {
        guard settings.vector == nil else {
            throw .invalid(
                InvalidValue(
                    .inconsistent, "a product with the Hessian is computed once", at: "/vector"))
        }
        compiled =
            switch dtype {
            case .float32:
                .float32(try CompiledGradient(loss, network, samples, including, settings))
            case .float64:
                .float64(try CompiledGradient(loss, network, samples, including, settings))
            }
    }

    /// How many parameters the network has.
    public var parameterCount: Int {
        switch compiled {
        case .float32(let gradient): gradient.plan.parameterCount
        case .float64(let gradient): gradient.plan.parameterCount
        }
    }

    /// Computes loss and gradients, to the bits of `Gradients.compute`.
    ///
    /// - Parameters:
    ///   - parameters: Finite numbers, layer by layer, weights row by row before the bias: `parameterCount`.
    ///   - samples: Samples of the shapes that it was compiled for.
    ///   - workspace: Buffers that are reused.
    ///   - shards: How shards of 256 samples and more are run.
    ///   - isCancelled: Asked now and then on the calling thread.
    /// - Throws: As `Gradients.compute`; `invalid` also for other shapes and as many parameters as there
    ///   aren't.
    public func compute(
        parameters: Tensor.Numbers, samples: Samples, workspace: Workspace,
        shards: ShardRunner = .serial, isCancelled: () -> Bool = { false }
    ) throws(ComputationError) -> Gradients {
        switch compiled {
        case .float32(let gradient):
            try gradient.run(
                parameters, samples, &workspace.single.memory, shards, isCancelled)
        case .float64(let gradient):
            try gradient.run(
                parameters, samples, &workspace.double.memory, shards, isCancelled)
        }
    }
}

/// A repeated computation in its number type.
private final class CompiledGradient<S: FloatingReal>: Sendable {
    let plan: Plan<S>
    private let objective: Objective<S>
    private let network: Network
    private let including: Inclusions
    private let mode: PassMode
    private let wanted: [Bool]
    private let inputShape: Shape
    private let targetShape: Shape

    init(
        _ loss: Loss, _ network: Network, _ samples: Samples, _ including: Inclusions,
        _ settings: GradientSettings
    ) throws(ComputationError) {
        (plan, objective, wanted) = try GradientComputation<S>.compile(
            loss, network, samples, including, settings)
        self.network = network
        self.including = including
        mode = settings.mode
        inputShape = samples.inputs.shape
        targetShape = samples.targets.shape
    }

    func run(
        _ parameters: Tensor.Numbers, _ samples: Samples, _ memory: inout Memory<S>,
        _ shards: ShardRunner, _ isCancelled: () -> Bool
    ) throws(ComputationError) -> Gradients {
        guard samples.inputs.shape == inputShape, samples.targets.shape == targetShape,
            parameters.count == plan.parameterCount
        else {
            throw .invalid(
                InvalidValue(
                    .shapeMismatch,
                    "there are \(parameters.count) parameters, inputs of the shape "
                        + "\(samples.inputs.shape) and targets of the shape \(samples.targets.shape), "
                        + "but this was compiled for \(plan.parameterCount), \(inputShape) and "
                        + "\(targetShape)"))
        }
        let prepared = try PreparedSamples(samples, for: plan, objective)
        let divisor = try objective.divisor(of: prepared)
        memory.setParameters(S.unwrap(parameters), of: network, plan)
        return try GradientComputation<S>.run(
            plan, objective, prepared, divisor, network, including, mode, wanted, &memory, shards,
            isCancelled)
    }
}
