import NablaNetworks

extension TrainingSettings {
    /// Optimizer steps an epoch of so many samples has.
    func stepsPerEpoch(samples count: Int) -> Int {
        guard let batchSize else { return 1 }
        // With all samples in a step, there is no other batch that the last could be smaller than.
        let full = count / batchSize
        return dropLast || count % batchSize == 0 ? full : full + 1
    }

    /// Whether the samples' order is drawn anew each epoch: a batch of all samples has no use for it.
    var shufflesBatches: Bool { shuffle && !optimizer.takesAllSamples }

    /// Refuses a batch size that doesn't fit so many samples.
    func checkBatchSize(samples count: Int) throws(InvalidValue) {
        guard let batchSize else { return }
        if optimizer.takesAllSamples, batchSize < count {
            throw InvalidValue(
                .inconsistent,
                "batch_size is \(batchSize), but a step of \(optimizer.name) takes all \(count) "
                    + "samples: leave batch_size out",
                at: "/batch_size")
        }
        if stepsPerEpoch(samples: count) == 0 {
            throw InvalidValue(
                .inconsistent,
                "batch_size is \(batchSize), but there are \(count) samples, and drop_last leaves "
                    + "out a batch that isn't full",
                at: "/batch_size")
        }
    }
}

extension Optimizer {
    /// The most numbers an optimizer keeps: 4 or 8 GB, more than any but L-BFGS reaches.
    private static let maximumNumbers = 1 << 30

    /// Refuses a history that is too long for so many parameters.
    func checkState(parameters count: Int) throws(InvalidValue) {
        let (numbers, isTooLarge) = stateBuffers(parameters: count)
            .multipliedReportingOverflow(by: count)
        guard isTooLarge || numbers > Optimizer.maximumNumbers else { return }
        throw InvalidValue(
            .outOfRange,
            "with \(count) parameters, \(name) would keep more than \(Optimizer.maximumNumbers) "
                + "numbers: choose a smaller history_size",
            at: "/optimizer")
    }
}
