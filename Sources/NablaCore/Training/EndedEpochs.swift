/// The metrics of one epoch.
public struct EpochSummary: Sendable {
    /// The epoch, from 1.
    public let epoch: Int
    /// Optimizer steps made since the beginning.
    public let step: Int
    /// `loss`, the metrics, `validation_loss` and `validation_…` where there are validation
    /// samples, and `learning_rate`, in this order, and behind them the training's health after epochs
    /// that have it; all finite.
    public let metrics: [(key: String, value: Double)]
}

/// Epochs that ended one after another, and their metrics.
///
/// Metrics lie in one array, so that thousands of epochs of a tiny network cost a few allocations.
public struct EndedEpochs: Sendable, RandomAccessCollection {
    /// The names of an epoch's metrics, as in `EpochSummary`.
    public let keys: [String]
    /// The metrics' values, epoch after epoch: (count, keys).
    public internal(set) var values: [Double] = []
    /// The names of what is recorded of the training's health, after some of the epochs.
    public let healthKeys: [String]
    /// The epochs after which it is, in order.
    public internal(set) var healthEpochs: [Int] = []
    /// Its values, one such epoch after another: (health epochs, health keys).
    public internal(set) var healthValues: [Double] = []
    /// The epoch that ended first, from 1.
    public let firstEpoch: Int
    /// Optimizer steps an epoch has.
    public let stepsPerEpoch: Int

    init(keys: [String], healthKeys: [String] = [], firstEpoch: Int, stepsPerEpoch: Int) {
        self.keys = keys
        self.healthKeys = healthKeys
        self.firstEpoch = firstEpoch
        self.stepsPerEpoch = stepsPerEpoch
    }

    /// Joins parts of one training that follow one on the other; nil where there is none.
    public init?(joining parts: [EndedEpochs]) {
        guard let first = parts.first else { return nil }
        self = first
        guard parts.count > 1 else { return }
        values = parts.flatMap(\.values)
        healthEpochs = parts.flatMap(\.healthEpochs)
        healthValues = parts.flatMap(\.healthValues)
    }

    /// Those that ended after an epoch; all of them where none ended before.
    public func after(epoch: Int) -> EndedEpochs {
        guard epoch >= firstEpoch else { return self }
        var rest = EndedEpochs(
            keys: keys, healthKeys: healthKeys, firstEpoch: epoch + 1, stepsPerEpoch: stepsPerEpoch)
        rest.values = Array(values.dropFirst((epoch + 1 - firstEpoch) * keys.count))
        let looks = healthEpochs.prefix { $0 <= epoch }.count
        rest.healthEpochs = Array(healthEpochs.dropFirst(looks))
        rest.healthValues = Array(healthValues.dropFirst(looks * healthKeys.count))
        return rest
    }

    /// 0.
    public var startIndex: Int { 0 }

    /// How many epochs ended.
    public var endIndex: Int { keys.isEmpty ? 0 : values.count / keys.count }

    /// The summary of the epoch `firstEpoch` + `index`.
    public subscript(index: Int) -> EpochSummary {
        let start = index * keys.count
        let epoch = firstEpoch + index
        return EpochSummary(
            epoch: epoch, step: epoch * stepsPerEpoch,
            metrics: keys.indices.map { (keys[$0], values[start + $0]) } + health(of: epoch))
    }

    private func health(of epoch: Int) -> [(key: String, value: Double)] {
        var (first, end) = (0, healthEpochs.count)
        while first < end {
            let middle = (first + end) / 2
            if healthEpochs[middle] < epoch { first = middle + 1 } else { end = middle }
        }
        guard first < healthEpochs.count, healthEpochs[first] == epoch else { return [] }
        let start = first * healthKeys.count
        return healthKeys.indices.map { (healthKeys[$0], healthValues[start + $0]) }
    }
}
