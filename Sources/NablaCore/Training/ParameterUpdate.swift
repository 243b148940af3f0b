import NablaNetworks

extension Optimizer {
    /// How many buffers of P numbers it keeps from step to step; P is the number of parameters.
    func stateBuffers(parameters count: Int) -> Int {
        switch self {
        case .sgd(let settings): settings.momentum == 0 ? 0 : 1
        case .adam(let settings): settings.amsgrad ? 3 : 2
        case .adamW(let settings): settings.amsgrad ? 3 : 2
        case .rmsProp(let settings):
            1 + (settings.centered ? 1 : 0) + (settings.momentum > 0 ? 1 : 0)
        case .nadam: 2
        case .adagrad, .lion: 1
        case .lbfgs(let settings): settings.buffers(parameters: count)
        }
    }

    /// Whether steps of the same rate differ.
    var changesEachStep: Bool {
        switch self {
        case .sgd(let settings): settings.momentum != 0
        case .rmsProp, .adagrad, .lion: false
        case .adam, .adamW, .nadam, .lbfgs: true
        }
    }
}

/// What an optimizer keeps from step to step beside its buffers.
struct OptimizerProgress: Sendable, Equatable {
    /// The product of NAdam's μ of all steps.
    var momentumProduct = 1.0
    /// Where L-BFGS is.
    var lbfgs = LBFGSProgress()
}

/// One step of an optimizer, made over any parts of the parameters.
///
/// Each number of the parameters is updated by itself, whatever layer it belongs to; what is the
/// same for all of them is computed once a step. P is the number of parameters. Symbols of the
/// formulas: θ parameters, g gradient, η learning rate, λ weight decay, t the number of the step.
/// State starts at 0.
struct ParameterUpdate<S: FloatingReal> {
    private enum Rule {
        case sgd(SGDStep<S>)
        case momentum(MomentumStep<S>)
        case adam(AdamStep<S>)
        case rmsProp(RMSPropStep<S>)
        case adagrad(AdagradStep<S>)
        case nadam(NAdamStep<S>)
        case lion(LionStep<S>)
    }

    private let rule: Rule
    /// θ: P numbers, changed in place.
    private let parameters: UnsafeMutablePointer<S>
    /// `stateBuffers` · P numbers, nil for none.
    private let state: UnsafeMutablePointer<S>?
    /// P.
    private let count: Int

    /// Begins a step; nil for L-BFGS, which sees the parameters as a whole.
    ///
    /// - Parameters:
    ///   - optimizer: Whose step it is.
    ///   - parameters: θ: P numbers.
    ///   - state: `stateBuffers` · P numbers, nil for none.
    ///   - count: P.
    ///   - rate: η.
    ///   - step: t, from 1.
    ///   - progress: What the step before left, and this one leaves.
    init?(
        _ optimizer: Optimizer, parameters: UnsafeMutablePointer<S>,
        state: UnsafeMutablePointer<S>?, count: Int, rate: Double, step: Int,
        _ progress: inout OptimizerProgress
    ) {
        switch optimizer {
        case .sgd(let settings) where settings.momentum == 0:
            rule = .sgd(SGDStep(settings, rate: rate))
        case .sgd(let settings):
            rule = .momentum(MomentumStep(settings, rate: rate, isFirst: step == 1))
        case .adam(let settings): rule = .adam(AdamStep(settings, rate: rate, step: step))
        case .adamW(let settings): rule = .adam(AdamStep(settings, rate: rate, step: step))
        case .rmsProp(let settings): rule = .rmsProp(RMSPropStep(settings, rate: rate))
        case .adagrad(let settings): rule = .adagrad(AdagradStep(settings, rate: rate))
        case .nadam(let settings):
            rule = .nadam(
                NAdamStep(
                    settings, rate: rate, step: step, product: &progress.momentumProduct))
        case .lion(let settings): rule = .lion(LionStep(settings, rate: rate))
        case .lbfgs: return nil
        }
        self.parameters = parameters
        self.state = state
        self.count = count
    }

    /// As `run`, and looks whether the gradients are finite.
    ///
    /// - Returns: Whether all are; where one isn't, parameters may be updated by it.
    func runIfFinite(_ part: Range<Int>, with gradients: UnsafePointer<S>) -> Bool {
        if case .sgd(let step) = rule {
            return step.updateLooking(
                parameters + part.lowerBound, with: gradients, count: part.count)
        }
        guard Finiteness.holds(gradients, count: part.count) else { return false }
        run(part, with: gradients)
        return true
    }

    /// Updates the parameters in `part` from their gradients g, as many as it is long.
    func run(_ part: Range<Int>, with gradients: UnsafePointer<S>) {
        let parameters = self.parameters + part.lowerBound
        if case .sgd(let step) = rule {
            step.update(parameters, with: gradients, count: part.count)
        }
        guard let state else { return }
        let buffers = StateBuffers(first: state + part.lowerBound, stride: count)
        switch rule {
        case .sgd: break
        case .momentum(let step):
            step.update(parameters, with: gradients, count: part.count, momentum: buffers[0])
        case .adam(let step):
            step.update(parameters, with: gradients, count: part.count, buffers)
        case .rmsProp(let step):
            step.update(parameters, with: gradients, count: part.count, buffers)
        case .adagrad(let step):
            step.update(parameters, with: gradients, count: part.count, sums: buffers[0])
        case .nadam(let step):
            step.update(parameters, with: gradients, count: part.count, buffers)
        case .lion(let step):
            step.update(parameters, with: gradients, count: part.count, momentum: buffers[0])
        }
    }
}

/// The state of some parameters: buffers one after another.
struct StateBuffers<S: FloatingReal> {
    /// The first number of the first buffer.
    let first: UnsafeMutablePointer<S>
    /// P: how far a parameter's numbers in two buffers are apart.
    let stride: Int

    subscript(index: Int) -> UnsafeMutablePointer<S> { first + index * stride }
}

/// √v, and 0 for v below 0.
///
/// A root of less than 0 would have to set `errno`, and no loop that may do that is vectorised.
@inline(__always)
func squareRoot<S: FloatingReal>(of v: S) -> S { max(v, 0).squareRoot() }
