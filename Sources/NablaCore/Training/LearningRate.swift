import NablaNetworks

/// The learning rate as it changes from epoch to epoch: η₀ the optimizer's own, e the epochs
/// finished since the warm-up.
///
/// During a warm-up of w epochs, epoch t (from 0) has η₀·t/w; the schedule begins after it.
/// - Source: PyTorch's `lr_scheduler`, stepped once an epoch; cosine: Loshchilov & Hutter 2017,
///   equation 5.
struct LearningRate: Sendable, Equatable {
    private let schedule: Schedule
    private let initial: Double
    /// Whether it stays as it is behind the warm-up.
    private let isConstant: Bool
    /// Epochs finished, those of the warm-up included.
    private var epoch = 0
    private var plateau: Plateau
    /// The rate of the epoch that is running.
    private(set) var value: Double

    /// Starts at the first epoch.
    init(_ schedule: Schedule, initial: Double) {
        self.schedule = schedule
        self.initial = initial
        isConstant = schedule.kind == .constant
        plateau = Plateau(rate: initial)
        value = initial  // until all is there that `current` reads
        value = current
    }

    /// What of it changes, beside what follows from that.
    struct State: Sendable, Equatable {
        /// Epochs finished, those of the warm-up included.
        var epoch: Int
        /// The rate as `reduce_on_plateau` has left it.
        var plateauRate: Double
        /// The best loss it has seen; infinite before the first.
        var plateauBest: Double
        /// Epochs since then.
        var plateauEpochs: Int
    }

    /// The state between two epochs.
    var state: State {
        State(
            epoch: epoch, plateauRate: plateau.rate, plateauBest: plateau.best,
            plateauEpochs: plateau.epochsWithoutBetter)
    }

    /// Goes on from a state.
    mutating func resume(from state: State) {
        epoch = state.epoch
        plateau = Plateau(
            rate: state.plateauRate, best: state.plateauBest,
            epochsWithoutBetter: state.plateauEpochs)
        value = current
    }

    private var current: Double {
        guard epoch >= schedule.warmupEpochs else {
            return initial * Double(epoch) / Double(schedule.warmupEpochs)
        }
        let e = epoch - schedule.warmupEpochs
        switch schedule.kind {
        case .constant: return initial
        case .step(let stepSize, let gamma): return initial * gamma.raised(to: e / stepSize)
        case .exponential(let gamma): return initial * gamma.raised(to: e)
        case .cosine(let tMax, let etaMin):
            let phase = Double.cosine(.pi * Double(e) / Double(tMax))
            return etaMin + (initial - etaMin) * (1 + phase) / 2
        case .reduceOnPlateau: return plateau.rate
        }
    }

    /// Goes on to the next epoch.
    ///
    /// - Parameter loss: The validation loss of the epoch that ended, or its training loss where
    ///   there is none.
    mutating func endEpoch(loss: Double) {
        if isConstant && epoch >= schedule.warmupEpochs {
            epoch += 1
            return
        }
        if case .reduceOnPlateau(let factor, let patience) = schedule.kind,
            epoch >= schedule.warmupEpochs
        {
            plateau.observe(loss, factor: factor, patience: patience)
        }
        epoch += 1
        value = current
    }
}

/// Reduces the rate when the loss no longer falls.
///
/// A loss is better below best·(1 − 10⁻⁴); after more than `patience` epochs in a row without a
/// better one the rate is multiplied by `factor`, unless that changes it by 10⁻⁸ or less.
/// - Source: PyTorch's `ReduceLROnPlateau`, mode `min`, threshold mode `rel`.
private struct Plateau: Sendable, Equatable {
    var rate: Double
    var best = Double.infinity
    var epochsWithoutBetter = 0

    mutating func observe(_ loss: Double, factor: Double, patience: Int) {
        // The loss of a KL divergence or Poisson loss may be negative; PyTorch's bound is the same
        // then.
        if loss < best * (1 - 1e-4) {
            best = loss
            epochsWithoutBetter = 0
        } else {
            epochsWithoutBetter += 1
        }
        guard epochsWithoutBetter > patience else { return }
        epochsWithoutBetter = 0
        if rate - rate * factor > 1e-8 { rate *= factor }
    }
}
