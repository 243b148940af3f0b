import NablaCore
import NablaStore

extension EndedEpochs {
    /// The metrics as the database keeps them: a series for each, and where the training's health was
    /// looked at, as few series as there are stretches of equal distances.
    func series(at time: Int64) -> [MetricSeries] {
        let all = keys.indices.map { key in
            series(
                keys[key], every: 1, from: firstEpoch, at: time,
                stride(from: key, to: values.count, by: keys.count).map { values[$0] })
        }
        return all
            + stretches.flatMap { stretch in
                healthKeys.indices.map { key in
                    let distance =
                        stretch.count > 1
                        ? healthEpochs[stretch.lowerBound + 1]
                            - healthEpochs[stretch.lowerBound] : 1
                    return series(
                        healthKeys[key], every: distance, from: healthEpochs[stretch.lowerBound],
                        at: time, stretch.map { healthValues[$0 * healthKeys.count + key] })
                }
            }
    }

    private func series(
        _ key: String, every distance: Int, from epoch: Int, at time: Int64, _ values: [Double]
    ) -> MetricSeries {
        MetricSeries(
            key: key, epoch: epoch, stride: distance, step: epoch * stepsPerEpoch,
            stepStride: distance * stepsPerEpoch, values: values, time: time)
    }

    /// Parts of `healthEpochs` in which they lie equally far apart.
    private var stretches: [Range<Int>] {
        var found: [Range<Int>] = []
        var first = 0
        while first < healthEpochs.count {
            var end = first + 1
            while end < healthEpochs.count,
                end == first + 1
                    || healthEpochs[end] - healthEpochs[end - 1]
                        == healthEpochs[first + 1] - healthEpochs[first]
            {
                end += 1
            }
            found.append(first..<end)
            first = end
        }
        return found
    }
}
